/** Calibration and evaluation must not see the same samples: a range fitted to a sample flatters itself on it. */
import type { SampleSet } from '../../runtime/feeds.ts';
import { indicesOf, stretchesOf } from '../../runtime/stretches.ts';
import { digestOfFeeds } from './sample-set.ts';
import { ascending, shuffled } from './seeded-random.ts';

export interface SplitOptions {
  /** Samples for calibration; null takes at most 128, and of a set that is split half. */
  readonly calibrationSamples: number | null;
  readonly seed: number;
  readonly maxEvaluation: number;
}

export interface Split {
  readonly calibration: SampleSet;
  readonly evaluation: SampleSet;
  /** How many samples are in both. */
  readonly shared: number;
  /** Samples that are in no part, because one for calibration is equal to them. */
  readonly duplicates: number;
}

const MOST_CALIBRATION_SAMPLES = 128;

/**
 * Shuffles by the seed and deals: no sample is in both parts, nor one that is equal to one of the other part, unless
 * nothing else is left to evaluate. Recordings are dealt in stretches of consecutive samples.
 */
export function splitSamples(set: SampleSet, options: SplitOptions): Split {
  if (set.count <= 1) return { calibration: set, evaluation: set, shared: set.count, duplicates: 0 };
  const wanted = options.calibrationSamples ?? Math.min(Math.floor(set.count / 2), MOST_CALIBRATION_SAMPLES);
  const size = Math.min(Math.max(wanted, 1), set.count - 1);
  const order = dealingOrder(set, options.seed);
  const [first, rest] = [order.slice(0, size), order.slice(size)];
  const { keys } = set;
  const seen = new Set(keys === undefined ? [] : first.map((index) => keys[index]));
  const unseen = rest.filter((index) => keys === undefined || !seen.has(keys[index]));
  const isAllSeen = unseen.length === 0;
  const evaluation = set.pick(ascending((isAllSeen ? rest : unseen).slice(0, options.maxEvaluation)));
  return {
    calibration: set.pick(ascending(first)),
    evaluation,
    shared: isAllSeen ? evaluation.count : 0,
    duplicates: isAllSeen ? 0 : rest.length - unseen.length,
  };
}

/** Both parts from the whole set, as somebody asks for who has too little to split. */
export function shareSamples(set: SampleSet, options: SplitOptions): Split {
  const calibration = choose(set, options.calibrationSamples ?? MOST_CALIBRATION_SAMPLES, options.seed);
  const evaluation = choose(set, options.maxEvaluation, options.seed);
  return { calibration, evaluation, shared: Math.min(calibration.count, evaluation.count), duplicates: 0 };
}

/** Two sets that the user has split; samples that are in both are counted by their values. */
export async function pairSamples(one: SampleSet, other: SampleSet, options: SplitOptions): Promise<Split> {
  const calibration = choose(one, options.calibrationSamples ?? MOST_CALIBRATION_SAMPLES, options.seed);
  const evaluation = choose(other, options.maxEvaluation, options.seed);
  const seen = new Set<string>();
  for await (const feeds of calibration.samples()) seen.add(digestOfFeeds(feeds));
  let shared = 0;
  for await (const feeds of evaluation.samples()) if (seen.has(digestOfFeeds(feeds))) shared += 1;
  return { calibration, evaluation, shared, duplicates: 0 };
}

function choose(set: SampleSet, most: number, seed: number): SampleSet {
  return set.count <= most ? set : set.pick(ascending(dealingOrder(set, seed).slice(0, most)));
}

function dealingOrder({ count, sequences }: SampleSet, seed: number): number[] {
  if (sequences === undefined) return shuffled(count, seed);
  const stretches = stretchesOf(sequences).map(indicesOf);
  return shuffled(stretches.length, seed).flatMap((index) => stretches[index] as number[]);
}
