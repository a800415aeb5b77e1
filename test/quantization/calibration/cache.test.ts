/** Calibration from a cache: the same bytes without a walk, another key for whatever decides them, and no harm from a bad value. */
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../../src/base/errors.ts';
import { makeNode } from '../../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import type { CalibrationCache, CalibrationSource } from '../../../src/quantization/calibration/cache.ts';
import type { QuantizeDeps } from '../../../src/quantization/quantizer.ts';
import { staticInt8 } from '../../../src/quantization/static-int8/quantizer.ts';
import type { SampleSet } from '../../../src/runtime/feeds.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { depsIn, samplesOf, smallModel, wave } from '../small-models.ts';

class FakeCache implements CalibrationCache {
  readonly values = new Map<string, Uint8Array>();

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.values.get(key);
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    this.values.set(key, value);
  }
}

const perceptron = (seed = 1) =>
  smallModel({
    input: [2, 16],
    opset: 17,
    nodes: [
      makeNode('Gemm', ['x', 'w', 'b'], ['hidden'], { name: 'first' }),
      makeNode('Relu', ['hidden'], ['active'], { name: 'relu' }),
      makeNode('MatMul', ['active', 'v'], ['y'], { name: 'second' }),
    ],
    weights: { w: wave([16, 32], seed), b: wave([32], 2), v: wave([32, 4], 3) },
  });

const waves = (from = 1): SampleSet => samplesOf([0, 1, 2].map((step) => ({ x: wave([2, 16], from + step) })));

interface Case {
  readonly model?: ReturnType<typeof smallModel>;
  readonly samples?: SampleSet;
  readonly options?: Record<string, JsonValue>;
  readonly deps?: Partial<QuantizeDeps>;
}

async function run(cache: CalibrationCache | undefined, { model, samples, options = {}, deps = {} }: Case = {}) {
  const sources: CalibrationSource[] = [];
  const own = cache === undefined ? {} : { calibrationCache: cache };
  const onCalibration = (source: CalibrationSource) => sources.push(source);
  const input = { model: model ?? perceptron(), calibration: samples ?? waves(), options };
  const made = await staticInt8.run(input, { ...depsIn(tmpdir()), ...own, onCalibration, ...deps });
  return {
    bytes: Buffer.from(encodedBytes(encodeModel(made.proto))).toString('hex'),
    histograms: made.histograms,
    sources,
    cached: sources.map(({ statistics, isCached }) => `${statistics} ${isCached}`),
  };
}

const WALKED = ['ranges false', 'histograms false'];
const CACHED = ['ranges true', 'histograms true'];

describe('what is in the cache', () => {
  test.each(['minmax', 'moving-average', 'percentile', 'mse', 'entropy', 'auto'])(
    'gives the same bytes by %s',
    async (calibrationMethod) => {
      const cache = new FakeCache();
      const options = { calibrationMethod };
      const without = await run(undefined, { options });
      const first = await run(cache, { options });
      const second = await run(cache, { options });
      const count = ['minmax', 'moving-average'].includes(calibrationMethod) ? 1 : 2;
      expect([first.cached, second.cached]).toEqual([WALKED.slice(0, count), CACHED.slice(0, count)]);
      expect(first.bytes).toBe(without.bytes);
      expect(second.bytes).toBe(without.bytes);
      expect(second.histograms).toEqual(without.histograms);
    },
  );

  test('serves every method that looks at histograms, and minmax; moving-average stands alone', async () => {
    const cache = new FakeCache();
    const by = async (calibrationMethod: string, more = {}) =>
      (await run(cache, { options: { calibrationMethod, ...more } })).cached;
    expect(await by('percentile')).toEqual(WALKED);
    expect(await by('percentile', { percentile: 99 })).toEqual(CACHED);
    expect(await by('entropy')).toEqual(CACHED);
    expect(await by('mse', { activationType: 'int8', activationSymmetric: true })).toEqual(CACHED);
    expect(await by('minmax')).toEqual(['ranges true']);
    expect(await by('moving-average')).toEqual(['ranges false']);
  });
});

