/** What came of a search, in sentences: why one candidate was chosen, or what was nearest when none could be. */
import { NimifyError } from '../../base/errors.ts';
import type { SearchOptions } from '../requests.ts';
import { figure, limitOf } from './budget.ts';
import type { SearchLog } from './search.ts';
import { isTried, type Tried } from './trial-bench.ts';

/** One phrase for the progress line. */
export function summary(found: Tried | undefined, log: SearchLog): string {
  const count = log.results.filter(isTried).length;
  const candidates = count === 1 ? '1 candidate' : `${count} candidates`;
  return `${candidates}${log.isTimeUp ? ', time is up' : ''}, ${found?.trial.label ?? 'none holds the budget'}`;
}

/** One sentence. */
export function reasonFor(
  { trial, measured, speedup, sizeRatio }: Tried,
  { budget, prefer }: SearchOptions,
  log: SearchLog,
): string {
  const goal = prefer === 'speed' ? 'fastest' : 'smallest';
  const limit = limitOf(budget, measured);
  const early = log.isTimeUp ? ', as far as the time limit let the search come' : '';
  return `${trial.label} is the ${goal} that holds ${figure(measured, limit)}${early}: ${figure(measured)}, ${speedup.toFixed(2)}× as fast, ${(sizeRatio * 100).toFixed(1)} % of the size.`;
}

/** Why a search chose nothing. */
export interface Shortfall {
  /** A phrase without a capital and a full stop. */
  readonly why: string;
  /** What to do about it. */
  readonly hint: string;
  /** The least value that holds the budget, and the trial that came nearest with its value; values are null for equal outputs. */
  readonly details: { readonly limit?: number; readonly nearest?: string; readonly value?: number | null };
}

const NOTHING_MEASURED = {
  why: 'no method could be measured on this model',
  hint: 'nimify analyze MODEL shows why.',
} as const;

const TOO_SHORT = {
  why: 'time was up before a candidate was measured',
  hint: 'Allow more with --time-limit.',
} as const;

export function shortfallOf(options: SearchOptions, log: SearchLog): Shortfall {
  const tried = log.results.filter(isTried);
  const nearest = [...tried].sort((a, b) => b.value - a.value)[0];
  if (nearest === undefined) return { ...(log.isTimeUp ? TOO_SHORT : NOTHING_MEASURED), details: {} };
  const limit = limitOf(options.budget, nearest.measured);
  const holds = tried.some(({ isWithinBudget }) => isWithinBudget);
  const count = tried.length === 1 ? 'the only candidate does not hold' : `none of ${tried.length} candidates holds`;
  const why = holds
    ? `quantizing does not pay here, what holds ${figure(nearest.measured, limit)} is slower than the original`
    : `${count} ${figure(nearest.measured, limit)}; the nearest is ${nearest.trial.label} with ${figure(nearest.measured)}`;
  const hint = holds
    ? 'Take --prefer size where the size is what counts.'
    : 'Allow more, or give more samples for calibration.';
  const value = Number.isFinite(nearest.value) ? nearest.value : null;
  return {
    why: `${why}${log.isTimeUp ? ' (time is up)' : ''}`,
    hint,
    details: { limit, nearest: nearest.trial.id, value },
  };
}

export function notMet({ why, hint, details }: Shortfall): NimifyError {
  return new NimifyError('BUDGET_NOT_MET', `Nothing was written: ${why}.`, { hint, details: { ...details } });
}
