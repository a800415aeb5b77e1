/** How a range comes from what calibration saw. One line each. */
import { coveredRange, type IntegerForm, limitsOf, type Range } from '../affine.ts';
import { entropyRange } from './entropy.ts';
import { BINS, type Histogram, HistogramSums } from './histogram.ts';

export const CALIBRATION_METHODS = ['minmax', 'moving-average', 'percentile', 'mse', 'entropy', 'auto'] as const;
export type CalibrationMethod = (typeof CALIBRATION_METHODS)[number];

export interface RangeOptions {
  readonly method: CalibrationMethod;
  /** Of the values, in percent: the rest is cut off, half of it at each end. */
  readonly percentile: number;
  /** The integers that the range will be spread over. */
  readonly form: IntegerForm;
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
  mse: (histogram, { form }) => ({ range: mseRange(histogram, form), method: 'mse' }),
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

/**
 * The range with the least mean squared error: the two ends are cut in turn, which settles after a few turns, or
 * together where the integers are symmetric.
 */
export function mseRange(histogram: Histogram, form: IntegerForm): Range {
  const sums = new HistogramSums(histogram);
  const { min, max } = histogram.range;
  const parts = Array.from({ length: CUTS }, (_, index) => 1 - index / CUTS);
  if (form.isSymmetric) {
    const largest = Math.max(Math.abs(min), Math.abs(max));
    const within = (end: number) => ({ min: Math.max(min, -end), max: Math.min(max, end) });
    return leastError(
      parts.map((part) => within(largest * part)),
      sums,
      form,
    );
  }
  let range = coveredRange(histogram.range, false);
  for (let turn = 0; turn < 3; turn += 1) {
    for (const end of ['min', 'max'] as const) {
      const whole = end === 'min' ? Math.min(min, 0) : Math.max(max, 0);
      const tried = parts.map((part) => ({ ...range, [end]: whole * part }));
      range = leastError(tried, sums, form);
    }
  }
  return range;
}

function autoRange(histogram: Histogram, options: RangeOptions): { range: Range; method: string } {
  const sums = new HistogramSums(histogram);
  const candidates = [
    { range: histogram.range, method: 'minmax' },
    { range: percentileRange(histogram, options.percentile), method: 'percentile' },
    { range: mseRange(histogram, options.form), method: 'mse' },
    { range: entropyRange(histogram), method: 'entropy' },
  ];
  const least = leastError(
    candidates.map(({ range }) => range),
    sums,
    options.form,
  );
  return candidates.find(({ range }) => range === least) as { range: Range; method: string };
}

/** Ranges are judged by what the integers cover when they hold them. */
function leastError(ranges: readonly Range[], sums: HistogramSums, form: IntegerForm): Range {
  const { min, max } = limitsOf(form);
  let best = { range: ranges[0] as Range, error: Number.POSITIVE_INFINITY };
  for (const range of ranges) {
    const error = sums.meanSquaredError(coveredRange(range, form.isSymmetric), max - min);
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
