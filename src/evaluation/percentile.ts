/** Order statistics of measured times. */

/**
 * The value below which `ratio` (0–1) of the values lie, linear between neighbours: rank (n − 1) · ratio, which is the
 * default of NumPy (Hyndman and Fan, type 7).
 */
export function percentile(values: readonly number[], ratio: number): number {
  if (values.length === 0) throw new RangeError('A percentile of no values was asked for.');
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (sorted.length - 1) * ratio;
  const below = sorted[Math.floor(rank)] as number;
  const above = sorted[Math.ceil(rank)] as number;
  return below + (above - below) * (rank - Math.floor(rank));
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
