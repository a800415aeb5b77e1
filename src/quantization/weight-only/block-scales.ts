/** Scales and zero points of blocks from their lowest and highest values, each step rounded to float32. */
import type { BlockScheme } from './block-table.ts';

export interface ScaleScheme extends BlockScheme {
  /** Rounds a scale to the type in which it is kept. */
  readonly round: (scale: number) => number;
}

export interface BlockScale {
  scale: number;
  zeroPoint: number;
}

/** @returns false when a value is NaN or infinite: the lowest one is NaN then, or one of both infinite */
export function scaleOf(low: number, high: number, scheme: ScaleScheme, into: BlockScale): boolean {
  if (!(low > Number.NEGATIVE_INFINITY && high < Number.POSITIVE_INFINITY)) return false;
  if (scheme.isSymmetric) symmetric(low, high, scheme, into);
  else asymmetric(low, high, scheme, into);
  return true;
}

/** The scale carries the sign of the value of largest magnitude, so that this one becomes −2^(bits − 1) exactly. */
function symmetric(low: number, high: number, { bits, round }: ScaleScheme, into: BlockScale): void {
  const middle = 2 ** (bits - 1);
  into.scale = round((high > -low ? high : low) / -middle);
  into.zeroPoint = middle;
}

/** The zero point is that of the scale before it was rounded to its type. */
function asymmetric(low: number, high: number, { bits, round }: ScaleScheme, into: BlockScale): void {
  const top = 2 ** bits - 1;
  const min = Math.min(low, 0);
  const exact = Math.fround(Math.fround(Math.max(high, 0) - min) / top);
  into.scale = round(exact);
  into.zeroPoint = exact === 0 ? 0 : Math.min(Math.floor(Math.fround(-min / exact) + 0.5), top);
}
