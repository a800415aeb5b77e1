/** The generated clients against the embedded server, and against servers that fail on purpose. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { artifact } from '../../src/artifacts/client/artifact.ts';
import type { ServiceFacts, TensorFacts } from '../../src/artifacts/service-facts.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { makeGraph, makeModel, makeNode, makeValueInfo } from '../../src/onnx/build.ts';
import { readRepository } from '../../src/server/repository.ts';
import { type RunningServer, startServer } from '../../src/server/start-server.ts';
import { FIXTURES } from '../artifacts/fixtures.ts';
import { ECHO_TYPES, place } from '../server/models.ts';
import { ROOT } from './command.ts';

/** One Identity per type, under names that exporters and jokers give. */
const NAMES: Readonly<Record<(typeof ECHO_TYPES)[number], string>> = {
  bool: 'serving_default_input_2:0',
  uint8: 'with space',
  uint16: `"double" 'single'`,
  uint32: 'back\\slash',
  uint64: '入力 é',
  int8: '0digit',
  int16: 'constructor',
  int32: 'class',
  int64: '*/ end',
  float16: '"""',
  float32: 'x',
  float64: '<%= it.model %>',
  string: 'toString',
};

const TENSORS: TensorFacts[] = ECHO_TYPES.map((dataType) => ({ name: NAMES[dataType], dataType, shape: ['n'] }));
const outputOf = (name: string): string => `${name} out`;
const facts: ServiceFacts = {
  ...FIXTURES.voice!,
  name: 'echo',
  model: {
    ...FIXTURES.voice!.model,
    inputs: TENSORS.map((tensor) => ({ ...tensor, shape: [null, 2] })),
    outputs: TENSORS.map((tensor) => ({ ...tensor, name: outputOf(tensor.name), shape: [null, 2] })),
  },
};

const VALUES: Readonly<Record<string, unknown>> = {
  bool: Uint8Array.of(1, 0),
  uint8: Uint8Array.of(0, 255),
  uint16: Uint16Array.of(1, 65535),
  uint32: Uint32Array.of(1, 2 ** 32 - 1),
  uint64: BigUint64Array.of(1n, 2n ** 64n - 1n),
  int8: Int8Array.of(-128, 127),
  int16: Int16Array.of(-32768, 32767),
  int32: Int32Array.of(-(2 ** 31), 5),
  int64: BigInt64Array.of(-(2n ** 63n), 9007199254740993n),
  float16: Uint16Array.of(0x3c00, 0xc000),
  float32: Float32Array.of(0.1, Number.POSITIVE_INFINITY),
  float64: Float64Array.of(0.1, -1e300),
  string: ['é "quoted" 12345678901234567890 NaN', ''],
};

// The interfaces of a generated file are not known here; what they say is compiled in test/artifacts/code.test.ts.
interface Generated {
  readonly Client: new (
    options: object,
  ) => {
    infer(inputs: object, options?: object): Promise<{ id?: string; outputs: Record<string, { data: unknown }> }>;
    isReady(options?: object): Promise<boolean>;
    isModelReady(options?: object): Promise<boolean>;
    isLive(options?: object): Promise<boolean>;
    waitUntilReady(options?: object): Promise<void>;
    modelMetadata(options?: object): Promise<{ inputs: { name: string; shape: number[] }[] }>;
    serverMetadata(options?: object): Promise<{ name: string }>;
  };
  exampleInputs(): object;
  differences(metadata: object): string[];
  toFloat16(values: ArrayLike<number>): Uint16Array;
  fromFloat16(bits: Uint16Array): Float32Array;
  toBfloat16(values: ArrayLike<number>): Uint16Array;
  fromBfloat16(bits: Uint16Array): Float32Array;
}

let folder = '';
let server: RunningServer;
let generated: Generated;
let client: InstanceType<Generated['Client']>;

