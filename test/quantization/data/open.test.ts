import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import type { TensorInfo } from '../../../src/onnx/value-info.ts';
import { openData } from '../../../src/quantization/data/open.ts';
import type { Feeds, SampleSet } from '../../../src/runtime/feeds.ts';
import { floats, longs, npy, npz } from './npy-writer.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-data-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const IMAGE = { mean: [0], std: [1], channels: 'rgb' as const };
const VECTOR: TensorInfo = { name: 'x', dataType: 'float32', shape: ['n', 2] };
const PICTURE: TensorInfo = { name: 'image', dataType: 'float32', shape: [1, 3, 8, 8] };

let serial = 0;
/** A new folder with these files. */
function put(files: Readonly<Record<string, Uint8Array | string>>): string {
  const place = join(folder, String(serial));
  serial += 1;
  mkdirSync(place);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(place, name), content);
  return place;
}

const putFile = (name: string, content: Uint8Array | string) => join(put({ [name]: content }), name);

function open(
  path: string,
  inputs: readonly TensorInfo[],
  options: { maxSamples?: number; bind?: Record<string, number> } = {},
) {
  const { bind = {}, ...rest } = options;
  return openData({ path, bind }, inputs, { image: IMAGE, seed: 0, ...rest });
}

async function all(set: SampleSet): Promise<Feeds[]> {
  const feeds: Feeds[] = [];
  for await (const sample of set.samples()) feeds.push(sample);
  return feeds;
}

const values = async (set: SampleSet, name = 'x') => (await all(set)).map((feeds) => [...(feeds[name]?.data ?? [])]);

