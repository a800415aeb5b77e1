/** Rows along the last axis of a tensor. */

/** Values in order; both kinds of access are the same to the loops below. */
export type Values = ArrayLike<number>;

/** Index of the largest value of the row, the first among equals; NaN is never the largest. */
export function argmax(values: Values, from: number, length: number): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < length; i += 1) {
    const value = values[from + i] as number;
    if (value > most) {
      most = value;
      best = i;
    }
  }
  return best;
}

const SUM_TOLERANCE = 1e-3;

/** True when no value of the row is negative and their sum is 1, within the noise of float16. */
export function isDistribution(values: Values, from: number, length: number): boolean {
  let sum = 0;
  for (let i = 0; i < length; i += 1) {
    const value = values[from + i] as number;
    if (!(value >= 0)) return false;
    sum += value;
  }
  return Math.abs(sum - 1) <= SUM_TOLERANCE;
}