describe('the key changes with', () => {
  const digest = (text: string): SampleSet => ({ ...waves(), digest: text.repeat(64) });
  const changes: Record<string, Case> = {
    'the weights of the model': { model: perceptron(9) },
    'the digest of the samples': { samples: digest('e') },
    'the values of the first sample': { samples: samplesOf([4, 2, 3].map((seed) => ({ x: wave([2, 16], seed) }))) },
    'the values of the last sample': { samples: samplesOf([1, 2, 4].map((seed) => ({ x: wave([2, 16], seed) }))) },
    'the number of samples': { samples: samplesOf([1, 2, 2, 3].map((seed) => ({ x: wave([2, 16], seed) }))) },
    'the tensors': { options: { excludeNodes: ['second'] } },
    'the means': { options: { biasCorrection: false } },
    'the execution provider': { deps: { provider: 'cuda' } },
  };

  test.each(Object.entries(changes))('%s', async (_title, change) => {
    const cache = new FakeCache();
    await run(cache);
    expect((await run(cache)).cached).toEqual(['ranges true']);
    expect((await run(cache, change)).cached).toEqual(['ranges false']);
  });

  test('the execution provider that did the work, whichever was expected', async () => {
    const cache = new FakeCache();
    await run(cache, { deps: { provider: 'cuda' } });
    expect((await run(cache)).cached).toEqual(['ranges true']);
    const onCuda = {
      openSession: async (...args: Parameters<typeof openSession>) => {
        return { ...(await openSession(...args)), provider: 'cuda' };
      },
    };
    await run(cache, { deps: { provider: 'cuda', ...onCuda } });
    expect((await run(cache, { deps: { provider: 'cuda', ...onCuda } })).cached).toEqual(['ranges true']);
  });
});

describe('a value that is not what was put', () => {
  const options = { calibrationMethod: 'entropy' };
  const flip = (value: Uint8Array) => value.map((byte, index) => (index === value.length - 3 ? byte ^ 1 : byte));
  const damages: Record<string, [(value: Uint8Array, other: Uint8Array) => Uint8Array, RegExp]> = {
    'one flipped bit': [flip, /digest/],
    'a cut end': [(value) => value.subarray(0, -5), /digest/],
    'no bytes': [() => new Uint8Array(), /no kept calibration/],
    'bytes of something else': [() => new TextEncoder().encode('{"ranges":[]}'.repeat(40)), /no kept calibration/],
    'the value of another key': [(_value, other) => other, /another key/],
  };

  test.each(Object.entries(damages))('%s: it is made anew and replaced', async (_title, [damage, reason]) => {
    const cache = new FakeCache();
    const { bytes } = await run(cache, { options });
    const [first, second] = [...cache.values] as [[string, Uint8Array], [string, Uint8Array]];
    cache.values.set(first[0], damage(first[1], second[1]));
    cache.values.set(second[0], damage(second[1], first[1]));
    const again = await run(cache, { options });
    expect(again.cached).toEqual(WALKED);
    for (const { problem } of again.sources) expect(problem).toMatch(reason);
    expect(again.bytes).toBe(bytes);
    expect((await run(cache, { options })).cached).toEqual(CACHED);
  });
});

describe('a cache that fails', () => {
  const broken = async () => {
    throw new Error('the disk is gone.');
  };

  test.each(['get', 'put'] as const)('in %s changes nothing but the report', async (method) => {
    const cache = Object.assign(new FakeCache(), { [method]: broken });
    const { bytes, sources } = await run(cache);
    expect(bytes).toBe((await run(undefined)).bytes);
    expect(sources).toEqual([{ statistics: 'ranges', isCached: false, problem: 'the disk is gone' }]);
  });

  test('NaN is the same error each time and never kept', async () => {
    const cache = new FakeCache();
    const samples = samplesOf([
      { x: wave([2, 16]) },
      { x: { ...wave([2, 16]), data: new Float32Array(32).fill(NaN) } },
    ]);
    const error = await run(undefined, { samples }).catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: 'DATA_NOT_FINITE' });
    for (let time = 0; time < 2; time += 1)
      await expect(run(cache, { samples })).rejects.toThrow((error as Error).message);
    expect(cache.values.size).toBe(0);
  });
});
