/** Threads that quantize matrices while this one writes those that are done. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { BlockScheme, BlockTable } from './block-kernel.ts';
import type { Matrix } from './quantize-matrix.ts';

export interface BlockJob {
  readonly matrix: Matrix;
  readonly scheme: Omit<BlockScheme, 'round'>;
}

/** Each has one matrix in memory. */
export const MOST_THREADS = Math.min(availableParallelism(), 4);

interface Waiting {
  readonly job: BlockJob;
  readonly done: (table: BlockTable | undefined) => void;
}

const waiting: Waiting[] = [];
const idle: Worker[] = [];
let threads = 0;

/** @returns undefined when it did not work; the same work in this thread tells why */
export function quantizeInThread(job: BlockJob): Promise<BlockTable | undefined> {
  return new Promise((done) => {
    waiting.push({ job, done });
    const worker = idle.pop() ?? (threads < MOST_THREADS ? startWorker() : undefined);
    if (worker !== undefined) next(worker);
  });
}

function next(worker: Worker): void {
  const one = waiting.shift();
  if (one === undefined) {
    worker.unref();
    idle.push(worker);
    return;
  }
  const finish = (table: BlockTable | undefined): void => {
    worker.off('message', finish).off('error', fail).off('exit', fail);
    one.done(table);
  };
  const fail = (): void => finish(undefined);
  worker.ref();
  worker.once('message', (table: BlockTable | undefined) => {
    finish(table);
    next(worker);
  });
  worker.on('error', fail).on('exit', fail);
  worker.postMessage(one.job);
}

/** From the sources (tests, tsx) the script is TypeScript, which a thread runs once it has registered tsx. */
function startWorker(): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const script = new URL(isSource ? './block-worker.ts' : './block-worker.js', import.meta.url);
  const worker = isSource ? startSource(script) : new Worker(script, { execArgv: [] });
  threads += 1;
  worker.once('exit', () => {
    threads -= 1;
    const at = idle.indexOf(worker);
    if (at >= 0) idle.splice(at, 1);
  });
  return worker;
}

function startSource(script: URL): Worker {
  const [tsx, main] = [import.meta.resolve('tsx/esm/api'), script.href].map((url) => JSON.stringify(url));
  const boot = `import(${tsx}).then(({ register }) => { register(); return import(${main}); });`;
  return new Worker(boot, { eval: true, execArgv: [] });
}
