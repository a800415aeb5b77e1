/** The generated load: against the embedded server, and against servers that are slow, full, silent or absent. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { artifact } from '../../src/artifacts/load/artifact.ts';
import type { ServiceFacts } from '../../src/artifacts/service-facts.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { readRepository } from '../../src/server/repository.ts';
import { type RunningServer, startServer } from '../../src/server/start-server.ts';
import { FIXTURES } from '../artifacts/fixtures.ts';
import { pair, place } from '../server/models.ts';

const rows = (name: string) => ({ name, dataType: 'float32', shape: ['batch', 2] });
const facts: ServiceFacts = {
  ...FIXTURES.faces!,
  name: 'pair',
  model: { ...FIXTURES.faces!.model, inputs: [rows('a'), rows('b')], outputs: [rows('sum'), rows('product')] },
};

let folder = '';
let server: RunningServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-load-'));
  await place(folder, 'models/pair', pair());
  writeFileSync(join(folder, 'models/pair/config.pbtxt'), 'max_batch_size: 8');
  mkdirSync(join(folder, 'load'));
  for (const { path, content } of await artifact.generate(facts)) writeFileSync(join(folder, path), content);
  const options = { host: '127.0.0.1', httpPort: 0, metricsPort: 0, threads: 1, log: silentLog, clock: systemClock };
  server = await startServer({ ...options, models: await readRepository(folder) });
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

let servers: Server[] = [];
afterEach(() => {
  for (const one of servers) one.close().closeAllConnections();
  servers = [];
});

/** A server whose model is ready and whose inference is up to the test. */
async function listen(infer: RequestListener): Promise<string> {
  const one = createServer((request, response) => {
    if (request.method === 'GET') response.end();
    else infer(request, response);
  });
  servers.push(one);
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
}

interface Result {
  readonly requests: number;
  readonly ok: number;
  readonly failed: number;
  readonly isPartial: boolean;
  readonly outcomes: Record<string, number>;
  readonly firstProblem: string | null;
  readonly elapsedS: number;
  readonly latencyMs: Record<string, number | null>;
  readonly seconds: { ok: number }[];
  readonly slo: { isMet: boolean; withinRatio: number; successRatio: number };
}

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: string, onStart?: (child: ChildProcess) => void): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['load/load.mjs', ...args.split(' ')], { cwd: folder });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
      });
    }
    child.on('close', (status) => resolve({ status, ...texts }));
    onStart?.(child);
  });
}

const result = ({ stdout }: Ran): Result => JSON.parse(stdout) as Result;

