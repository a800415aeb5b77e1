/** Run as a process of its own: closes the server while a model computes. Prints what the client got. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { readRepository } from '../../src/server/repository.ts';
import { startServer } from '../../src/server/start-server.ts';
import { place, slow } from './models.ts';

const folder = await mkdtemp(join(tmpdir(), 'nimify-close-'));
await place(folder, 'slow', slow());
const server = await startServer({
  models: await readRepository(folder),
  host: '127.0.0.1',
  httpPort: 0,
  metricsPort: 0,
  threads: 1,
  log: silentLog,
  clock: systemClock,
});
const size = 900;
const head = JSON.stringify({
  inputs: [{ name: 'x', shape: [size, size], datatype: 'FP32', parameters: { binary_data_size: size * size * 4 } }],
  outputs: [{ name: 'y', parameters: { binary_data: true } }],
});
const body = Buffer.concat([Buffer.from(head), Buffer.from(new Float32Array(size * size).fill(1).buffer)]);
const answers = [1, 2].map(() =>
  fetch(`${server.httpUrl}/v2/models/slow/infer`, {
    method: 'POST',
    headers: { 'inference-header-content-length': String(head.length) },
    body,
  }),
);
while (!/pending_request_count\{[^}]*\} 1/.test(await (await fetch(server.metricsUrl)).text()));
await Promise.all([server.close(), server.close()]);
const got = (await Promise.all(answers)).map(({ status, headers }) => `${status} ${headers.get('connection')}`);
process.stdout.write(JSON.stringify(got));
await rm(folder, { recursive: true });
