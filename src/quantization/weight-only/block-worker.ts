/** A thread that quantizes the matrices that it is sent, one after the other, and ends when nobody sends any. */
import { parentPort } from 'node:worker_threads';
import type { BlockJob } from './block-threads.ts';
import { quantizeMatrix } from './quantize-matrix.ts';

const IDLE_MS = 1000;

const port = parentPort as NonNullable<typeof parentPort>;
let idle: NodeJS.Timeout | undefined;

port.on('message', ({ matrix, scheme }: BlockJob) => {
  clearTimeout(idle);
  const table = attempt({ matrix, scheme });
  const buffers = [table?.packed.buffer, table?.scales.buffer, table?.zeroPoints.buffer];
  port.postMessage(table, buffers.filter((buffer) => buffer !== undefined) as ArrayBuffer[]);
  idle = setTimeout(() => port.close(), IDLE_MS);
});

/** Whoever sent it does the work again where it fails here, and meets the error. */
function attempt({ matrix, scheme }: BlockJob): ReturnType<typeof quantizeMatrix> {
  try {
    return quantizeMatrix(matrix, scheme);
  } catch {
    return undefined;
  }
}