const picture = (value: number, width = 8, height = 8) =>
  sharp(new Uint8Array(width * height * 3).fill(value), { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();

describe('data that cannot be used', () => {
  test('a missing path, an unknown kind and a folder without samples say what may be given', async () => {
    await expect(open(join(folder, 'nowhere'), [VECTOR])).rejects.toMatchObject({
      code: 'DATA_UNREADABLE',
      message: expect.stringContaining('does not exist'),
    });
    await expect(open(putFile('notes.md', 'x'), [VECTOR])).rejects.toMatchObject({
      code: 'DATA_UNREADABLE',
      hint: expect.stringContaining('.npz'),
    });
    await expect(open(put({ 'notes.txt': 'x', '.hidden.png': 'x' }), [VECTOR])).rejects.toMatchObject({
      code: 'DATA_EMPTY',
      message: expect.stringContaining('1 other files'),
    });
    await expect(open(putFile('a.npy', floats([0, 2])), [VECTOR])).rejects.toMatchObject({ code: 'DATA_EMPTY' });
  });

  test('a damaged file is named', async () => {
    const bad = [
      ['cut.npy', floats([2, 2]).subarray(0, -3)],
      ['cut.npz', npz({ x: floats([2, 2]) }).subarray(0, 60)],
      ['bad.npz', npz({ x: new Uint8Array(9) })],
    ] as const;
    for (const [name, bytes] of bad) {
      await expect(open(put({ [name]: bytes }), [VECTOR])).rejects.toMatchObject({
        code: 'DATA_UNREADABLE',
        message: expect.stringContaining(name),
      });
    }
  });

  test('a damaged image in a folder is named when its turn comes', async () => {
    const set = await open(put({ 'a.png': await picture(1), 'b.png': 'broken' }), [PICTURE]);
    await expect(all(set)).rejects.toMatchObject({
      code: 'DATA_UNREADABLE',
      message: expect.stringContaining('b.png'),
    });
  });

  test('an array of the wrong shape is named with its dims, the input and its shape', async () => {
    const path = putFile('wrong.npz', npz({ x: floats([4, 3]) }));
    await expect(open(path, [VECTOR])).rejects.toMatchObject({
      code: 'DATA_MISMATCH',
      message: expect.stringMatching(/array x float32 \[4, 3\].*x float32 \[n, 2\]/),
    });
    await expect(open(putFile('flat.npy', floats([4])), [VECTOR])).rejects.toMatchObject({ code: 'DATA_MISMATCH' });
  });

  test('a missing input is named with the arrays that are there', async () => {
    const path = putFile('keys.npz', npz({ y: floats([4, 2]), z: floats([4, 2]) }));
    await expect(open(path, [VECTOR])).rejects.toMatchObject({
      code: 'DATA_MISMATCH',
      message: expect.stringContaining('the file has y, z'),
    });
  });

  test('inputs with different numbers of samples are refused', async () => {
    const inputs = [VECTOR, { name: 'y', dataType: 'float32', shape: ['n', 1] }] as const;
    const path = putFile('uneven.npz', npz({ x: floats([4, 2]), y: floats([3, 1]) }));
    await expect(open(path, inputs)).rejects.toMatchObject({ message: expect.stringContaining('x 4, y 3') });
  });

  test('fractions do not become integers and integers do not wrap', async () => {
    const whole: TensorInfo = { name: 'x', dataType: 'int32', shape: ['n', 2] };
    await expect(open(putFile('f.npy', floats([1, 2])), [whole])).rejects.toMatchObject({
      code: 'DATA_MISMATCH',
      message: expect.stringContaining('lose their fraction'),
    });
    await expect(open(putFile('big.npy', longs([1, 2], [1, 2 ** 40])), [whole])).rejects.toMatchObject({
      code: 'DATA_MISMATCH',
      message: expect.stringContaining(String(2 ** 40)),
    });
  });

  test('labels must be one whole number per sample', async () => {
    const path = putFile('labels.npz', npz({ x: floats([4, 2]), labels: longs([3]) }));
    await expect(open(path, [VECTOR])).rejects.toMatchObject({
      code: 'DATA_MISMATCH',
      message: expect.stringContaining('labels'),
    });
  });

  test('images cannot feed a model with several inputs or without an image input', async () => {
    const path = put({ 'a.png': await picture(1) });
    await expect(open(path, [PICTURE, VECTOR])).rejects.toMatchObject({ code: 'DATA_MISMATCH' });
    await expect(open(path, [VECTOR])).rejects.toMatchObject({ code: 'DATA_MISMATCH' });
  });

  test('a binding must name a dynamic dimension of the inputs', async () => {
    const path = putFile('x.npy', floats([4, 2]));
    await expect(open(path, [VECTOR], { bind: { batch: 1 } })).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('n'),
    });
    await expect(open(path, [VECTOR], { bind: { 'x:1': 3 } })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(open(path, [VECTOR], { bind: { n: 1.5 } })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('arrays', () => {
  test('are cut along axis 0 into samples of batch 1 where the batch is dynamic or 1', async () => {
    const path = putFile('x.npy', floats([3, 2]));
    for (const first of ['n', null, 1]) {
      const set = await open(path, [{ ...VECTOR, shape: [first, 2] }]);
      expect(await values(set)).toEqual([
        [0, 1],
        [2, 3],
        [4, 5],
      ]);
      expect((await all(set))[0]?.x?.dims).toEqual([1, 2]);
    }
  });

  test('are cut into pieces of a fixed batch, and what is left over is told', async () => {
    const set = await open(putFile('x.npy', floats([5, 2])), [{ ...VECTOR, shape: [2, 2] }]);
    expect(await values(set)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    expect(set.preparation).toContain('1 entries that do not fill a batch');
    const bound = await open(putFile('x.npy', floats([4, 2])), [VECTOR], { bind: { n: 4 } });
    expect(bound.count).toBe(1);
  });

  test('of one rank more have a sample per entry', async () => {
    const set = await open(putFile('x.npy', floats([2, 3, 2])), [VECTOR]);
    expect((await all(set)).map((feeds) => feeds.x?.dims)).toEqual([
      [3, 2],
      [3, 2],
    ]);
  });

  test('are found by name; one sample serves all others, scalars too; other keys are ignored', async () => {
    const inputs: TensorInfo[] = [
      { name: 'input', dataType: 'float32', shape: [null, null] },
      { name: 'state', dataType: 'float32', shape: [2, null, 1] },
      { name: 'sr', dataType: 'int64', shape: [] },
    ];
    const path = putFile(
      'a.npz',
      npz({ input: floats([3, 4]), state: floats([2, 1, 1]), sr: longs([], [16000]), extra: floats([9]) }),
    );
    const set = await open(path, inputs);
    expect(set.count).toBe(3);
    const [first, , last] = await all(set);
    expect([...(last?.input?.data ?? [])]).toEqual([8, 9, 10, 11]);
    expect(first?.state?.dims).toEqual([2, 1, 1]);
    expect(last?.sr).toEqual({ dataType: 'int64', dims: [], data: BigInt64Array.of(16000n) });
  });

  test('change their type where no value changes', async () => {
    const doubles = putFile('d.npy', npy('<f8', [1, 2], Float64Array.of(0.5, -2)));
    expect(await values(await open(doubles, [VECTOR]))).toEqual([[0.5, -2]]);
    expect(await values(await open(putFile('i.npy', longs([1, 2], [3, -4])), [VECTOR]))).toEqual([[3, -4]]);
    const narrow: TensorInfo = { name: 'x', dataType: 'int32', shape: [null, 2] };
    const set = await open(putFile('i.npy', longs([1, 2], [3, -4])), [narrow]);
    expect((await all(set))[0]?.x).toEqual({ dataType: 'int32', dims: [1, 2], data: Int32Array.of(3, -4) });
  });

  test('of text feed string inputs', async () => {
    const path = putFile('t.npy', npy('|S2', [2, 1], new TextEncoder().encode('abcd')));
    expect(await values(await open(path, [{ name: 'x', dataType: 'string', shape: [null, 1] }]))).toEqual([
      ['ab'],
      ['cd'],
    ]);
  });

  test('in a folder are read file by file in the order of names, with their labels', async () => {
    const path = put({
      'b.npz': npz({ x: floats([1, 2], [5, 6]), label: longs([], [7]) }, 6),
      'a.npz': npz({ x: floats([2, 2]), label: longs([2], [1, 0]) }),
      'readme.txt': 'x',
    });
    const set = await open(path, [VECTOR]);
    expect(await values(set)).toEqual([
      [0, 1],
      [2, 3],
      [5, 6],
    ]);
    expect(set.labels).toEqual([1, 0, 7]);
    expect(set.preparation).toContain('2 files');
    expect(set.preparation).toContain('1 other files ignored');
    expect(set.pick([2, 0]).labels).toEqual([7, 1]);
    expect(await values(set.pick([2, 0]))).toEqual([
      [5, 6],
      [0, 1],
    ]);
  });

  test('are named by the digest of the file, and a part of them by another', async () => {
    const bytes = floats([3, 2]);
    const set = await open(putFile('x.npy', bytes), [VECTOR]);
    expect(set.digest).toBe(sha256(bytes));
    expect(set.pick([0]).digest).not.toBe(set.digest);
    expect(set.pick([0]).digest).toBe((await open(putFile('y.npy', bytes), [VECTOR])).pick([0]).digest);
    expect(set.pick([0, 1, 2]).digest).toBe(set.digest);
  });

  test('beyond the limit are a part that the seed chooses', async () => {
    const path = putFile('x.npy', floats([50, 2]));
    const one = await open(path, [VECTOR], { maxSamples: 5 });
    expect(one.count).toBe(5);
    expect(await values(one)).toEqual(await values(await open(path, [VECTOR], { maxSamples: 5 })));
    expect(await values(one)).not.toEqual((await values(await open(path, [VECTOR]))).slice(0, 5));
  });
});

describe('images', () => {
  test('become samples in the order of names; other files are counted', async () => {
    const path = put({ 'b.png': await picture(2), 'a.png': await picture(1), 'notes.txt': 'x' });
    const set = await open(path, [PICTURE]);
    expect((await all(set)).map((feeds) => feeds.image?.data[0])).toEqual([1, 2]);
    expect((await all(set))[0]?.image?.dims).toEqual([1, 3, 8, 8]);
    expect(set).toMatchObject({ isRandom: false, origin: path });
    expect(set.preparation).toBe('image: RGB, 8×8, (x − 0) / 1, NCHW; 1 files that are no images ignored');
  });

  test('take bound sizes, else their own rounded down to a multiple of 32', async () => {
    const free: TensorInfo = { name: 'image', dataType: 'float32', shape: ['batch', 3, 'height', null] };
    const path = putFile('a.png', await picture(1, 70, 40));
    const dims = async (bind: Record<string, number>) =>
      (await all(await open(path, [free], { bind })))[0]?.image?.dims;
    expect(await dims({})).toEqual([1, 3, 32, 64]);
    expect(await dims({ height: 16, 'image:3': 24 })).toEqual([1, 3, 16, 24]);
  });

  test('fill fixed batches together', async () => {
    const files: Record<string, Uint8Array> = {};
    for (const value of [1, 2, 3, 4, 5]) files[`${value}.png`] = await picture(value);
    const set = await open(put(files), [{ ...PICTURE, shape: [2, 3, 8, 8] }]);
    const batches = await all(set);
    expect(batches.map((feeds) => feeds.image?.dims)).toEqual(Array(2).fill([2, 3, 8, 8]));
    expect(batches.map(({ image }) => [image?.data[0], image?.data[192]])).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(set.preparation).toContain('1 images that do not fill a batch of 2 left out');
  });

  test('are gray for a model with one channel', async () => {
    const set = await open(putFile('a.png', await picture(9)), [{ ...PICTURE, shape: [1, 8, 8, 1] }]);
    expect((await all(set))[0]?.image).toEqual({
      dataType: 'float32',
      dims: [1, 8, 8, 1],
      data: new Float32Array(64).fill(9),
    });
    expect(set.preparation).toContain('gray');
  });
});

test('an aborted signal ends the walk', async () => {
  const stop = new AbortController();
  const options = { image: IMAGE, seed: 0, signal: stop.signal };
  const set = await openData({ path: putFile('x.npy', floats([3, 2])), bind: {} }, [VECTOR], options);
  stop.abort(new Error('stopped'));
  await expect(all(set)).rejects.toThrow('stopped');
});
