import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeGraph, makeModel, makeTensor } from '../../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import { EXTERNAL_DEFAULTS, type ExternalOptions, embedData } from '../../../src/onnx/external/place-data.ts';
import { EXTERNAL_RANGE, isExternal, type ResolvedTensor } from '../../../src/onnx/external-data.ts';
import { allTensors } from '../../../src/onnx/graph.ts';
import { openModel, readStructure } from '../../../src/onnx/open.ts';
import type { ModelProto, TensorProto } from '../../../src/onnx/proto.ts';
import { bytesOfData, loadTensor } from '../../../src/onnx/tensor.ts';
import { type DataPlacement, type WrittenModel, writeModel } from '../../../src/onnx/write.ts';
import { delimited, int, modelWith } from '../wire.ts';
import { everywhere } from './everywhere.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-data-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...names: string[]): string => join(folder, ...names);
const ALL: ExternalOptions = { thresholdBytes: 0, alignBytes: 1, needsAll: true };

const floats = (name: string, count: number, seed = 0): TensorProto =>
  makeTensor(name, {
    dataType: 'float32',
    dims: [count],
    data: Float32Array.from({ length: count }, (_, i) => seed + i),
  });

function modelOf(...initializers: TensorProto[]): ModelProto {
  return makeModel({
    opset: 17,
    irVersion: 9,
    graph: makeGraph({ name: 'g', nodes: [], inputs: [], outputs: [], initializers }),
  });
}

const write = (model: ModelProto, name: string, data: DataPlacement, force = false): Promise<WrittenModel> =>
  writeModel(model, at(name), { data, force });

const tensorsIn = (name: string): ResolvedTensor[] => [...allTensors(openModel(at(name)).proto)];
const externalIn = (name: string): string[] =>
  tensorsIn(name)
    .filter(isExternal)
    .map((tensor) => tensor.name ?? '');
const offsetsIn = (name: string) => tensorsIn(name).map((tensor) => tensor[EXTERNAL_RANGE]?.offset);
const valuesIn = (name: string): string[] =>
  tensorsIn(name).map((tensor) => Buffer.from(bytesOfData(loadTensor(tensor).data as Uint8Array)).toString('hex'));

/** The file as it was, after its weights went out and came in again. */
async function thereAndBack(original: Uint8Array, data: DataPlacement = ALL): Promise<Buffer> {
  writeFileSync(at('original.onnx'), original);
  await write(openModel(at('original.onnx')).proto, 'out.onnx', data);
  await write(openModel(at('out.onnx')).proto, 'back.onnx', 'embed');
  return readFileSync(at('back.onnx'));
}

