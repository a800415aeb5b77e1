/** Which of several measured models nobody beats, and which one is taken. Pure. */

export interface Rated {
  /** Speed against the original; larger is better. */
  readonly speedup: number;
  /** Size against the original; smaller is better. */
  readonly sizeRatio: number;
  /** The figure of the budget; larger is better. */
  readonly value: number;
}

/** What is wanted of those that hold the budget. */
export type Preference = 'speed' | 'size';

/** True for what no other one beats in one figure without being worse in another. */
export function isPareto(one: Rated, all: readonly Rated[]): boolean {
  return !all.some((other) => other !== one && isNoWorse(other, one) && !isNoWorse(one, other));
}

function isNoWorse(a: Rated, b: Rated): boolean {
  return a.speedup >= b.speedup && a.sizeRatio <= b.sizeRatio && a.value >= b.value;
}

/** Two medians of paired runs on a busy machine cannot be told apart below this ratio. */
const SAME_SPEED = 1.03;

/** The fastest, and of those that are as fast the smallest; or the smallest, and of those as small the fastest. */
export function best<T extends Rated>(candidates: readonly T[], prefer: Preference): T | undefined {
  if (prefer === 'size') return [...candidates].sort((a, b) => a.sizeRatio - b.sizeRatio || b.speedup - a.speedup)[0];
  const fastest = Math.max(...candidates.map(({ speedup }) => speedup));
  const asFast = candidates.filter(({ speedup }) => speedup * SAME_SPEED >= fastest);
  return asFast.sort((a, b) => a.sizeRatio - b.sizeRatio || b.speedup - a.speedup || b.value - a.value)[0];
}
