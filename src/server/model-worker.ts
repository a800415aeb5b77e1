/** The server's end of a model's thread: starts it, hands it one run at a time, and ends it without killing it. */
import { Worker } from 'node:worker_threads';
import { NimifyError } from '../base/errors.ts';
import type { Feeds } from '../runtime/feeds.ts';
import { silenceTelemetry } from '../runtime/telemetry.ts';
import type { SessionInfo } from './signature.ts';
import { buffersOf, type FromWorker, type Tensors, type ToWorker, type WorkerStart } from './worker-messages.ts';

export interface WorkerResult {
  readonly outputs: Tensors;
  /** Time inside of `session.run`. */
  readonly inferMs: number;
}

export interface ModelWorker {
  readonly session: SessionInfo;
  /**
   * Runs once; the caller waits before it calls again. The buffers of `feeds` move to the thread.
   * Rejects with an Error when ONNX Runtime fails or the thread ends.
   */
  run(feeds: Feeds, outputNames: readonly string[]): Promise<WorkerResult>;
  /** Lets the run under way end, releases the session, and settles when the thread is gone. */
  close(): Promise<void>;
}

export interface WorkerOptions extends WorkerStart {
  /** The script of the thread; the one beside this file when absent. */
  readonly entry?: URL;
  /** Called once when the thread ends without having been asked to. */
  readonly onDeath: (reason: string) => void;
}

/** @throws NimifyError of session.ts when ONNX Runtime refuses the model, BUG when the thread ends while loading */
export function startModelWorker(options: WorkerOptions): Promise<ModelWorker> {
  silenceTelemetry();
  const worker = spawn(options);
  return new Promise((ready, refuse) => {
    const handle = new WorkerHandle(worker, options.onDeath);
    handle.start((session) => ready(Object.assign(handle, { session })), refuse);
  });
}

/**
 * From the built package the script is JavaScript. From the sources (tests, tsx) it is TypeScript, which Node 20 cannot
 * run: a thread does not take over the loader of its parent, so it registers tsx first.
 */
function spawn({ path, threads, guard, entry }: WorkerOptions): Worker {
  const workerData: WorkerStart = { path, threads, ...(guard === undefined ? {} : { guard }) };
  const isSource = import.meta.url.endsWith('.ts');
  const script = entry ?? new URL(isSource ? './worker.ts' : './worker.js', import.meta.url);
  if (!script.pathname.endsWith('.ts')) return new Worker(script, { workerData, execArgv: [] });
  const [tsx, main] = [import.meta.resolve('tsx/esm/api'), script.href].map((url) => JSON.stringify(url));
  const boot = `import(${tsx}).then(({ register }) => { register(); return import(${main}); });`;
  return new Worker(boot, { eval: true, workerData, execArgv: [] });
}

interface Waiting {
  readonly resolve: (result: WorkerResult) => void;
  readonly reject: (error: Error) => void;
}

class WorkerHandle {
  readonly #worker: Worker;
  readonly #onDeath: (reason: string) => void;
  #waiting: Waiting | undefined;
  #isClosing = false;
  #lastError: Error | undefined;
  readonly #gone: Promise<void>;

  constructor(worker: Worker, onDeath: (reason: string) => void) {
    this.#worker = worker;
    this.#onDeath = onDeath;
    this.#gone = new Promise((resolve) => worker.once('exit', () => resolve()));
  }

  start(ready: (session: SessionInfo) => void, refuse: (error: NimifyError) => void): void {
    let isReady = false;
    this.#worker.on('error', (error: Error) => {
      this.#lastError = error;
    });
    this.#worker.on('exit', (code) => {
      const reason = this.#lastError?.message ?? `it exited with code ${code}`;
      if (isReady) this.#ended(reason);
      else refuse(new NimifyError('BUG', `The thread of a model ended while loading: ${reason}.`));
    });
    this.#worker.on('message', (message: FromWorker) => {
      if (message.type === 'ready') {
        isReady = true;
        ready(message.session);
      } else if (message.type === 'refused') {
        const hint = message.hint === undefined ? {} : { hint: message.hint };
        refuse(new NimifyError(message.code, message.message, hint));
      } else this.#settle(message);
    });
  }

  run(feeds: Feeds, outputNames: readonly string[]): Promise<WorkerResult> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#send({ type: 'run', feeds, outputNames }, buffersOf(feeds));
    });
  }

  async close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true;
      this.#send({ type: 'close' }, []);
    }
    await this.#gone;
  }

  #send(message: ToWorker, transfer: ArrayBuffer[]): void {
    this.#worker.postMessage(message, transfer);
  }

  #settle(message: Extract<FromWorker, { type: 'done' | 'failed' }>): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (message.type === 'done') waiting?.resolve({ outputs: message.outputs, inferMs: message.inferMs });
    else waiting?.reject(new Error(message.message));
  }

  #ended(reason: string): void {
    this.#waiting?.reject(new Error(`the thread of the model ended: ${reason}`));
    this.#waiting = undefined;
    if (!this.#isClosing) this.#onDeath(reason);
  }
}
