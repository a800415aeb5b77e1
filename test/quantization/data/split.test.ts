import { describe, expect, test } from 'vitest';
import { sampleSet } from '../../../src/quantization/data/sample-set.ts';
import { shuffled } from '../../../src/quantization/data/seeded-random.ts';
import { pairSamples, shareSamples, splitSamples } from '../../../src/quantization/data/split.ts';
import type { SampleSet } from '../../../src/runtime/feeds.ts';

const SOURCE = { origin: 'test', isRandom: false, digest: 'd', preparation: 'p' };
const numbered = (count: number, from = 0) =>
  sampleSet({
    ...SOURCE,
    count,
    at: async (index) => ({ x: { dataType: 'int32', dims: [], data: Int32Array.of(from + index) } }),
  });
const ids = async (set: SampleSet) => {
  const found: number[] = [];
  for await (const feeds of set.samples()) found.push(Number(feeds.x?.data[0]));
  return found;
};
const options = { calibrationSamples: null, seed: 0, maxEvaluation: 1000 };

describe('splitting', () => {
  test('a single sample serves both and says so', () => {
    expect(splitSamples(numbered(1), options)).toMatchObject({
      shared: 1,
      calibration: { count: 1 },
      evaluation: { count: 1 },
    });
  });

  test('no sample is in both parts and none is lost', async () => {
    const { calibration, evaluation, shared } = splitSamples(numbered(21), options);
    const [one, two] = [await ids(calibration), await ids(evaluation)];
    expect(shared).toBe(0);
    expect(one).toHaveLength(10);
    expect([...one, ...two].sort((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, i) => i));
  });

  test('a sample that is equal to one for calibration is evaluated only where nothing else is left', async () => {
    const keyed = (keys: readonly number[]) => sampleSet({ ...SOURCE, count: keys.length, keys, at: async () => ({}) });
    const some = splitSamples(keyed([1, 2, 3, 4, 1, 2, 3, 4]), options);
    const both = new Set(some.calibration.keys?.filter((key) => some.evaluation.keys?.includes(key)));
    expect([...both]).toEqual([]);
    expect(some.calibration.count + some.evaluation.count + some.duplicates).toBe(8);
    expect(some.duplicates).toBeGreaterThan(0);
    const same = splitSamples(keyed([1, 1, 1, 1]), options);
    expect([same.calibration.count, same.evaluation.count, same.shared, same.duplicates]).toEqual([2, 2, 2, 0]);
  });

  test('the seed decides which', async () => {
    const part = async (seed: number) => ids(splitSamples(numbered(40), { ...options, seed }).calibration);
    expect(await part(1)).toEqual(await part(1));
    expect(await part(1)).not.toEqual(await part(2));
    expect(await part(1)).not.toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  test('takes at most 128 by itself, what is asked for else, and leaves one to evaluate', () => {
    expect(splitSamples(numbered(1000), options).calibration.count).toBe(128);
    expect(splitSamples(numbered(1000), { ...options, calibrationSamples: 300 }).calibration.count).toBe(300);
    const greedy = splitSamples(numbered(5), { ...options, calibrationSamples: 99 });
    expect([greedy.calibration.count, greedy.evaluation.count]).toEqual([4, 1]);
    expect(splitSamples(numbered(100), { ...options, maxEvaluation: 7 }).evaluation.count).toBe(7);
  });

  test('a shuffle is a permutation', () => {
    expect([...shuffled(100, 9)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});

describe('data that is not split', () => {
  test('shared on purpose serves both whole, and the samples in both are counted', async () => {
    const { calibration, evaluation, shared } = shareSamples(numbered(10), { ...options, calibrationSamples: 4 });
    expect([calibration.count, evaluation.count, shared]).toEqual([4, 10, 4]);
  });

  test('given as two sets stays apart, and samples that are in both are found by their values', async () => {
    const apart = await pairSamples(numbered(5), numbered(4, 5), options);
    expect(await ids(apart.calibration)).toEqual([0, 1, 2, 3, 4]);
    expect(await ids(apart.evaluation)).toEqual([5, 6, 7, 8]);
    expect(apart.shared).toBe(0);
    expect((await pairSamples(numbered(5), numbered(4, 3), options)).shared).toBe(2);
  });

  test('given as two sets is cut to what is asked for', async () => {
    const cut = await pairSamples(numbered(500), numbered(50, 500), { ...options, maxEvaluation: 7 });
    expect([cut.calibration.count, cut.evaluation.count]).toEqual([128, 7]);
  });
});
