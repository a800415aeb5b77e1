/** Picks what is served: a candidate that pays, or the original. Pure. */
import type { Config } from '../config/schema.ts';
import type { Evaluation } from './evaluation.ts';
import { type Reason, sentenceOf } from './reasons.ts';

type ChoiceRules = Pick<Config['evaluation'], 'minGain' | 'acceptRandomData'>;

export interface ChoosableCandidate {
  /** Quantizer id. */
  readonly id: string;
  /** Absent for what was skipped or failed: it cannot be chosen. */
  readonly evaluation?: Evaluation;
  readonly isWithinBudget?: boolean;
}

type Measured = ChoosableCandidate & { readonly evaluation: Evaluation };

export interface Choice {
  /** The id of a candidate, or `original`. */
  readonly chosen: string;
  /** One sentence. */
  readonly reason: string;
  /** The same as data. */
  readonly because: Reason;
}

/** A paired median of 0.97 and one of 1.00 cannot be told apart on a shared machine. */
const NOT_SLOWER = 0.97;

/**
 * A candidate may replace the original when it is within the budget, was measured on real data (unless
 * `acceptRandomData`), and pays: at least `minGain` times as fast, or `minGain` times smaller and not slower (speedup of
 * 0.97 or more). Among those the largest product of speedup and shrinkage wins; at a tie the smaller, then the
 * first id in the alphabet.
 */
export function chooseCandidate(candidates: readonly ChoosableCandidate[], rules: ChoiceRules): Choice {
  const measured = candidates.filter((candidate): candidate is Measured => candidate.evaluation !== undefined);
  const near = measured.filter(({ isWithinBudget }) => isWithinBudget);
  const proven = near.filter(({ evaluation }) => rules.acceptRandomData || !evaluation.data.isRandom);
  const best = [...proven].sort(byGain);
  const paying = best.find(({ evaluation }) => pays(evaluation, rules.minGain));
  if (paying !== undefined) return choice(paying.id, { code: 'BEST_GAIN', args: gainArgs(paying) });
  return choice('original', whyOriginal(measured, near, best[0], rules));
}

function choice(chosen: string, because: Reason): Choice {
  return { chosen, reason: sentenceOf(because), because };
}

function whyOriginal(
  candidates: readonly Measured[],
  near: readonly Measured[],
  best: Measured | undefined,
  rules: ChoiceRules,
): Reason {
  if (best !== undefined) return { code: 'NO_GAIN', args: { ...gainArgs(best), minGain: rules.minGain } };
  if (near.length > 0) return { code: 'RANDOM_DATA', args: { candidates: near.length } };
  if (candidates.length > 0) return { code: 'ALL_REJECTED', args: { candidates: candidates.length } };
  return { code: 'NO_CANDIDATE', args: {} };
}

function pays({ latency, size }: Evaluation, minGain: number): boolean {
  return latency.speedup >= minGain || (1 / size.ratio >= minGain && latency.speedup >= NOT_SLOWER);
}

function gain({ latency, size }: Evaluation): number {
  return latency.speedup / size.ratio;
}

function byGain(a: Measured, b: Measured): number {
  return (
    gain(b.evaluation) - gain(a.evaluation) ||
    a.evaluation.size.candidateBytes - b.evaluation.size.candidateBytes ||
    (a.id < b.id ? -1 : 1)
  );
}

function gainArgs({ id, evaluation }: Measured): { id: string; speedup: number; sizeRatio: number } {
  return { id, speedup: evaluation.latency.speedup, sizeRatio: evaluation.size.ratio };
}
