/**
 * The thread of one model: it owns the session, because `run` of onnxruntime-node blocks the thread it is called on.
 * It ends by itself after `close`, with the session released first. Ending the thread from outside while a run is under
 * way aborts the whole process, so nobody does.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { NimifyError } from '../base/errors.ts';
import { openSession, type RuntimeSession } from '../runtime/session.ts';
import { buffersOf, type FromWorker, type ToWorker, type WorkerStart } from './worker-messages.ts';

const port = parentPort as MessagePort;
const { path, threads } = workerData as WorkerStart;

async function open(): Promise<RuntimeSession | undefined> {
  try {
    return await openSession(path, threads === 0 ? {} : { threads });
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
