/** How a range comes from what calibration saw. One line each. */
import type { Range } from '../affine.ts';
import { entropyRange } from './entropy.ts';
import { BINS, type Histogram, HistogramSums } from './histogram.ts';

export const CALIBRATION_METHODS = ['minmax', 'moving-average', 'percentile', 'mse', 'entropy', 'auto'] as const;
export type CalibrationMethod = (typeof CALIBRATION_METHODS)[number];

export interface RangeOptions {
  readonly method: CalibrationMethod;
  /** Of the values, in percent: the rest is cut off, half of it at each end. */
  readonly percentile: number;
  /** Steps between the smallest and the largest integer: 255, or 65535. */
  readonly steps: number;
}

/** Those that look at more than minima and maxima. */
export function needsHistogram(method: CalibrationMethod): boolean {
  return method in FROM_HISTOGRAM;
}

type FromHistogram = (
  histogram: Histogram,
  options: RangeOptions,
) => { readonly range: Range; readonly method: string };

const FROM_HISTOGRAM: Readonly<Partial<Record<CalibrationMethod, FromHistogram>>> = {
  percentile: (histogram, { percentile }) => ({ range: percentileRange(histogram, percentile), method: 'percentile' }),
  mse: (histogram, { steps }) => ({ range: mseRange(histogram, steps), method: 'mse' }),
  entropy: (histogram) => ({ range: entropyRange(histogram), method: 'entropy' }),
  auto: autoRange,
};

/** The range of a tensor, and the name of the method that gave it. */
export function rangeFrom(histogram: Histogram, options: RangeOptions): { range: Range; method: string } {
  const choose = FROM_HISTOGRAM[options.method];
  if (choose === undefined || isConstant(histogram)) return { range: histogram.range, method: 'minmax' };
  return choose(histogram, options);
}

function isConstant({ range }: Histogram): boolean {
  return range.min === range.max;
}

/** Cut at (100 − percentile) / 2 percent of the values from either end, never beyond what was seen. */
export function percentileRange(histogram: Histogram, percentile: number): Range {
  const sums = new HistogramSums(histogram);
  const cut = (100 - percentile) / 200;
  const { min, max } = histogram.range;
  const lower = Math.max(min, sums.edgeAt(cut) - (cut > 0 ? histogram.width : 0));
  return { min: Math.min(lower, max), max: Math.max(sums.edgeAt(1 - cut), min) };
}

/** Cuts of either end that are tried, as shares of it. */
const CUTS = 64;

/** The range with the least mean squared error: the two ends are cut in turn, which settles after a few turns. */
export function mseRange(histogram: Histogram, steps: number): Range {
  const sums = new HistogramSums(histogram);
  const { min, max } = histogram.range;
  const parts = Array.from({ length: CUTS }, (_, index) => 1 - index / CUTS);
  let range = { min: Math.min(min, 0), max: Math.max(max, 0) };
  for (let turn = 0; turn < 3; turn += 1) {
    for (const end of ['min', 'max'] as const) {
      const whole = end === 'min' ? Math.min(min, 0) : Math.max(max, 0);
      const tried = parts.map((part) => ({ ...range, [end]: whole * part }));
      range = leastError(tried, sums, steps);
    }
  }
  return range;
}

function autoRange(histogram: Histogram, options: RangeOptions): { range: Range; method: string } {
  const sums = new HistogramSums(histogram);
  const candidates = [
    { range: histogram.range, method: 'minmax' },
    { range: percentileRange(histogram, options.percentile), method: 'percentile' },
    { range: mseRange(histogram, options.steps), method: 'mse' },
    { range: entropyRange(histogram), method: 'entropy' },
  ];
  const least = leastError(
    candidates.map(({ range }) => range),
    sums,
    options.steps,
  );
  return candidates.find(({ range }) => range === least) as { range: Range; method: string };
}

/** Of ranges that hold 0, as all quantized ones do. */
function leastError(ranges: readonly Range[], sums: HistogramSums, steps: number): Range {
  let best = { range: ranges[0] as Range, error: Number.POSITIVE_INFINITY };
  for (const range of ranges) {
    const error = sums.meanSquaredError({ min: Math.min(range.min, 0), max: Math.max(range.max, 0) }, steps);
    if (error < best.error) best = { range, error };
  }
  return best.range;
}

/** For reports: at most so many bars. */
export function coarse(histogram: Histogram, bars = 128): number[] {
  const size = BINS / bars;
  return Array.from({ length: bars }, (_, bar) =>
    histogram.counts.subarray(bar * size, (bar + 1) * size).reduce((sum, count) => sum + count, 0),
  );
}
