/** The server with real models, threads and sockets. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { type Log, silentLog } from '../../src/base/log.ts';
import { startModelWorker } from '../../src/server/model-worker.ts';
import { readRepository } from '../../src/server/repository.ts';
import type { ServedModel } from '../../src/server/served-model.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/start-server.ts';
import { V2_TYPES, type V2Type } from '../../src/server/v2-types.ts';
import { ECHO_TYPES, echo, pair, place, reshape, scalar, slow } from '../server/models.ts';

let folder: string;
let models: ServedModel[];
let server: RunningServer;

function options(rest: Partial<ServerOptions> = {}): ServerOptions {
  return {
    models,
    host: '127.0.0.1',
    httpPort: 0,
    metricsPort: 0,
    threads: 1,
    log: silentLog,
    clock: systemClock,
    ...rest,
  };
}

const only = (name: string): ServedModel[] => models.filter((model) => model.name === name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nimify-server-'));
  await place(folder, 'pair', pair(), '3');
  await writeFile(join(folder, 'pair', 'config.pbtxt'), 'name: "pair" backend: "onnxruntime" max_batch_size: 4');
  await place(folder, 'scalar', scalar());
  await place(folder, 'row', echo('float32'));
  await writeFile(
    join(folder, 'row', 'config.pbtxt'),
    `max_batch_size: 4
      input [ { name: "x" data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] } } ]
      output [ { name: "y" data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] } } ]`,
  );
  await place(folder, 'reshape', reshape());
  for (const type of ECHO_TYPES) await place(folder, `echo-${type}`, echo(type));
  models = await readRepository(folder);
  server = await startServer(options());
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
}

async function ask(path: string, init: RequestInit = {}, base = server.httpUrl): Promise<Answer> {
  const response = await fetch(base + path, init);
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, text: bytes.toString() };
}

function infer(model: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
  return ask(`/v2/models/${model}/infer`, { method: 'POST', headers, body: isRaw ? body : JSON.stringify(body) });
}

function inferBinary(model: string, json: object, tail: Buffer): Promise<Answer> {
  const head = Buffer.from(JSON.stringify(json));
  return infer(model, Buffer.concat([head, tail]), { 'inference-header-content-length': String(head.length) });
}

async function metric(name: string, labels: string): Promise<number> {
  const { text } = await ask('', {}, server.metricsUrl);
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name}{${labels}} `))
      ?.split(' ')[1],
  );
}

const input = (name: string, data: unknown, shape = [1, 2], datatype = 'FP32') => ({ name, shape, datatype, data });
const PAIR = { inputs: [input('a', [1, 2]), input('b', [[3, 4]])] };

describe('errors', () => {
  test.each([
    ['GET', '/', 404, '{"error":"Not Found"}'],
    ['GET', '/v2/', 404, '{"error":"Not Found"}'],
    ['GET', '/v2/models/pair/versions/x', 404, '{"error":"Not Found"}'],
    ['GET', '/v2/models/pair/infer', 405, '{"error":"Method Not Allowed"}'],
    ['POST', '/v2/models/pair', 405, '{"error":"Method Not Allowed"}'],
    ['DELETE', '/v2', 405, '{"error":"Method Not Allowed"}'],
    ['GET', '/v2/repository/index', 405, '{"error":"Method Not Allowed"}'],
    ['GET', '/v2/models/none', 404, `{"error":"Request for unknown model: 'none' is not found"}`],
    ['POST', '/v2/models/none/infer', 404, `{"error":"Request for unknown model: 'none' is not found"}`],
    ['GET', '/v2/models/pair/versions/9', 404, `{"error":"Request for unknown model: 'pair' version 9 is not found"}`],
    ['GET', '/v2/models/none/ready', 400, '{"error":"Model version not ready"}'],
    ['GET', '/v2/models/pair/versions/9/ready', 400, '{"error":"Model version not ready"}'],
  ])('%s %s is %i', async (method, path, status, text) => {
    const answer = await ask(path, { method });
    expect([answer.status, answer.text]).toEqual([status, text]);
    expect(answer.headers.get('content-type')).toContain('application/json');
  });

  test('bad JSON, an empty body and a request that does not fit are 400', async () => {
    expect(await infer('pair', '{"inputs": [')).toMatchObject({
      status: 400,
      text: expect.stringContaining('failed to parse the request JSON buffer'),
    });
    expect((await infer('pair', '')).status).toBe(400);
    expect(await infer('pair', { inputs: [input('a', [1, 2])] })).toMatchObject({
      status: 400,
      text: expect.stringContaining('expected 2 inputs but got 1 inputs'),
    });
  });

  test('a batch beyond max_batch_size is 400', async () => {
    const rows = Array(10).fill(0);
    const answer = await infer('pair', { id: 'q', inputs: [input('a', rows, [5, 2]), input('b', rows, [5, 2])] });
    expect([answer.status, answer.text]).toEqual([
      400,
      `{"error":"[request id: q] inference request batch-size must be <= 4 for 'pair'"}`,
    ]);
  });

  test('a body over 64 MiB is 400, compressed or not', async () => {
    const large = Buffer.alloc(64 * 1024 * 1024 + 1, 0x20);
    const message = '{"error":"Request JSON size exceeds the maximum allowed value of 67108864 bytes"}';
    expect(await infer('pair', large)).toMatchObject({ status: 400, text: message });
    const packed = gzipSync(large, { level: 1 });
    expect(await infer('pair', packed, { 'content-encoding': 'gzip' })).toMatchObject({ status: 400, text: message });
  });

  test('an unknown compression is 501 and names the known ones; damaged data is 400', async () => {
    const answer = await infer('pair', PAIR, { 'content-encoding': 'br' });
    expect([answer.status, answer.headers.get('accept-encoding'), answer.text]).toEqual([
      501,
      'gzip, deflate',
      '{"error":"Unsupported compression type"}',
    ]);
    expect(await infer('pair', PAIR, { 'content-encoding': 'gzip' })).toMatchObject({ status: 400 });
  });

  test.each([
    ['-1', 'inference header size should be in range (0, 2), got: -1'],
    ['3', 'inference header size should be in range (0, 2), got: 3'],
    ['two', 'Unable to parse Inference-Header-Content-Length, got: two'],
  ])('a header length of %s is 400', async (length, message) => {
    const answer = await infer('pair', '{}', { 'inference-header-content-length': length });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([400, { error: message }]);
  });

  test('a failure of ONNX Runtime is 500, counted, and the next request is served', async () => {
    const x = input('x', [1, 2, 3, 4], [4]);
    const before = await metric('nv_inference_request_failure', 'model="reshape",version="1",reason="BACKEND"');
    const failed = await infer('reshape', { inputs: [x, input('shape', [3], [1], 'INT64')] });
    expect(failed).toMatchObject({ status: 500, text: expect.stringContaining('cannot be reshaped') });
    const answer = await infer('reshape', { inputs: [x, input('shape', [2, 2], [2], 'INT64')] });
    expect(JSON.parse(answer.text).outputs).toEqual([
      { name: 'y', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] },
    ]);
    expect(await metric('nv_inference_request_failure', 'model="reshape",version="1",reason="BACKEND"')).toBe(
      before + 1,
    );
    expect(await metric('nv_inference_request_success', 'model="reshape",version="1"')).toBe(1);
  });
});

describe('documents', () => {
  test('the server tells its name, version and extensions, and that it is live and ready', async () => {
    expect(JSON.parse((await ask('/v2')).text)).toEqual({
      name: 'nimify',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      extensions: ['classification', 'model_configuration', 'binary_tensor_data', 'statistics'],
    });
    expect(await ask('/v2/health/live')).toMatchObject({ status: 200, text: '{"live":true}' });
    expect(await ask('/v2/health/ready')).toMatchObject({ status: 200, text: '{"ready":true}' });
  });

  test('a model tells inputs and outputs with the batch dimension, with or without its version', async () => {
    const tensor = (name: string) => ({ name, datatype: 'FP32', shape: [-1, 2] });
    const expected = {
      name: 'pair',
      versions: ['3'],
      platform: 'onnxruntime_onnx',
      inputs: ['a', 'b'].map(tensor),
      outputs: ['sum', 'product'].map(tensor),
    };
    expect(JSON.parse((await ask('/v2/models/pair')).text)).toEqual(expected);
    expect(JSON.parse((await ask('/v2/models/pair/versions/3')).text)).toEqual(expected);
    expect((await ask('/v2/models/pair/versions/3/ready')).status).toBe(200);
  });

  test('the configuration has dims without the batch, and [1] for a scalar', async () => {
    expect(JSON.parse((await ask('/v2/models/pair/config')).text)).toMatchObject({
      max_batch_size: 4,
      backend: 'onnxruntime',
      input: [
        { name: 'a', data_type: 'TYPE_FP32', dims: [2] },
        { name: 'b', data_type: 'TYPE_FP32', dims: [2] },
      ],
    });
    expect(JSON.parse((await ask('/v2/models/scalar/config')).text)).toMatchObject({
      max_batch_size: 0,
      input: [{ name: 'x', data_type: 'TYPE_INT64', dims: [1] }],
    });
  });

  test('one value per row of a batch is [-1,1], dims [1] with an empty reshape', async () => {
    expect(JSON.parse((await ask('/v2/models/row')).text)).toMatchObject({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
    });
    const { input: inputs, output: outputs } = JSON.parse((await ask('/v2/models/row/config')).text);
    expect([inputs, outputs]).toEqual(
      ['x', 'y'].map((name) => [{ name, data_type: 'TYPE_FP32', dims: [1], reshape: { shape: [] } }]),
    );
  });

  test('the index lists every model', async () => {
    const { text } = await ask('/v2/repository/index', { method: 'POST', body: '{"ready":true}' });
    expect(JSON.parse(text)).toHaveLength(models.length);
    expect(JSON.parse(text)).toContainEqual({ name: 'pair', version: '3', state: 'READY' });
  });
});

describe('inference', () => {
  test('JSON in and out, whatever the content type says', async () => {
    const answer = await infer('pair', { ...PAIR, id: 'seven' }, { 'content-type': 'text/x-unheard-of' });
    expect([answer.status, answer.text]).toEqual([
      200,
      '{"id":"seven","model_name":"pair","model_version":"3","outputs":[' +
        '{"name":"sum","datatype":"FP32","shape":[1,2],"data":[4,6]},' +
        '{"name":"product","datatype":"FP32","shape":[1,2],"data":[3,8]}]}',
    ]);
    expect(answer.headers.get('inference-header-content-length')).toBeNull();
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('a body in %s', async (encoding, pack) => {
    const answer = await infer('pair', pack(JSON.stringify(PAIR)), { 'content-encoding': encoding });
    expect(JSON.parse(answer.text).outputs[0].data).toEqual([4, 6]);
  });

  test('asked outputs only, one of them as classes', async () => {
    const outputs = [{ name: 'product', parameters: { classification: 1 } }];
    const inputs = [input('a', [1, 2, 9, 1], [2, 2]), input('b', [1, 1, 1, 1], [2, 2])];
    const answer = await infer('pair', { inputs, outputs });
    expect(JSON.parse(answer.text).outputs).toEqual([
      { name: 'product', datatype: 'BYTES', shape: [2, 1], data: ['2.000000:1', '9.000000:0'] },
    ]);
  });

  test('one value per row of a batch in and out as [b,1]', async () => {
    const answer = await infer('row', { inputs: [input('x', [5, 6], [2, 1])] });
    expect([answer.status, JSON.parse(answer.text).outputs]).toEqual([
      200,
      [{ name: 'y', datatype: 'FP32', shape: [2, 1], data: [5, 6] }],
    ]);
    expect((await infer('row', { inputs: [input('x', [5, 6], [2])] })).status).toBe(400);
  });

  test('a scalar in and out as [1]', async () => {
    const answer = await infer('scalar', { inputs: [input('x', [5], [1], 'INT64')] });
    expect(JSON.parse(answer.text).outputs).toEqual([{ name: 'y', datatype: 'INT64', shape: [1], data: [-5] }]);
  });

  const JSON_DATA: Partial<Record<V2Type, string>> = {
    BOOL: '[true,false]',
    UINT8: '[0,255]',
    UINT16: '[0,65535]',
    UINT32: '[0,4294967295]',
    UINT64: '[0,18446744073709551615]',
    INT8: '[-128,127]',
    INT16: '[-32768,32767]',
    INT32: '[-2147483648,2147483647]',
    INT64: '[-9223372036854775808,9007199254740993]',
    FP32: '[1.5,-Infinity]',
    FP64: '[0.1,NaN]',
    BYTES: '["héllo \\u0001","<é>"]',
  };
  const modelOf = (type: string): string => `echo-${V2_TYPES[type as V2Type].dataType}`;

  test.each(Object.entries(JSON_DATA))('%s comes back as it was sent in JSON', async (type, data) => {
    const body = `{"inputs":[{"name":"x","shape":[2],"datatype":"${type}","data":${data}}]}`;
    const { text } = await infer(modelOf(type), body);
    expect(text).toContain(`"outputs":[{"name":"y","datatype":"${type}","shape":[2],"data":${data}}]`);
  });

  const types = Object.keys(V2_TYPES).filter((type) => type !== 'BF16') as V2Type[];

  test.each(types)('%s comes back as it was sent in binary', async (type) => {
    const size = V2_TYPES[type].sizeBytes;
    const text = Buffer.from('\x03\0\0\0a\xc3\xa9\0\0\0\0', 'latin1');
    const data = size === null ? text : Buffer.from(Array.from({ length: 2 * size }, (_, i) => (i * 37) % 128));
    if (type === 'BOOL') data.set([1, 0]);
    const parameters = { binary_data_size: data.length };
    const json = {
      inputs: [{ name: 'x', shape: [2], datatype: type, parameters }],
      parameters: { binary_data_output: true },
    };
    const answer = await inferBinary(modelOf(type), json, data);
    expect(answer.status, answer.text).toBe(200);
    const headSize = Number(answer.headers.get('inference-header-content-length'));
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(JSON.parse(answer.bytes.subarray(0, headSize).toString()).outputs).toEqual([
      { name: 'y', datatype: type, shape: [2], parameters },
    ]);
    expect(answer.bytes.subarray(headSize)).toEqual(data);
  });

  test('a raw body is the data of the only input, and the answer is binary', async () => {
    const data = Buffer.from(new Float32Array([1, 2, 3]).buffer);
    const answer = await infer('echo-float32', data, { 'inference-header-content-length': '0' });
    const headSize = Number(answer.headers.get('inference-header-content-length'));
    expect(answer.bytes.subarray(headSize)).toEqual(data);
  });

  test('a tensor without elements', async () => {
    const answer = await infer('echo-float32', { inputs: [input('x', [], [0])] });
    expect(JSON.parse(answer.text).outputs[0]).toMatchObject({ shape: [0], data: [] });
  });

  test('many at once each get their own answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => infer('echo-int32', { inputs: [input('x', [i], [1], 'INT32')] })),
    );
    expect(answers.map(({ text }) => JSON.parse(text).outputs[0].data[0])).toEqual([...Array(50).keys()]);
  });
});

describe('what is counted', () => {
  const labels = 'model="pair",version="3"';

  test('items, runs and requests of those that succeeded; nothing of those that were refused', async () => {
    const names = ['request_success', 'count', 'exec_count'].map((name) => `nv_inference_${name}`);
    const read = (): Promise<number[]> => Promise.all(names.map((name) => metric(name, labels)));
    const failures = (): Promise<number[]> =>
      Promise.all(
        ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'].map((reason) =>
          metric('nv_inference_request_failure', `${labels},reason="${reason}"`),
        ),
      );
    const [success, items, runs] = (await read()) as [number, number, number];
    const rows = [1, 2, 3, 4, 5, 6];
    await infer('pair', { inputs: [input('a', rows, [3, 2]), input('b', rows, [3, 2])] });
    await infer('pair', PAIR);
    await infer('pair', { inputs: [] });
    await infer('pair', 'no json');
    expect(await read()).toEqual([success + 2, items + 4, runs + 2]);
    expect(await failures()).toEqual([0, 0, 0, 0]);
    const { model_stats: stats } = JSON.parse((await ask('/v2/models/pair/stats')).text);
    expect(stats).toHaveLength(1);
    expect(stats[0]).toMatchObject({
      name: 'pair',
      version: '3',
      inference_count: items + 4,
      execution_count: runs + 2,
      inference_stats: { success: { count: success + 2 }, fail: { count: 0, ns: 0 } },
    });
    expect(stats[0].batch_stats.map((batch: { batch_size: number }) => batch.batch_size)).toContain(3);
    expect(JSON.parse((await ask('/v2/models/stats')).text).model_stats).toHaveLength(models.length);
  });

  test('on a port of its own, as text', async () => {
    expect(server.metricsUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const { headers } = await ask('', {}, server.metricsUrl);
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect((await ask('', {}, new URL('/', server.metricsUrl).href)).status).toBe(404);
    expect((await ask('', { method: 'POST' }, server.metricsUrl)).status).toBe(405);
    expect((await ask('/metrics')).status).toBe(404);
  });
});

describe('the life of a server', () => {
  async function taken(): Promise<{ port: number; blocker: Server }> {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    return { port: (blocker.address() as AddressInfo).port, blocker };
  }

  test.each(['httpPort', 'metricsPort'] as const)('a taken %s is named, with what to do', async (which) => {
    const { port, blocker } = await taken();
    const flag = which === 'httpPort' ? '--port 0' : '--metrics-port 0';
    await expect(startServer(options({ models: only('pair'), [which]: port }))).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `Port ${port} of 127.0.0.1 is taken by another process.`,
      hint: expect.stringContaining(flag),
    });
    blocker.close();
  });

  test('an address of another machine is refused', async () => {
    await expect(startServer(options({ models: [], host: '192.0.2.1' }))).rejects.toMatchObject({ code: 'USAGE' });
  });

  test('a model that cannot be served stops the start and frees the ports', async () => {
    const { port, blocker } = await taken();
    await new Promise((resolve) => blocker.close(resolve));
    const start = (model: Partial<ServedModel>): Promise<RunningServer> =>
      startServer(
        options({ models: [...only('pair'), { ...only('scalar')[0], ...model } as ServedModel], httpPort: port }),
      );
    await expect(start({ maxBatchSize: 2 })).rejects.toMatchObject({
      code: 'MODEL_NOT_SERVABLE',
      message: expect.stringContaining('max_batch_size is 2, but the first dimension of x [] is not dynamic'),
    });
    await expect(start({ path: join(folder, 'none.onnx') })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await writeFile(join(folder, 'broken.onnx'), 'not a model');
    await expect(start({ path: join(folder, 'broken.onnx') })).rejects.toMatchObject({ code: 'MODEL_NOT_ONNX' });
    const again = await startServer(options({ models: only('pair'), httpPort: port }));
    await again.close();
  });

  test('a thread that dies makes its model not ready, answers with an error, and says so in the log', async () => {
    const errors: unknown[] = [];
    const log: Log = { ...silentLog, error: (facts, message) => errors.push({ ...facts, message }) };
    const workerEntry = new URL('../server/crashing-worker.ts', import.meta.url);
    const dying = await startServer(options({ models: only('pair'), log, workerEntry }));
    const post = { method: 'POST', body: JSON.stringify(PAIR) };
    const all = await Promise.all([1, 2].map(() => ask('/v2/models/pair/infer', post, dying.httpUrl)));
    expect(all.map(({ status }) => status).sort()).toEqual([500, 503]);
    expect(all.map(({ text }) => text).join()).toContain('the thread of the model ended: the thread fell over');
    const later = await ask('/v2/models/pair/infer', post, dying.httpUrl);
    expect([later.status, JSON.parse(later.text)]).toEqual([
      503,
      { error: "Request for unknown model: 'pair' has no available versions" },
    ]);
    expect((await ask('/v2/health/ready', {}, dying.httpUrl)).status).toBe(400);
    expect((await ask('/v2/health/live', {}, dying.httpUrl)).status).toBe(200);
    const index = await ask('/v2/repository/index', { method: 'POST' }, dying.httpUrl);
    expect(JSON.parse(index.text)).toEqual([
      { name: 'pair', version: '3', state: 'UNAVAILABLE', reason: 'its thread ended: the thread fell over' },
    ]);
    expect(errors).toEqual([
      {
        model: 'pair',
        version: '3',
        reason: 'the thread fell over',
        message: 'the thread of the model ended; the model is not ready',
      },
    ]);
    await dying.close();
  });

  test('the signal closes it, and it takes no more requests then', async () => {
    const controller = new AbortController();
    const running = await startServer(options({ models: only('pair'), signal: controller.signal }));
    expect((await ask('/v2/health/live', {}, running.httpUrl)).status).toBe(200);
    controller.abort();
    await running.closed;
    await expect(fetch(`${running.httpUrl}/v2/health/live`)).rejects.toThrow();
    await expect(fetch(running.metricsUrl)).rejects.toThrow();
    await expect(startServer(options({ signal: controller.signal }))).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('a thread that is closed while it computes answers first', async () => {
    const path = await place(folder, 'slow', slow(400, 8));
    const worker = await startModelWorker({ path, threads: 1, onDeath: (reason) => expect.unreachable(reason) });
    const x = { dataType: 'float32', dims: [400, 400], data: new Float32Array(160_000).fill(1) } as const;
    const running = worker.run({ x }, ['y']);
    await Promise.all([worker.close(), worker.close()]);
    const { outputs } = await running;
    expect(outputs.y?.data.length).toBe(160_000);
    expect(x.data.length, 'its memory has moved to the thread').toBe(0);
  });

  test('closing while models compute answers what is in flight, as the last of its connection, and exits with 0', async () => {
    const script = new URL('../server/close-while-running.ts', import.meta.url).pathname;
    const tsx = new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [tsx, script]);
    expect(JSON.parse(stdout)).toEqual(['200 close', '200 close']);
  });
});