beforeAll(async () => {
  // Inside the project: vitest compiles the file on import.
  folder = mkdtempSync(join(ROOT, 'dist', 'client-'));
  await place(
    folder,
    'models/echo',
    makeModel({
      graph: makeGraph({
        name: 'echo',
        nodes: TENSORS.map(({ name }) => makeNode('Identity', [name], [outputOf(name)])),
        inputs: TENSORS.map(({ name, dataType }) => makeValueInfo(name, dataType as 'bool', ['n', 2])),
        outputs: TENSORS.map(({ name, dataType }) => makeValueInfo(outputOf(name), dataType as 'bool', ['n', 2])),
      }),
      opset: 17,
      irVersion: 8,
    }),
  );
  writeFileSync(join(folder, 'models/echo/config.pbtxt'), 'name: "echo" backend: "onnxruntime" max_batch_size: 8');
  mkdirSync(join(folder, 'client'));
  for (const { path, content } of await artifact.generate(facts)) writeFileSync(join(folder, path), content);
  const models = await readRepository(folder);
  const options = { models, host: '127.0.0.1', httpPort: 0, metricsPort: 0, threads: 1 };
  server = await startServer({ ...options, log: silentLog, clock: systemClock });
  generated = (await import(join(folder, 'client/client.ts'))) as Generated;
  client = new generated.Client({ url: server.httpUrl });
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const inputs = (): object => Object.fromEntries(ECHO_TYPES.map((type) => [NAMES[type], VALUES[type]]));

describe('client.ts', () => {
  test.each(['binary', 'json'] as const)('carries every type in %s, under every name, both ways', async (encoding) => {
    const { outputs, id } = await client.infer(inputs(), { encoding, id: 'é 1' });
    expect(id).toBe('é 1');
    for (const type of ECHO_TYPES) {
      expect(Object.getOwnPropertyDescriptor(outputs, outputOf(NAMES[type]))?.value, type).toMatchObject({
        shape: [1, 2],
        data: VALUES[type],
      });
    }
  });

  test('gives only the outputs that were asked for, and takes shapes', async () => {
    const given = { ...inputs(), x: { shape: [1, 2], data: Float32Array.of(3, 4) } };
    const { outputs } = await client.infer(given, { outputs: ['x out'] });
    expect(outputs).toEqual({ 'x out': { datatype: 'FP32', shape: [1, 2], data: Float32Array.of(3, 4) } });
  });

  test('reads NaN, which is no JSON', async () => {
    const given = { ...inputs(), x: Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY) };
    const options = { outputs: ['x out'], encoding: 'binary' };
    expect((await client.infer(given, options)).outputs['x out']?.data).toEqual(
      Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY),
    );
    const bare = await listen((_, response) => {
      response.end(
        '{"outputs":[{"name":"x out","datatype":"FP32","shape":[3],"data":[NaN,-Infinity,0.1234567890123456789]}]}',
      );
    });
    const answer = await new generated.Client({ url: bare }).infer(inputs(), { encoding: 'json' });
    expect(answer.outputs['x out']?.data).toEqual(Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY, 0.12345679));
  });

  test('has an example that runs, and knows that it fits the model', async () => {
    const { outputs } = await client.infer(generated.exampleInputs());
    expect(Object.keys(outputs)).toHaveLength(ECHO_TYPES.length);
    const metadata = await client.modelMetadata();
    expect(generated.differences(metadata)).toEqual([]);
    const other = { ...metadata, inputs: metadata.inputs.map((input) => ({ ...input, shape: [7] })) };
    expect(generated.differences(other)).toHaveLength(2 * ECHO_TYPES.length);
    expect(await client.serverMetadata()).toMatchObject({ name: 'nimify' });
    expect([await client.isLive(), await client.isReady(), await client.isModelReady()]).toEqual([true, true, true]);
  });

  test.each([
    ['values that do not fill the shape', { x: { data: Float32Array.of(1), shape: [2, 2] } }, /1 values.*\[2, 2\]/],
    ['a number of values that no shape has', { x: Float32Array.of(1, 2, 3) }, /3 values/],
    ['a missing input', { x: undefined }, /missing/],
  ])('refuses %s before it sends', async (_, change, message) => {
    const given = Object.fromEntries(Object.entries({ ...inputs(), ...change }).filter(([, value]) => value));
    await expect(client.infer(given)).rejects.toThrow(RangeError);
    await expect(client.infer(given)).rejects.toThrow(message);
  });

  test('tells what the server says', async () => {
    const given = { ...inputs(), x: { data: new Float32Array(40), shape: [20, 2] } };
    await expect(client.infer(given)).rejects.toMatchObject({
      name: 'ServerError',
      status: 400,
      message: /batch size/,
    });
    const elsewhere = new generated.Client({ url: `${server.httpUrl}/none` });
    await expect(elsewhere.infer(inputs())).rejects.toMatchObject({ status: 404, message: 'Not Found' });
    await expect(client.infer(inputs(), { parameters: { triton_x: 1 } })).rejects.toMatchObject({ status: 400 });
  });
});

