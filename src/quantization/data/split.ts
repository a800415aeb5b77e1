/** Calibration and evaluation must not see the same samples: a range fitted to a sample flatters itself on it. */
import type { SampleSet } from '../../runtime/feeds.ts';
import { indicesOf, stretchesOf } from '../../runtime/stretches.ts';
import { ascending, shuffled } from './seeded-random.ts';

export interface SplitOptions {
  /** Samples for calibration; null takes half, at most 128. At least one sample is left for evaluation. */
  readonly calibrationSamples: number | null;
  readonly seed: number;
  readonly maxEvaluation: number;
}

export interface Split {
  readonly calibration: SampleSet;
  readonly evaluation: SampleSet;
  /** True when there is one sample only, which then serves both. */
  readonly isShared: boolean;
}

const MOST_CALIBRATION_SAMPLES = 128;

/**
 * Shuffles by the seed and deals: no sample is in both parts, unless there is just one. Recordings are dealt in stretches
 * of consecutive samples.
 */
export function splitSamples(set: SampleSet, options: SplitOptions): Split {
  if (set.count <= 1) return { calibration: set, evaluation: set, isShared: true };
  const wanted = options.calibrationSamples ?? Math.min(Math.floor(set.count / 2), MOST_CALIBRATION_SAMPLES);
  const size = Math.min(Math.max(wanted, 1), set.count - 1);
  const order = dealingOrder(set, options.seed);
  return {
    calibration: set.pick(ascending(order.slice(0, size))),
    evaluation: set.pick(ascending(order.slice(size, size + options.maxEvaluation))),
    isShared: false,
  };
}

function dealingOrder({ count, sequences }: SampleSet, seed: number): number[] {
  if (sequences === undefined) return shuffled(count, seed);
  const stretches = stretchesOf(sequences).map(indicesOf);
  return shuffled(stretches.length, seed).flatMap((index) => stretches[index] as number[]);
}
