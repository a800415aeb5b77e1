/**
 * The thread of one model: it owns the session, because `run` of onnxruntime-node blocks the thread it is called on.
 * It ends by itself after `close`, with the session released first. Ending the thread from outside while a run is under
 * way aborts the whole process, so nobody does.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type ErrorCode, NimifyError } from '../base/errors.ts';
import { openSession, type RuntimeSession } from '../runtime/session.ts';
import { buffersOf, type FromWorker, type ToWorker, type WorkerStart } from './worker-messages.ts';

const port = parentPort as MessagePort;
const { path, threads, guard } = workerData as WorkerStart;

/** Ways in which a guarded process ends. */
const DEATHS: readonly ErrorCode[] = ['RUNTIME_CRASHED', 'RUNTIME_TIMEOUT', 'RUNTIME_MEMORY'];

async function open(): Promise<RuntimeSession | undefined> {
  try {
    const options = threads === 0 ? {} : { threads };
    if (guard === undefined) return await openSession(path, options);
    const { openIsolatedSession } = await import('../runtime/isolated/session.ts');
    return await openIsolatedSession(path, options, guard);
  } catch (error) {
    if (!(error instanceof NimifyError)) throw error;
    const { code, message, hint } = error;
    send({ type: 'refused', code, message, ...(hint === undefined ? {} : { hint }) });
    return undefined;
  }
}

async function answer(session: RuntimeSession, message: ToWorker): Promise<void> {
  if (message.type === 'close') {
    await session.release();
    port.close();
    return;
  }
  try {
    const startedMs = performance.now();
    const outputs = await session.run(message.feeds, message.outputNames);
    const inferMs = performance.now() - startedMs;
    send({ type: 'done', outputs, inferMs }, buffersOf(outputs));
  } catch (error) {
    send({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    // Its process is gone; ending the thread tells the server that the model is.
    if (error instanceof NimifyError && DEATHS.includes(error.code)) throw error;
  }
}

function send(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

const session = await open();
if (session !== undefined) {
  let last = Promise.resolve();
  port.on('message', (message: ToWorker) => {
    last = last.then(() => answer(session, message));
  });
  send({ type: 'ready', session: { inputs: session.inputs, outputs: session.outputs } });
}
