/**
 * The backend tests of the ONNX project and published models, none of which we wrote: each is read, written to a new
 * file and compared, byte for byte and by what ONNX Runtime computes from both files. The same once more with every
 * tensor in a data file.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NimifyError } from '../../src/base/errors.ts';
import { openModel, parseTensor } from '../../src/onnx/open.ts';
import { elementCount, type HostTensor, loadTensor } from '../../src/onnx/tensor.ts';
import { realInputs, type TensorInfo, tensorInfo } from '../../src/onnx/value-info.ts';
import { writeModel } from '../../src/onnx/write.ts';
import type { Feeds } from '../../src/runtime/feeds.ts';
import { openSession } from '../../src/runtime/session.ts';

const SHARED = new URL('../../../shared/', import.meta.url).pathname;
const CASES = join(SHARED, 'onnx-cases');
const MODELS = join(SHARED, 'models');

const modelsBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.onnx'))
        .map((name) => join(folder, name))
        .sort()
    : [];

const cases = modelsBelow(CASES);
const published = modelsBelow(MODELS);

type Outputs = Record<string, HostTensor>;

interface CaseResult {
  readonly name: string;
  readonly isIdentical: boolean;
  /** Tensors of its form with external data, and whether embedding them again gives the bytes of the original. */
  readonly externalTensors: number;
  readonly isIdenticalBack: boolean;
  /** Why ONNX Runtime does not run the original; the rewritten file must fail in the same words. */
  readonly refused?: string;
  readonly refusedAfter?: string;
  readonly isSameAfter?: boolean;
  readonly isSameExternal?: boolean;
  /** Undefined where the case has no expected tensors that we can read. */
  readonly isExpected?: boolean;
}

/** The words of the runtime without paths and source places. */
const plain = (error: unknown): string =>
  error instanceof NimifyError
    ? error.message
        .replaceAll(/\S*\/\S*\/\S*/g, '')
        .replaceAll(/\s+/g, ' ')
        .slice(0, 150)
        .trim()
    : `not a NimifyError: ${error}`;

/** What the ONNX backend test runner feeds to models without data: 0, 1/n, 2/n … in row-major order. */
function ramp({ dataType, shape }: TensorInfo): HostTensor {
  const dims = (shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 2));
  const n = elementCount(dims);
  if (dataType === 'int64') return { dataType, dims, data: BigInt64Array.from({ length: n }, (_, i) => BigInt(i % 2)) };
  if (dataType === 'int32') return { dataType, dims, data: Int32Array.from({ length: n }, (_, i) => i % 200) };
  return { dataType: 'float32', dims, data: Float32Array.from({ length: n }, (_, i) => i / n) };
}

const tensorFile = (path: string): HostTensor => loadTensor(parseTensor(readFileSync(path)));

/** One window of silence with its context, the sampling rate and a fresh state. */
const SILERO: Feeds = {
  input: { dataType: 'float32', dims: [1, 576], data: new Float32Array(576) },
  state: { dataType: 'float32', dims: [2, 1, 128], data: new Float32Array(256) },
  sr: { dataType: 'int64', dims: [], data: BigInt64Array.of(16000n) },
};

function feedsOf(path: string): Feeds {
  if (path.includes('/silero-vad/')) return SILERO;
  const inputs = realInputs(openModel(path).proto.graph).map(tensorInfo);
  const data = join(dirname(path), 'test_data_set_0');
  return Object.fromEntries(
    inputs.map((info, index) => {
      const file = join(data, `input_${index}.pb`);
      return [info.name, existsSync(file) ? tensorFile(file) : ramp(info)];
    }),
  );
}

function expectedOf(path: string): HostTensor[] {
  const light = path.replace(/\.onnx$/, '_output_0.pb');
  if (existsSync(light)) return [tensorFile(light)];
  const data = join(dirname(path), 'test_data_set_0');
  const files = existsSync(data) ? readdirSync(data).filter((name) => name.startsWith('output_')) : [];
  return files.sort().map((name) => tensorFile(join(data, name)));
}