describe('what goes wrong leaves nothing behind', () => {
  test('values that end before they should', async () => {
    await write(modelOf(floats('a', 1000), floats('b', 1000)), 'm.onnx', 'embed');
    const { proto } = openModel(at('m.onnx'));
    truncateSync(at('m.onnx'), 6000);
    await expect(write(proto, 'out.onnx', ALL)).rejects.toMatchObject({ code: 'MODEL_TRUNCATED' });
    expect(readdirSync(folder)).toEqual(['m.onnx']);
  });

  test('values of which there are fewer than the dims say', async () => {
    const bad = { ...floats('a', 300), dims: [301] };
    await expect(write(modelOf(bad), 'out.onnx', ALL)).rejects.toMatchObject({ code: 'MODEL_MALFORMED' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('an abort between the data and the model', async () => {
    const stop = new AbortController();
    const report = () => stop.abort();
    const run = writeModel(modelOf(floats('a', 300)), at('out.onnx'), { data: ALL, signal: stop.signal, report });
    await expect(run).rejects.toThrow('aborted');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a data file that is already there', async () => {
    writeFileSync(at('out.onnx_data'), 'precious');
    await expect(write(modelOf(floats('a', 300)), 'out.onnx', ALL)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(readdirSync(folder)).toEqual(['out.onnx_data']);
    expect(readFileSync(at('out.onnx_data'), 'utf8')).toBe('precious');
  });

  test('a data file of the same name as the model', async () => {
    const run = write(modelOf(floats('a', 300)), 'out.onnx', { ...ALL, dataFile: 'out.onnx' });
    await expect(run).rejects.toMatchObject({ code: 'USAGE', hint: expect.stringContaining('--data-file') });
  });

  test('a model beyond 2 GiB in one file; the hint names the way out, and `whenTooLarge` takes it', async () => {
    const hole = (name: string, count: number): TensorProto => {
      const { rawData: _, ...rest } = floats(name, 0);
      return { ...rest, dims: [count], rawData: { path: at('hole'), offset: 0, length: count * 4 } };
    };
    writeFileSync(at('hole'), '');
    const model = modelOf(hole('a', 2 ** 28), hole('b', 2 ** 28));
    const refused = write(model, 'out.onnx', 'embed');
    await expect(refused).rejects.toMatchObject({
      code: 'MODEL_LIMIT',
      hint: expect.stringContaining('--external-data'),
    });
    const lower = write(model, 'out.onnx', { ...ALL, thresholdBytes: 2 ** 31 });
    await expect(lower).rejects.toMatchObject({ code: 'MODEL_LIMIT', hint: expect.stringContaining('--threshold') });
    const external = writeModel(model, at('out.onnx'), { data: 'embed', whenTooLarge: 'external' });
    await expect(external).rejects.toMatchObject({ code: 'MODEL_TRUNCATED', message: expect.stringContaining('hole') });
    expect(readdirSync(folder)).toEqual(['hole']);
  });
});

describe('which values go out', () => {
  test('those from the threshold on', async () => {
    await write(modelOf(floats('below', 255), floats('at', 256), floats('above', 257)), 'm.onnx', EXTERNAL_DEFAULTS);
    expect(externalIn('m.onnx')).toEqual(['at', 'above']);
  });

  test('never strings, empty tensors and lists that shape inference reads, which ONNX Runtime would refuse', async () => {
    const int64 = (name: string, dims: number[], count: number): TensorProto =>
      makeTensor(name, { dataType: 'int64', dims, data: new BigInt64Array(count) });
    const model = modelOf(
      makeTensor('text', { dataType: 'string', dims: [1], data: ['x'.repeat(5000)] }),
      { ...floats('empty', 0), dims: [0, 4] },
      int64('shape', [4], 4),
      int64('sizes', [8192], 8192),
      floats('scales', 16),
      floats('weight', 17),
      int64('table', [2, 2], 4),
      int64('indices', [8193], 8193),
    );
    await write(model, 'm.onnx', ALL);
    expect(externalIn('m.onnx')).toEqual(['weight', 'table', 'indices']);
  });

  test('in every place of a model, but not where `onnx.load` would overlook them, unless all have to', async () => {
    const written = await write(everywhere(), 'm.onnx', EXTERNAL_DEFAULTS);
    expect([written.external, written.embedded]).toEqual([
      { tensors: 5, bytes: 6000 },
      { tensors: 6, bytes: 9600 },
    ]);
    const all = await write(everywhere(), 'all.onnx', ALL);
    expect([all.external, all.embedded]).toEqual([
      { tensors: 11, bytes: 15_600 },
      { tensors: 0, bytes: 0 },
    ]);
    expect(valuesIn('all.onnx')).toEqual(valuesIn('m.onnx'));
  });

  test('the model that is written stays as it is', async () => {
    const model = everywhere();
    const before = encodedBytes(encodeModel(model));
    await write(model, 'm.onnx', ALL);
    expect(encodedBytes(encodeModel(model))).toEqual(before);
  });
});

describe('the data files', () => {
  test('hold the values where the model says, with zeros between', async () => {
    const model = modelOf(floats('a', 20, 1), floats('b', 2000, 5), floats('c', 30, 9));
    const written = await write(model, 'm.onnx', { thresholdBytes: 0, alignBytes: 4096 });
    expect(offsetsIn('m.onnx')).toEqual([0, 4096, 4096 + 8000]);
    expect(written.files).toEqual([
      { path: at('m.onnx'), sizeBytes: statSync(at('m.onnx')).size },
      { path: at('m.onnx_data'), sizeBytes: 4096 + 8000 + 120 },
    ]);
    const data = readFileSync(at('m.onnx_data'));
    expect(data.length).toBe(4096 + 8000 + 120);
    expect(data.subarray(80, 4096).every((byte) => byte === 0)).toBe(true);
    expect([data.readFloatLE(0), data.readFloatLE(4096), data.readFloatLE(4096 + 8000)]).toEqual([1, 5, 9]);
  });

  test('are several where one would be too large', async () => {
    const options = { thresholdBytes: 0, alignBytes: 1, splitBytes: 200, dataFile: 'weights.bin' };
    const written = await write(modelOf(floats('a', 40), floats('b', 20), floats('c', 60)), 'm.onnx', options);
    expect(written.files.map(({ path }) => path)).toEqual(
      ['m.onnx', 'weights.bin', 'weights.bin_1', 'weights.bin_2'].map((name) => at(name)),
    );
    expect(openModel(at('m.onnx')).externalFiles.map(({ location, sizeBytes }) => [location, sizeBytes])).toEqual([
      ['weights.bin', 160],
      ['weights.bin_1', 80],
      ['weights.bin_2', 240],
    ]);
    expect(valuesIn('m.onnx')).toHaveLength(3);
  });

  test('have tied weights once where they were there once', async () => {
    await write(modelOf(floats('a', 300), floats('b', 300)), 'm.onnx', ALL);
    const { proto } = openModel(at('m.onnx'));
    const [first, second] = proto.graph.initializer as [TensorProto, TensorProto];
    second.externalData = first.externalData;
    writeFileSync(at('tied.onnx'), encodedBytes(encodeModel(proto)));
    await write(openModel(at('tied.onnx')).proto, 'again.onnx', ALL);
    expect([offsetsIn('again.onnx'), statSync(at('again.onnx_data')).size]).toEqual([[0, 0], 1200]);
  });

  test('go along when the model is written to another folder, and stay when it is written beside itself', async () => {
    await write(modelOf(floats('a', 300)), 'm.onnx', ALL);
    mkdirSync(at('other'));
    const { proto } = openModel(at('m.onnx'));
    expect((await write(proto, 'other/copy.onnx', 'keep')).files.map(({ path }) => path)).toEqual([
      at('other', 'copy.onnx'),
      at('other', 'm.onnx_data'),
    ]);
    expect(valuesIn('other/copy.onnx')).toEqual(valuesIn('m.onnx'));
    const before = statSync(at('m.onnx_data'));
    expect((await write(proto, 'beside.onnx', 'keep')).files).toHaveLength(1);
    expect(statSync(at('m.onnx_data'))).toEqual(before);
  });

  test('replace others of their name with --force, also when those have the same size', async () => {
    await write(modelOf(floats('a', 300)), 'm.onnx', ALL);
    mkdirSync(at('other'));
    writeFileSync(at('other', 'm.onnx_data'), Buffer.alloc(1200));
    await write(openModel(at('m.onnx')).proto, 'other/m.onnx', 'keep', true);
    expect(valuesIn('other/m.onnx')).toEqual(valuesIn('m.onnx'));
  });

  test('are written anew where their tensors change places, though the size stays', async () => {
    await write(modelOf(floats('a', 300, 1), floats('b', 300, 7)), 'm.onnx', ALL);
    const { proto } = openModel(at('m.onnx'));
    const values = valuesIn('m.onnx');
    proto.graph.initializer.reverse();
    await write(proto, 'm.onnx', ALL, true);
    expect(offsetsIn('m.onnx')).toEqual([0, 1200]);
    expect(valuesIn('m.onnx')).toEqual(values.reverse());
  });

  test('are left behind by a model whose values came in', async () => {
    await write(modelOf(floats('a', 300)), 'm.onnx', ALL);
    const { proto } = embedData(openModel(at('m.onnx')).proto);
    rmSync(at('m.onnx'));
    expect((await write(proto, 'm.onnx', 'keep')).files).toHaveLength(1);
    expect([...allTensors(proto)].map((tensor) => (tensor as ResolvedTensor)[EXTERNAL_RANGE])).toEqual([undefined]);
  });

  test('keep the folders that they are in; a failure takes those back', async () => {
    await write(modelOf(floats('a', 300)), 'm.onnx', ALL);
    mkdirSync(at('deep'));
    renameSync(at('m.onnx_data'), at('deep', 'w.bin'));
    const { proto } = readStructure(at('m.onnx'));
    (proto.graph.initializer[0] as TensorProto).externalData = [{ key: 'location', value: 'deep/w.bin' }];
    writeFileSync(at('m.onnx'), encodedBytes(encodeModel(proto)));
    const failing = { data: 'keep', signal: AbortSignal.abort() } as const;
    await expect(writeModel(openModel(at('m.onnx')).proto, at('other', 'm.onnx'), failing)).rejects.toThrow('aborted');
    expect(readdirSync(folder).sort()).toEqual(['deep', 'm.onnx']);
    await write(openModel(at('m.onnx')).proto, 'other/m.onnx', 'keep');
    expect(valuesIn('other/m.onnx')).toEqual(valuesIn('m.onnx'));
  });

  test('are laid out anew when the model was external before, and small values come back in', async () => {
    await write(modelOf(floats('a', 20), floats('b', 300)), 'm.onnx', ALL);
    await write(openModel(at('m.onnx')).proto, 'new.onnx', EXTERNAL_DEFAULTS);
    expect(externalIn('new.onnx')).toEqual(['b']);
    expect(valuesIn('new.onnx')).toEqual(valuesIn('m.onnx'));
  });
});

describe('a model that is written over itself', () => {
  const original = modelOf(floats('a', 300, 1), floats('b', 2000, 7));

  test('with its weights out, in and elsewhere has the same values each time', async () => {
    await write(original, 'm.onnx', 'embed');
    const values = valuesIn('m.onnx');
    const steps: DataPlacement[] = [
      ALL,
      { thresholdBytes: 0, alignBytes: 4096 },
      { ...ALL, splitBytes: 2000 },
      'embed',
    ];
    for (const data of steps) {
      await write(openModel(at('m.onnx')).proto, 'm.onnx', data, true);
      expect(valuesIn('m.onnx')).toEqual(values);
    }
    expect(readFileSync(at('m.onnx')).equals(Buffer.from(encodedBytes(encodeModel(original))))).toBe(true);
  });

  test('is as it was when that fails half-way', async () => {
    await write(original, 'm.onnx', ALL);
    const before = readdirSync(folder).map((name) => readFileSync(at(name), 'hex'));
    const stop = new AbortController();
    const options = { data: { ...ALL, alignBytes: 64 }, force: true, signal: stop.signal, report: () => stop.abort() };
    await expect(writeModel(openModel(at('m.onnx')).proto, at('m.onnx'), options)).rejects.toThrow('aborted');
    expect(readdirSync(folder).map((name) => readFileSync(at(name), 'hex'))).toEqual(before);
  });
});

describe('data files that stand where they stood', () => {
  /** A model whose weights `a` and `b` lie in the data file that they name so. */
  async function named(a: string, b: string): Promise<ModelProto> {
    await write(modelOf(floats('a', 20), floats('b', 30)), 'm.onnx', { ...ALL, dataFile: 'w.bin' });
    mkdirSync(at('sub'));
    copyFileSync(at('w.bin'), at('sub', 'w.bin'));
    const { proto } = openModel(at('m.onnx'));
    for (const [index, location] of [a, b].entries()) {
      const entries = proto.graph.initializer[index]?.externalData ?? [];
      Object.assign(entries.find(({ key }) => key === 'location') as object, { value: location });
    }
    writeFileSync(at('m.onnx'), encodedBytes(encodeModel(proto)));
    return openModel(at('m.onnx')).proto;
  }

  test('are copied into a folder below that of the model, which is taken back when that fails', async () => {
    const model = await named('sub/w.bin', 'w.bin');
    const aborted = { signal: AbortSignal.abort(new Error('enough')) };
    await expect(writeModel(model, at('out', 'm.onnx'), aborted)).rejects.toThrow('enough');
    expect(existsSync(at('out'))).toBe(false);
    await writeModel(model, at('out', 'm.onnx'));
    expect(readdirSync(at('out'), { recursive: true }).sort()).toEqual(['m.onnx', 'sub', 'sub/w.bin', 'w.bin']);
    expect(valuesIn('out/m.onnx')).toEqual(valuesIn('m.onnx'));
  });

  test('are written once when the model names them in two ways', async () => {
    await writeModel(await named('w.bin', './w.bin'), at('out', 'm.onnx'));
    expect(valuesIn('out/m.onnx')).toEqual(valuesIn('m.onnx'));
  });

  test('are not the model itself: writing it in place would destroy its weights', async () => {
    const bytes = encodedBytes(encodeModel(modelOf(floats('a', 20))));
    await write(modelOf(floats('a', 20)), 'm.onnx', { ...ALL, dataFile: 'w.bin' });
    const { proto } = openModel(at('m.onnx'));
    for (const entry of proto.graph.initializer[0]?.externalData ?? []) {
      if (entry.key === 'location') entry.value = 'm.onnx';
    }
    writeFileSync(at('m.onnx'), Buffer.concat([encodedBytes(encodeModel(proto)), delimited(99, bytes)]));
    const before = readFileSync(at('m.onnx'));
    await expect(write(openModel(at('m.onnx')).proto, 'm.onnx', 'keep', true)).rejects.toThrow('at once');
    expect(readFileSync(at('m.onnx')).equals(before)).toBe(true);
  });
});

describe('there and back again gives the same bytes', () => {
  test('wherever the tensors are', async () => {
    const bytes = encodedBytes(encodeModel(everywhere()));
    expect((await thereAndBack(bytes)).equals(Buffer.from(bytes))).toBe(true);
    expect(existsSync(at('out.onnx_data'))).toBe(true);
  });

  const weights = Buffer.from(Float32Array.from({ length: 20 }, (_, i) => i).buffer);
  test.each<[string, Uint8Array[]]>([
    ['raw_data in front of everything', [delimited(9, weights), int(1, 20), int(2, 1), delimited(8, 'w')]],
    ['raw_data in front of the name', [int(1, 20), int(2, 1), delimited(9, weights), delimited(8, 'w')]],
    [
      'fields that the schema does not know',
      [int(1, 20), int(2, 1), delimited(8, 'w'), delimited(9, weights), int(99, 5)],
    ],
  ])('with %s', async (_, parts) => {
    const bytes = modelWith(delimited(5, ...parts));
    expect((await thereAndBack(bytes)).equals(bytes)).toBe(true);
    expect(externalIn('out.onnx')).toEqual(['w']);
  });

  test('but for typed fields, whose values come back as raw_data', async () => {
    const bytes = modelWith(delimited(5, int(1, 20), int(2, 1), delimited(4, weights), delimited(8, 'w')));
    const back = await thereAndBack(bytes);
    expect(back.equals(modelWith(delimited(5, int(1, 20), int(2, 1), delimited(8, 'w'), delimited(9, weights))))).toBe(
      true,
    );
    expect(valuesIn('back.onnx')).toEqual(valuesIn('original.onnx'));
  });
});