let servers: Server[] = [];
afterEach(() => {
  for (const one of servers) one.close().closeAllConnections();
  servers = [];
});

async function listen(listener: RequestListener): Promise<string> {
  const one = createServer(listener);
  servers.push(one);
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
}

describe('client.ts where the server fails', () => {
  test('sends again after 503, and gives up with the words of the server', async () => {
    let count = 0;
    const url = await listen((_, response) => {
      count += 1;
      if (count === 3) response.end('{"outputs":[]}');
      else response.writeHead(503).end('{"error":"Exceeds maximum queue size"}');
    });
    await new generated.Client({ url }).infer(inputs());
    expect(count).toBe(3);
    count = 10;
    const refused = new generated.Client({ url, retries: 1 }).infer(inputs());
    await expect(refused).rejects.toMatchObject({ status: 503, message: 'Exceeds maximum queue size' });
    expect(count).toBe(12);
  });

  test('sends nothing again after another failure', async () => {
    let count = 0;
    const url = await listen((_, response) => {
      count += 1;
      response.writeHead(500).end('<html>');
    });
    await expect(new generated.Client({ url }).infer(inputs())).rejects.toMatchObject({
      status: 500,
      message: '<html>',
    });
    expect(count).toBe(1);
  });

  test('ends at the time and at the signal, with the reason', async () => {
    const url = await listen(() => {});
    const silent = new generated.Client({ url, timeoutMs: 50 });
    await expect(silent.infer(inputs())).rejects.toMatchObject({ name: 'TransportError', kind: 'timeout' });
    expect(await silent.isReady({ timeoutMs: 50 })).toBe(false);
    await expect(silent.waitUntilReady({ timeoutMs: 60 })).rejects.toMatchObject({ kind: 'timeout' });
    const controller = new AbortController();
    const call = new generated.Client({ url }).infer(inputs(), { signal: controller.signal });
    controller.abort(new Error('not any more'));
    await expect(call).rejects.toThrow('not any more');
  });

  test('a wait between two tries ends at the time as well', async () => {
    const url = await listen((_, response) => {
      response.writeHead(503, { 'retry-after': '60' }).end();
    });
    const started = Date.now();
    const call = new generated.Client({ url, timeoutMs: 200 }).infer(inputs());
    await expect(call).rejects.toMatchObject({ kind: 'timeout' });
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  test('says when nobody is there, and when the answer is none', async () => {
    const nobody = new generated.Client({ url: 'http://127.0.0.1:1' });
    await expect(nobody.infer(inputs())).rejects.toMatchObject({ kind: 'network', message: /ECONNREFUSED/ });
    expect(await nobody.isLive()).toBe(false);
    const url = await listen((_, response) => {
      response.end('<html>');
    });
    await expect(new generated.Client({ url }).infer(inputs())).rejects.toMatchObject({ kind: 'answer' });
  });
});

describe('the half floats of client.ts', () => {
  test('are rounded to the nearest, ties to even, in every range', () => {
    const values = [
      0,
      -0,
      1,
      65504,
      65520,
      2 ** -24,
      2 ** -25,
      1.5 * 2 ** -24,
      2 ** -14,
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      Number.NaN,
    ];
    const bits = [0, 0x8000, 0x3c00, 0x7bff, 0x7c00, 1, 0, 2, 0x400, 0x3c00, 0x3c02, 0x7e00];
    expect([...generated.toFloat16(values)]).toEqual(bits);
  });

  test('come back from all 65 536 patterns', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, index) => index);
    const isNan = (half: number): boolean => (half & 0x7fff) > 0x7c00;
    const again = generated.toFloat16(generated.fromFloat16(all));
    expect([...again].filter((half, index) => half !== index && !isNan(index))).toEqual([]);
    const wide = generated.toBfloat16(generated.fromBfloat16(all));
    expect([...wide].filter((half, index) => half !== index && (index & 0x7fff) <= 0x7f80)).toEqual([]);
    expect([...generated.toBfloat16([1 + 2 ** -8, 1 + 3 * 2 ** -8, Number.NaN])]).toEqual([0x3f80, 0x3f82, 0x7fc0]);
  });
});

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Not spawnSync: the servers answer in this process. */
function python(args: readonly string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn('python3', args, { cwd: join(folder, 'client'), env: { ...process.env, PYTHONUTF8: '1' } });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
      });
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...texts }));
  });
}