describe('load.mjs', () => {
  test('sends what was asked for, at its times, and meets the objective', async () => {
    const out = join(folder, 'out.json');
    const args = `--url ${server.httpUrl} --rate 40 --duration 2 --arrival even --latency-ms 1000 --out ${out}`;
    const ran = await run(`${args} --json`);
    expect(ran.status, ran.stderr).toBe(0);
    expect(result(ran)).toMatchObject({ requests: 80, ok: 80, failed: 0, isPartial: false, outcomes: { 200: 80 } });
    expect(result(ran).seconds.map(({ ok }) => ok)).toEqual([40, 40]);
    expect(result(ran).elapsedS).toBeGreaterThan(1.9);
    expect(ran.stderr).toMatch(/objective {3}100 % within 1000 ms .*: met/);
    expect(readFileSync(out, 'utf8')).toBe(ran.stdout);
  });

  test('raises the rate along the ramp, by chance or evenly, and the same in each run', async () => {
    const args = `--url ${server.httpUrl} --rate 40 --duration 2 --ramp 2 --latency-ms 1000 --json`;
    const even = result(await run(`${args} --arrival even`));
    expect(even.seconds.map(({ ok }) => ok)).toEqual([10, 30]);
    const [first, second] = [result(await run(args)), result(await run(args))];
    expect(first.requests).toBe(second.requests);
    expect(Math.abs(first.requests - 40)).toBeLessThan(25);
  });

  test('takes a request of its own from a file', async () => {
    const tensor = (name: string) => ({ name, datatype: 'FP32', shape: [1, 2], data: [1, 2] });
    writeFileSync(join(folder, 'request.json'), JSON.stringify({ inputs: [tensor('a'), tensor('b')] }));
    const args = `--url ${server.httpUrl} --rate 20 --duration 1 --latency-ms 1000`;
    expect((await run(`${args} --request request.json`)).status).toBe(0);
    writeFileSync(join(folder, 'request.json'), '{}');
    const ran = await run(`${args} --request request.json`);
    expect(ran).toMatchObject({ status: 3, stdout: /failure {5}400: \{"error":/ });
  });

  test('counts from the time at which a request should have left: a stall is seen by all that waited', async () => {
    // One at a time, and the first takes a second: a closed loop would see one slow request.
    let last = Promise.resolve();
    let count = 0;
    const url = await listen((_, response) => {
      count += 1;
      const ms = count === 1 ? 1000 : 1;
      last = last.then(() => new Promise((resolve) => setTimeout(resolve, ms))).then(() => void response.end());
    });
    const ran = await run(
      `--url ${url} --rate 50 --duration 1 --arrival even --warm-up 0 --latency-ms 400 --timeout 5000 --json`,
    );
    expect(ran.status).toBe(3);
    const { latencyMs, slo, ok } = result(ran);
    expect(ok).toBe(50);
    expect(latencyMs.p50).toBeGreaterThan(300);
    expect(slo.withinRatio).toBeLessThan(0.7);
  });

  test('counts refusals, and a run of them misses the objective', async () => {
    let count = 0;
    const url = await listen((_, response) => {
      count += 1;
      if (count % 2 === 0) response.writeHead(503).end('{"error":"Exceeds maximum queue size"}');
      else response.end();
    });
    const ran = await run(`--url ${url} --rate 20 --duration 1 --arrival even --warm-up 0 --latency-ms 1000 --json`);
    expect(ran.status).toBe(3);
    expect(result(ran)).toMatchObject({ ok: 10, failed: 10, outcomes: { 200: 10, 503: 10 } });
    expect(result(ran).firstProblem).toContain('Exceeds maximum queue size');
    expect(result(ran).slo.successRatio).toBe(0.5);
  });

  test('ends when nobody answers: each request has its time, and too many are not sent', async () => {
    const silent: ServerResponse[] = [];
    const url = await listen((_, response) => void silent.push(response));
    const args = `--url ${url} --rate 20 --duration 1 --arrival even --warm-up 0 --timeout 300 --max-in-flight 4 --json`;
    const ran = await run(args);
    expect(ran.status).toBe(3);
    const { requests, outcomes, elapsedS, latencyMs } = result(ran);
    expect(requests).toBe(20);
    expect((outcomes.timeout ?? 0) + (outcomes['not sent'] ?? 0)).toBe(20);
    expect(outcomes['not sent']).toBeGreaterThan(0);
    expect(elapsedS).toBeLessThan(5);
    expect(latencyMs.p99).toBeNull();
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('keeps what it measured after %s', async (signal) => {
    const ran = await run(`--url ${server.httpUrl} --rate 20 --duration 600 --json`, (child) =>
      setTimeout(() => child.kill(signal), 1500),
    );
    expect(ran.status).toBe(130);
    expect(result(ran).isPartial).toBe(true);
    expect(result(ran).ok).toBeGreaterThan(0);
  });

  test.each([
    ['--rate', '--rate x', /--rate is x/],
    ['--arrival', '--arrival daily', /--arrival is daily/],
    ['--ramp', '--ramp 20', /longer than --duration/],
    ['an option that is none', '--speed 3', /speed/],
    ['a file that is not there', '--request none.json', /none\.json/],
  ])('refuses a wrong %s with exit code 2', async (_, args, message) => {
    expect(await run(args)).toMatchObject({ status: 2, stdout: '', stderr: message });
  });

  test('says that there is no server', async () => {
    expect(await run('--url http://127.0.0.1:1')).toMatchObject({
      status: 5,
      stdout: '',
      stderr: /not ready.*REFUSED/,
    });
  });
});

/** Of the JSON in front of the tensors. */
function parametersOf(body: Buffer, headBytes: unknown): { sequence_id: number } {
  return JSON.parse(body.subarray(0, Number(headBytes)).toString()).parameters;
}

describe('the load on a model that keeps state', () => {
  test('is one sequence per request, each with another id', async () => {
    const path = join(folder, 'load/load.mjs');
    const original = readFileSync(path, 'utf8');
    writeFileSync(path, original.replace('IS_SEQUENCE = false', 'IS_SEQUENCE = true'));
    const ids: number[] = [];
    const url = await listen(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const parameters = parametersOf(Buffer.concat(chunks), request.headers['inference-header-content-length']);
      expect(parameters).toMatchObject({ sequence_start: true, sequence_end: true });
      ids.push(parameters.sequence_id);
      response.end();
    });
    const ran = await run(`--url ${url} --rate 20 --duration 1 --arrival even --latency-ms 5000`);
    writeFileSync(path, original);
    expect(ran.status, ran.stderr + ran.stdout).toBe(0);
    expect(new Set(ids).size).toBe(25);
  });
});

const K6_HTTP = `
export const sent = [];
export default { post: (url, body, parameters) => { sent.push({ url, body, parameters }); return { status: 200 }; } };
`;

describe('k6.js, in the place of k6', () => {
  test('sends a request that the server takes, and has thresholds for the objective', async () => {
    writeFileSync(join(folder, 'k6-http.mjs'), K6_HTTP);
    writeFileSync(
      join(folder, 'k6.mjs'),
      'export const check = (response, checks) => Object.values(checks).every((one) => one(response));\n',
    );
    const script = readFileSync(join(folder, 'load/k6.js'), 'utf8')
      .replace(`'k6/http'`, `'./k6-http.mjs'`)
      .replace(`'k6'`, `'./k6.mjs'`);
    writeFileSync(
      join(folder, 'script.mjs'),
      `const [__ENV, __VU, __ITER] = [{ URL: '${server.httpUrl}/', RATE: '2.6' }, 3, 4];\n${script}`,
    );
    const { default: infer, options } = await import(join(folder, 'script.mjs'));
    infer();
    const { sent } = await import(join(folder, 'k6-http.mjs'));
    const [{ url, body, parameters }] = sent;
    const answer = await fetch(url, { method: 'POST', body, headers: parameters.headers });
    expect(answer.status).toBe(200);
    expect(Number(answer.headers.get('inference-header-content-length'))).toBeGreaterThan(0);
    expect(options.thresholds).toMatchObject({ http_req_failed: ['rate<=0.001'], http_req_duration: ['p(99.9)<=100'] });
    expect(options.scenarios.infer.stages).toEqual([
      { target: 3, duration: '10s' },
      { target: 3, duration: '1m' },
    ]);
  });
});
