/**
 * A thread of the guarded process, since its main thread is busy inside of ONNX Runtime: it ends the process when that
 * takes more memory than it may, or when the process that started it is gone.
 */
import { Worker } from 'node:worker_threads';
import { MEMORY_SIGNAL } from './messages.ts';

/** Kernels fill some 5 GB/s: what is over the limit for so long still fits a machine. */
const PERIOD_MS = 20;

/** As text, because a thread of a process that runs from TypeScript sources has no loader for them. */
const THREAD = `
  const { memoryBytes, parent, signal } = require('node:worker_threads').workerData;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
    if (process.memoryUsage.rss() > memoryBytes) process.kill(process.pid, signal);
  }, ${PERIOD_MS});
`;

export function startWatchdog(memoryBytes: number): void {
  const workerData = { memoryBytes, parent: process.ppid, signal: MEMORY_SIGNAL };
  new Worker(THREAD, { eval: true, workerData, execArgv: [] }).unref();
}
