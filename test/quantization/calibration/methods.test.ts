import { describe, expect, test } from 'vitest';
import { entropyRange } from '../../../src/quantization/calibration/entropy.ts';
import { Histogram, HistogramSums } from '../../../src/quantization/calibration/histogram.ts';
import { coarse, mseRange, percentileRange, rangeFrom } from '../../../src/quantization/calibration/methods.ts';
import { wave } from '../small-models.ts';

function histogramOf(values: ArrayLike<number>): Histogram {
  const list = Float32Array.from(values);
  const histogram = new Histogram({ min: Math.min(...list), max: Math.max(...list) });
  histogram.add(list);
  return histogram;
}

/** Bell-shaped around 0, by sums of uniform values. */
function bell(count: number): Float32Array {
  const noise = wave([count * 12]).data as Float32Array;
  return Float32Array.from({ length: count }, (_, i) => {
    return noise.subarray(i * 12, (i + 1) * 12).reduce((sum, value) => sum + value, 0) / 4;
  });
}

/** Squared error of really rounding the values. */
function roundingError(values: Float32Array, { min, max }: { min: number; max: number }, steps = 255): number {
  const [low, high] = [Math.min(min, 0), Math.max(max, 0)];
  const scale = (high - low) / steps;
  return values.reduce((sum, value) => {
    const back = Math.round(Math.min(Math.max(value, low), high) / scale) * scale;
    return sum + (back - value) ** 2;
  }, 0);
}

const form = { type: 'uint8', isSymmetric: false } as const;
const options = { percentile: 99.9, form } as const;

describe('a histogram', () => {
  test('counts every value once, in the order and number of samples that come', () => {
    const values = bell(5000);
    const whole = histogramOf(values);
    const parts = new Histogram(whole.range);
    for (const [from, to] of [
      [0, 17],
      [17, 4000],
      [4000, 5000],
    ] as const)
      parts.add(values.subarray(from, to));
    expect([...parts.counts]).toEqual([...whole.counts]);
    expect(coarse(whole).reduce((sum, count) => sum + count, 0)).toBe(5000);
  });

  test('knows the error of a range without looking at the values again', () => {
    const values = bell(20_000);
    const sums = new HistogramSums(histogramOf(values));
    for (const range of [
      { min: -3, max: 3 },
      { min: -1, max: 2 },
      { min: -0.5, max: 0.5 },
    ]) {
      const expected = roundingError(values, range) / values.length;
      expect(sums.meanSquaredError(range, 255) / expected).toBeCloseTo(1, 1);
    }
  });
});

describe('percentile', () => {
  test('cuts what is rare at either end, and never goes beyond what was seen', () => {
    const values = Float32Array.from([...bell(10_000), 500, -300]);
    const range = percentileRange(histogramOf(values), 99.9);
    expect(range.max).toBeLessThan(10);
    expect(range.min).toBeGreaterThan(-10);
    expect(percentileRange(histogramOf(values), 100)).toEqual({ min: -300, max: 500 });
  });

  test('takes a tensor that is nearly constant, and one that is', () => {
    const nearly = Float32Array.from({ length: 1000 }, (_, i) => 3 + (i % 2) * 1e-6);
    expect(percentileRange(histogramOf(nearly), 99.999)).toEqual({ min: 3, max: Math.fround(3 + 1e-6) });
    for (const method of ['percentile', 'mse', 'entropy', 'auto'] as const)
      expect(rangeFrom(histogramOf([7, 7, 7]), { ...options, method })).toEqual({
        range: { min: 7, max: 7 },
        method: 'minmax',
      });
  });
});

describe('the least error', () => {
  test('gives up a rare large value for the many small ones, and only then', () => {
    const values = bell(5000);
    const often = new Histogram({ min: -4, max: 8 });
    for (let time = 0; time < 200; time += 1) often.add(values);
    often.add(Float32Array.of(8));
    expect(mseRange(often, form).max).toBeLessThan(6);
    const once = new Histogram({ min: -4, max: 8 });
    once.add(Float32Array.from([...values, 8]));
    expect(mseRange(once, form).max).toBeGreaterThan(7);
  });

  test('keeps all of an even spread', () => {
    const values = Float32Array.from({ length: 5000 }, (_, i) => i / 5000);
    expect(mseRange(histogramOf(values), form).max).toBeGreaterThan(0.98);
  });

  test('auto is never worse than any method by itself', () => {
    for (const values of [bell(8000), Float32Array.from([...bell(8000), 60, -20]), bell(8000).map(Math.abs)]) {
      const histogram = histogramOf(values);
      const error = (method: 'auto' | 'percentile' | 'mse' | 'entropy') =>
        new HistogramSums(histogram).meanSquaredError(bounded(rangeFrom(histogram, { ...options, method }).range), 255);
      for (const method of ['percentile', 'mse', 'entropy'] as const)
        expect(error('auto')).toBeLessThanOrEqual(error(method) + 1e-15);
    }
  });
});

const bounded = ({ min, max }: { min: number; max: number }) => ({ min: Math.min(min, 0), max: Math.max(max, 0) });

describe('entropy', () => {
  test('cuts off an outlier that most of the integers would be spent on', () => {
    const range = entropyRange(histogramOf([...bell(50_000), 100]));
    expect(range.max).toBeLessThan(20);
    expect(range.min).toBeGreaterThanOrEqual(-20);
  });

  test('is another range than minima and maxima: 2048 bins leave something to choose', () => {
    const histogram = histogramOf([...bell(50_000), 30]);
    expect(entropyRange(histogram).max).not.toBe(histogram.range.max);
  });

  test('keeps a distribution with gaps, which mass spread into empty bins would drown', () => {
    // Only every eighth bin is filled: with mass in the gaps, narrow ranges would look better than they are.
    const values = Array.from({ length: 256 * 50 }, (_, i) => (Math.floor(i / 50) - 128) / 128);
    const range = entropyRange(histogramOf(values));
    expect(range.max).toBeGreaterThan(0.9);
    expect(range.min).toBeLessThan(-0.9);
  });
});
