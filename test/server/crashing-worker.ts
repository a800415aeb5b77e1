/** A thread that looks like a model named pair and dies at its first run. */
import { parentPort } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '../../src/server/worker-messages.ts';

const tensor = (name: string) => ({ name, dataType: 'float32', shape: ['batch', 2] }) as const;
const ready: FromWorker = {
  type: 'ready',
  session: { inputs: [tensor('a'), tensor('b')], outputs: [tensor('sum'), tensor('product')] },
};

parentPort?.on('message', (message: ToWorker) => {
  if (message.type === 'close') parentPort?.close();
  else throw new Error('the thread fell over');
});
parentPort?.postMessage(ready);
