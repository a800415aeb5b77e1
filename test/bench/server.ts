/**
 * What the server adds to a run: mnist asked in JSON and in binary by one client at a time, beside ONNX Runtime alone.
 * Run: npx tsx test/bench/server.ts [requests]
 */
import { Agent, request } from 'node:http';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { openSession } from '../../src/runtime/session.ts';
import { readRepository } from '../../src/server/repository.ts';
import { startServer } from '../../src/server/start-server.ts';

const MNIST = new URL('../../../shared/models/mnist/mnist.onnx', import.meta.url).pathname;
const COUNT = Number(process.argv[2] ?? 3000);
const WARM_UP = 500;

const pixels = Float32Array.from({ length: 784 }, (_, i) => (i * 7919) % 256);
const dims = [1, 1, 28, 28];

async function measure(once: () => Promise<unknown>): Promise<string> {
  const timesMs: number[] = [];
  for (let i = 0; i < WARM_UP + COUNT; i += 1) {
    const startedMs = performance.now();
    await once();
    if (i >= WARM_UP) timesMs.push(performance.now() - startedMs);
  }
  timesMs.sort((a, b) => a - b);
  const at = (ratio: number): string => `${Math.round((timesMs[Math.floor(ratio * COUNT)] as number) * 1000)} µs`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}`;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function ask(method: 'GET' | 'POST', url: string, body?: Buffer, headers: Record<string, string> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': body.length };
    const sent = request(url, { method, agent, headers: { ...headers, ...length } });
    sent.on('error', reject).on('response', (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.resume().on('end', resolve);
    });
    sent.end(body);
  });
}

const session = await openSession(MNIST, { threads: 1 });
const feeds = { Input3: { dataType: 'float32', dims, data: pixels } } as const;
console.log('session.run   ', await measure(() => session.run(feeds)));
await session.release();

const startedMs = performance.now();
const server = await startServer({
  models: await readRepository(MNIST),
  host: '127.0.0.1',
  httpPort: 0,
  metricsPort: 0,
  threads: 1,
  log: silentLog,
  clock: systemClock,
});
console.log('start to ready', `${Math.round(performance.now() - startedMs)} ms`);
const url = `${server.httpUrl}/v2/models/mnist/infer`;
const input = { name: 'Input3', shape: dims, datatype: 'FP32' };
const json = Buffer.from(JSON.stringify({ inputs: [{ ...input, data: [...pixels] }] }));
const head = Buffer.from(
  JSON.stringify({
    inputs: [{ ...input, parameters: { binary_data_size: pixels.byteLength } }],
    parameters: { binary_data_output: true },
  }),
);
const binary = Buffer.concat([head, Buffer.from(pixels.buffer)]);
const lengthHeader = { 'inference-header-content-length': String(head.length) };
console.log('HTTP alone    ', await measure(() => ask('GET', `${server.httpUrl}/v2/health/live`)));
console.log('JSON          ', await measure(() => ask('POST', url, json)));
console.log('binary        ', await measure(() => ask('POST', url, binary, lengthHeader)));
agent.destroy();
await server.close();
