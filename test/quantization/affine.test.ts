import { describe, expect, test } from 'vitest';
import { affineOf, roundHalfEven } from '../../src/quantization/affine.ts';
import { quantizeBias, scalesForBias } from '../../src/quantization/static-int8/bias.ts';
import { channelAffines, channelLayout, quantizeChannels, weightForm } from '../../src/quantization/weights.ts';

const uint8 = { type: 'uint8', isSymmetric: false } as const;
const [full, reduced] = [weightForm('int8', false), weightForm('int8', true)];
const scalesOf = (values: readonly number[], dims: number[], axis: number | null, form = full) => [
  ...channelAffines(Float32Array.from(values), channelLayout(dims, axis), form, 'conv.w').scales,
];

describe('scale and zero point', () => {
  test('a range of nothing gets scale 1, not 0', () => {
    expect(affineOf({ min: 0, max: 0 }, uint8)).toEqual({ scale: 1, zeroPoint: 0 });
    expect(scalesOf([1e-40], [1, 1], 0)).toEqual([1]);
  });

  test('a range on one side of zero is widened to hold zero', () => {
    expect(affineOf({ min: 2, max: 5.1 }, uint8)).toEqual({ scale: Math.fround(Math.fround(5.1) / 255), zeroPoint: 0 });
    expect(affineOf({ min: -2.55, max: -1 }, uint8)).toEqual({ scale: Math.fround(0.01), zeroPoint: 255 });
  });

  test('int8 activations use all 256 values, weights only the symmetric 255', () => {
    expect(affineOf({ min: 0, max: 255 }, { type: 'int8', isSymmetric: false })).toEqual({ scale: 1, zeroPoint: -128 });
    expect(scalesOf([127], [1, 1], 0)).toEqual([1]);
    expect(scalesOf([64], [1, 1], 0, reduced)).toEqual([1]);
  });

  test('ties round to even', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.4].map(roundHalfEven)).toEqual([0, 2, 2, 0, -2, 2]);
  });
});

describe('weights', () => {
  test('NaN in a weight is an error that names it', () => {
    expect(() => scalesOf([1, Number.NaN, 2, 3], [2, 2], 0)).toThrow(/conv\.w holds NaN/);
  });

  test('each channel of the axis has its own scale', () => {
    const data = [127, 0, 0, 0, -254, 0];
    expect(scalesOf(data, [2, 3], 0)).toEqual([1, 2]);
    expect(scalesOf(data, [2, 3], 1)).toEqual([1, 2, 1]);
    expect(scalesOf(data, [2, 3], null)).toEqual([2]);
  });

  test('integers stay within the symmetric limits when the scale was rounded down', () => {
    const layout = channelLayout([1, 4], 0);
    const one = { scales: Float32Array.of(1), zeroPoints: Int8Array.of(0) };
    const integers = quantizeChannels(Float32Array.of(10, -10, 2.5, 3.5), layout, one, full);
    expect([...integers]).toEqual([10, -10, 2, 4]);
    const cut = quantizeChannels(Float32Array.of(1000, -1000), channelLayout([2], null), one, reduced);
    expect([...cut]).toEqual([64, -64]);
  });
});

describe('biases', () => {
  test('a weight scale is raised where the bias would leave int32', () => {
    const scales = Float32Array.of(1e-9, 1e-3);
    const raised = scalesForBias(scales, Float32Array.of(1000, 1), 1e-3);
    expect(raised[1]).toBe(scales[1]);
    expect(raised[0]).toBeGreaterThan(scales[0] as number);
    const { data } = quantizeBias(Float32Array.of(1000, 1), 1e-3, raised);
    expect(Math.abs(data[0] as number)).toBeLessThan(2 ** 31 - 1);
    expect((data[0] as number) * 1e-3 * (raised[0] as number)).toBeCloseTo(1000, 2);
  });

  test('scales that are large enough come back untouched', () => {
    const scales = Float32Array.of(0.01);
    expect(scalesForBias(scales, Float32Array.of(5, -5), 0.1)).toBe(scales);
  });

  test('scales repeat over the groups of a transposed convolution', () => {
    const bias = quantizeBias(Float32Array.of(1, 1, 2, 2), 0.5, Float32Array.of(1, 2));
    expect([...bias.scales]).toEqual([0.5, 1, 0.5, 1]);
    expect([...bias.data]).toEqual([2, 1, 4, 2]);
  });
});