async function run(path: string, feeds: Feeds): Promise<Outputs> {
  const session = await openSession(path, { threads: 1, graphOptimization: 'basic' });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

const bytesOf = ({ data }: HostTensor): string =>
  Array.isArray(data)
    ? JSON.stringify(data)
    : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');

function isSame(a: Outputs, b: Outputs): boolean {
  return (
    JSON.stringify(Object.keys(a)) === JSON.stringify(Object.keys(b)) &&
    Object.entries(a).every(([name, tensor]) => bytesOf(tensor) === bytesOf(b[name] as HostTensor))
  );
}

/** The tolerance of the ONNX backend tests: 1e-3 relative plus 1e-7 absolute. */
function isClose(found: HostTensor, expected: HostTensor): boolean {
  if (found.data.length !== expected.data.length || String(found.dims) !== String(expected.dims)) return false;
  return [...expected.data].every((value, i) => {
    const other = found.data[i];
    if (typeof value !== 'number' || typeof other !== 'number') return value === other;
    return Object.is(value, other) || Math.abs(value - other) <= 1e-7 + 1e-3 * Math.abs(value);
  });
}

const outcome = <T>(work: Promise<T>): Promise<{ value: T } | { why: string }> =>
  work.then(
    (value) => ({ value }),
    (error: unknown) => ({ why: plain(error) }),
  );

const EVERY_TENSOR = { thresholdBytes: 0, alignBytes: 4096, needsAll: true };

async function study(path: string, folder: string): Promise<CaseResult> {
  const copy = join(folder, 'copy.onnx');
  await writeModel(openModel(path).proto, copy, { force: true });
  const name = relative(SHARED, path).replace(/\/model\.onnx$/, '');
  const isIdentical = readFileSync(copy).equals(readFileSync(path));
  const external = join(folder, 'external.onnx');
  const back = join(folder, 'back.onnx');
  const { external: sum } = await writeModel(openModel(path).proto, external, { data: EVERY_TENSOR, force: true });
  await writeModel(openModel(external).proto, back, { data: 'embed', force: true });
  const facts = {
    name,
    isIdentical,
    externalTensors: sum.tensors,
    isIdenticalBack: readFileSync(back).equals(readFileSync(path)),
  };
  const feeds = (): Promise<Feeds> => Promise.resolve().then(() => feedsOf(path));
  const before = await outcome(feeds().then((values) => run(path, values)));
  const after = await outcome(feeds().then((values) => run(copy, values)));
  if ('why' in before) {
    return { ...facts, refused: before.why, ...('why' in after && { refusedAfter: after.why }) };
  }
  const outside = await outcome(feeds().then((values) => run(external, values)));
  const expected = expectedOf(path);
  const found = Object.values(before.value);
  return {
    ...facts,
    isSameAfter: 'value' in after && isSame(before.value, after.value),
    isSameExternal: 'value' in outside && isSame(before.value, outside.value),
    ...(expected.length > 0 && { isExpected: expected.every((tensor, i) => isClose(found[i] as HostTensor, tensor)) }),
  };
}

const results: CaseResult[] = [];
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-cases-'));
  for (const path of [...cases, ...published]) results.push(await study(path, folder));
}, 600_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const namesWhere = (keep: (result: CaseResult) => boolean): string[] => results.filter(keep).map((r) => r.name);

describe.skipIf(cases.length === 0)('models that others wrote (skipped where ../shared/onnx-cases is missing)', () => {
  test('all are there', () => {
    expect(cases.length).toBe(149);
    expect(published.map((path) => basename(dirname(path)))).toHaveLength(8);
  });

  test('each is written back byte for byte', () => {
    expect(namesWhere((r) => !r.isIdentical)).toEqual([]);
  });

  test('ONNX Runtime computes the same from the file that was written as from the one that was read', () => {
    expect(namesWhere((r) => r.refused === undefined && !r.isSameAfter)).toEqual([]);
    expect(namesWhere((r) => r.refused !== r.refusedAfter)).toEqual([]);
  });

  test('it computes the same with every tensor in a data file', () => {
    expect(namesWhere((r) => r.refused === undefined && !r.isSameExternal)).toEqual([]);
    expect(namesWhere((r) => r.isSameExternal === true && r.externalTensors > 0).length).toBeGreaterThanOrEqual(37);
  });

  test('embedding the data again gives the bytes of the original, but for weights that were in typed fields', () => {
    expect(namesWhere((r) => !r.isIdenticalBack)).toEqual(['models/mnist/mnist.onnx', 'models/super-resolution']);
  });

  test('the results are those that the cases expect', () => {
    expect(namesWhere((r) => r.isExpected === false)).toEqual([]);
    expect(namesWhere((r) => r.isExpected === undefined && r.refused === undefined)).toEqual(
      namesWhere((r) => r.name.startsWith('models/') && r.refused === undefined),
    );
    expect(namesWhere((r) => r.isExpected === true).length).toBeGreaterThanOrEqual(109);
  });

  test('what ONNX Runtime does not run is known, with the reason', () => {
    const refused = results.filter((r) => r.refused !== undefined && !r.refused.includes('Locale'));
    const reasons = [...new Set(refused.map((r) => r.refused as string))].sort();
    const byReason = reasons.map((reason) => [reason, refused.filter((r) => r.refused === reason).length]);
    expect(Object.fromEntries(byReason)).toMatchInlineSnapshot(`
      {
        "ONNX Runtime does not have an operator of this model: Load model from failed:Fatal error: ai.onnx.preview.training:Gradient(-1) is not a registered fu": 2,
        "ONNX Runtime does not have an operator of this model: Load model from failed:Fatal error: com.microsoft.extensions:DecodeImage(-1) is not a registered": 1,
        "ONNX Runtime refuses the model: Could not find an implementation for Add(6) node with name ''": 9,
        "ONNX Runtime refuses the model: Could not find an implementation for AveragePool(1) node with name ''": 7,
        "ONNX Runtime refuses the model: Could not find an implementation for BatchNormalization(6) node with name ''": 5,
        "ONNX Runtime refuses the model: Could not find an implementation for Gemm(6) node with name ''": 3,
        "ONNX Runtime refuses the model: Could not find an implementation for Mul(6) node with name ''": 3,
        "ONNX Runtime refuses the model: Could not find an implementation for PRelu(6) node with name ''": 6,
        "ONNX Runtime refuses the model: Could not find an implementation for Pow(1) node with name ''": 1,
      }
    `);
  });

  test('only the string cases depend on the locales of the machine', () => {
    const cases = namesWhere((r) => r.refused?.includes('Locale') ?? false);
    expect(cases.filter((name) => !name.includes('test_strnorm_'))).toEqual([]);
  });
});