const ECHO = `
import json, sys
import client
names = json.load(open("names.json", encoding="utf-8"))
values = {"bool": [True, False], "uint8": [0, 255], "uint16": [1, 65535], "uint32": [1, 2**32 - 1],
  "uint64": [1, 2**64 - 1], "int8": [-128, 127], "int16": [-32768, 32767], "int32": [-2**31, 5], "int64": [-2**63, 9007199254740993],
  "float16": [1.0, -2.0], "float32": [0.5, float("inf")], "float64": [0.1, -1e300], "string": ["\\u00e9 \\"q\\"", ""]}
for binary in (True, False):
    outputs = client.infer({names[t]: v for t, v in values.items()}, url=sys.argv[1], binary=binary)
    for t, v in values.items():
        tensor = outputs[names[t] + " out"]
        assert tensor.data == v and tensor.shape == (1, 2), (binary, t, tensor)
nested = client.infer({**{names[t]: [v, v] for t, v in values.items()}}, ["x out"], url=sys.argv[1])
assert list(nested) == ["x out"] and nested["x out"].shape == (2, 2), nested
for bad in ({**client.example_inputs(), "x": [1.0, 2.0, 3.0]}, {"y": 1}, {}, {**client.example_inputs(), "with space": [256, 1]}):
    try:
        client.infer(bad, url=sys.argv[1])
    except ValueError as error:
        print("refused", error)
bits = [0x3F80, 0xC000]
assert client.to_bytes("BF16", client.from_bytes("BF16", bytes.fromhex("803f00c0"))).hex() == "803f00c0"
assert client.to_bytes("BF16", [1 + 2**-8, 1 + 3 * 2**-8]).hex() == "803f823f"
`;

const hasPython = spawnSync('python3', ['--version']).status === 0;

describe.skipIf(!hasPython)('client.py (python3)', () => {
  test('carries every type under every name, both ways, and refuses what does not fit', async () => {
    writeFileSync(join(folder, 'client/names.json'), JSON.stringify(NAMES));
    const { status, stdout, stderr } = await python(['-c', ECHO, server.httpUrl]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout.match(/^refused/gm)).toHaveLength(4);
  });

  test('runs as a script', async () => {
    const url = ['--url', server.httpUrl];
    writeFileSync(join(folder, 'client/values.json'), '[[1.5, 2.5]]');
    const shown = await python(['client.py', ...url, '--input', 'x=values.json']);
    expect(shown).toMatchObject({ status: 0, stderr: '', stdout: /x out FP32 \[1, 2\]: 1\.5, 2\.5\n/ });
    expect(await python(['client.py', ...url, '--json'])).toMatchObject({
      status: 0,
      stdout: /toString out BYTES \[1, 2\]: text, text/,
    });
    expect(await python(['client.py', ...url, '--health'])).toMatchObject({ status: 0, stdout: 'ready\n' });
    expect(JSON.parse((await python(['client.py', ...url, '--metadata'])).stdout)).toMatchObject({ name: 'echo' });
  });

  test('fails with one line and exit code 1', async () => {
    expect(await python(['client.py', '--url', 'http://127.0.0.1:1', '--health'])).toMatchObject({
      status: 1,
      stdout: 'not ready\n',
    });
    const nobody = await python(['client.py', '--url', 'http://127.0.0.1:1']);
    expect(nobody).toMatchObject({ status: 1, stdout: '', stderr: /^error: .*refused.*\n$/ });
    let count = 0;
    const url = await listen((_, response) => {
      count += 1;
      response.writeHead(503).end('{"error":"Exceeds maximum queue size"}');
    });
    expect(await python(['client.py', '--url', url])).toMatchObject({
      status: 1,
      stderr: 'error: Exceeds maximum queue size\n',
    });
    expect(count).toBe(4);
  });
});
