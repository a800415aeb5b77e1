/**
 * Numbers ↔ integers: `real = scale · (integer − zeroPoint)`. The formulas and their roundings are those of ONNX
 * Runtime's quantization tool (quant_utils.compute_scale_zp), so that both give the same bytes for the same ranges.
 */

/** The types that activations may take. Weights are int8. */
export type IntegerType = 'uint8' | 'int8';

export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface Affine {
  /** A float32 value. */
  readonly scale: number;
  readonly zeroPoint: number;
}

const LIMITS: Readonly<Record<IntegerType, Range>> = { uint8: { min: 0, max: 255 }, int8: { min: -128, max: 127 } };

/** The smallest float32 that is not denormal; a scale below it is no scale. */
const SMALLEST_NORMAL = 2 ** -126;

/** Adding and taking away 1.5 · 2^52 leaves no bits for a fraction: the processor rounds, ties to even. */
const ROUNDER = 6755399441055744;

/** Rounds to the nearest integer, ties to even; for |x| below 2^51. */
export function roundHalfEven(x: number): number {
  return x + ROUNDER - ROUNDER;
}

/** Scale and zero point that spread `range`, widened to hold 0, over all values of `type`. */
export function affineOf(range: Range, type: IntegerType): Affine {
  const limits = LIMITS[type];
  const min = Math.min(range.min, 0);
  const max = Math.max(range.max, 0);
  const scale = (max - min) / (limits.max - limits.min);
  // A tensor that is always 0: the smallest integer stands for it, so that a Relu that was left out still cuts there.
  if (scale < SMALLEST_NORMAL) return { scale: 1, zeroPoint: limits.min };
  return { scale: Math.fround(scale), zeroPoint: roundHalfEven(limits.min - min / scale) };
}

/** The largest magnitude of a symmetric int8 weight: −127…127, or −64…64 where 7 bits must do (reduce_range). */
export function weightLimit(reduceRange: boolean): number {
  return reduceRange ? 64 : 127;
}

/** The float32 scale of a symmetric int8 weight whose largest magnitude is `absMax`. */
export function weightScale(absMax: number, reduceRange: boolean): number {
  const scale = (2 * absMax) / (2 * weightLimit(reduceRange));
  return scale < SMALLEST_NORMAL ? 1 : Math.fround(scale);
}
