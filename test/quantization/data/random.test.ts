import { describe, expect, test } from 'vitest';
import { NimifyError } from '../../../src/base/errors.ts';
import type { TensorInfo } from '../../../src/onnx/value-info.ts';
import { openData } from '../../../src/quantization/data/open.ts';
import { probeRandom } from '../../../src/quantization/data/random.ts';
import { randomCandidates } from '../../../src/quantization/data/random-samples.ts';
import { seededNormal, seededRandom } from '../../../src/quantization/data/seeded-random.ts';
import type { Feeds, SampleSet } from '../../../src/runtime/feeds.ts';

const IMAGE = { mean: [0], std: [1], channels: 'rgb' as const };

async function first(set: SampleSet | undefined): Promise<Feeds> {
  for await (const feeds of set?.samples() ?? []) return feeds;
  throw new Error('no sample');
}

/** Runs only on inputs for which `accepts` is true. */
function session(accepts: (feeds: Feeds) => boolean) {
  const tried: (readonly number[])[] = [];
  return {
    tried,
    run: async (feeds: Feeds) => {
      tried.push(Object.values(feeds)[0]?.dims ?? []);
      if (!accepts(feeds)) throw new NimifyError('RUNTIME_FAILED', 'ONNX Runtime failed: shapes');
      return {};
    },
  };
}

describe('random samples', () => {
  test('are refused for inputs that are no tensors', () => {
    expect(() => randomCandidates([{ name: 'seq', dataType: null, shape: null }], { seed: 0 })).toThrowError(
      expect.objectContaining({ code: 'DATA_MISMATCH', message: expect.stringContaining('seq') }),
    );
  });

  test('say that they are random and are the same for the same seed only', async () => {
    const inputs: TensorInfo[] = [{ name: 'x', dataType: 'float32', shape: ['n', 4] }];
    const set = await openData({ bind: {} }, inputs, { image: IMAGE, seed: 1 });
    expect(set).toMatchObject({ isRandom: true, origin: 'random', count: 16 });
    expect(await first(set)).toEqual(await first(randomCandidates(inputs, { seed: 1 })[0]));
    const other = randomCandidates(inputs, { seed: 2 })[0];
    expect(await first(set)).not.toEqual(await first(other));
    expect(set.digest).not.toBe(other?.digest);
  });

  test('guess sizes by the symbol and by the place', async () => {
    const dims = async (shape: TensorInfo['shape']) =>
      (await first(randomCandidates([{ name: 'x', dataType: 'float32', shape }], { seed: 0 })[0])).x?.dims;
    expect(await dims(['batch', 'sequence'])).toEqual([1, 16]);
    expect(await dims(['N', 3, 'height', 'width'])).toEqual([1, 3, 224, 224]);
    expect(await dims([null, null, null, 3])).toEqual([1, 224, 224, 3]);
    expect(await dims([2, null, 128])).toEqual([2, 1, 128]);
    expect(await dims(['batch', 8, 'past_sequence_length', 64])).toEqual([1, 8, 0, 64]);
    expect(await dims([])).toEqual([]);
  });

  test('are uniform for images, small for integers, ones for masks, 0 and 1 for booleans', async () => {
    const set = randomCandidates(
      [
        { name: 'image', dataType: 'float32', shape: [1, 3, 16, 16] },
        { name: 'ids', dataType: 'int64', shape: [1, 100] },
        { name: 'attention_mask', dataType: 'int64', shape: [1, 5] },
        { name: 'flags', dataType: 'bool', shape: [50] },
        { name: 'text', dataType: 'string', shape: [2] },
      ],
      { seed: 3 },
    )[0];
    const feeds = await first(set);
    const values = (name: string) => Array.from(feeds[name]?.data ?? [], Number);
    expect(values('image').every((v) => v >= 0 && v < 1)).toBe(true);
    expect(new Set(values('ids'))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect(values('attention_mask')).toEqual([1, 1, 1, 1, 1]);
    expect(new Set(values('flags'))).toEqual(new Set([0, 1]));
    expect(feeds.text?.data).toHaveLength(2);
  });

  test('the normal numbers have mean 0 and deviation 1', () => {
    const next = seededNormal(seededRandom(5));
    const values = Array.from({ length: 20_000 }, next);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });
});

describe('probing', () => {
  const FREE: TensorInfo[] = [{ name: 'x', dataType: 'float32', shape: [null, null] }];

  test('ends with what to bind when no guess runs', async () => {
    await expect(
      probeRandom(
        session(() => false),
        FREE,
        {},
        { seed: 0 },
      ),
    ).rejects.toMatchObject({
      code: 'INPUT_SHAPE_UNKNOWN',
      hint: expect.stringContaining('--bind x:0=SIZE --bind x:1=SIZE'),
    });
  });

  test('lets the failure of a model with fixed shapes through', async () => {
    const fixed: TensorInfo[] = [{ name: 'x', dataType: 'float32', shape: [1, 2] }];
    await expect(
      probeRandom(
        session(() => false),
        fixed,
        {},
        { seed: 0 },
      ),
    ).rejects.toMatchObject({
      code: 'RUNTIME_FAILED',
    });
  });

  test('lets other errors through at once', async () => {
    const broken = { run: () => Promise.reject(new Error('out of memory')) };
    await expect(probeRandom(broken, FREE, {}, { seed: 0 })).rejects.toThrow('out of memory');
  });

  test('takes the first guess that runs', async () => {
    const picky = session((feeds) => feeds.x?.dims[1] === 576);
    const set = await probeRandom(picky, FREE, {}, { seed: 0 });
    expect((await first(set)).x?.dims).toEqual([1, 576]);
    expect(picky.tried[0]).toEqual([1, 16]);
  });

  test('keeps to what is bound', async () => {
    const set = await probeRandom(
      session(() => true),
      FREE,
      { 'x:0': 3, 'x:1': 5 },
      { seed: 0, maxSamples: 2 },
    );
    expect((await first(set)).x?.dims).toEqual([3, 5]);
    expect(set.count).toBe(2);
  });
});
