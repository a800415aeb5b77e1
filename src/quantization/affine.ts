/**
 * Numbers ↔ integers: `real = scale · (integer − zeroPoint)`. The formulas and their roundings are those of ONNX
 * Runtime's quantization tool (quant_utils.compute_scale_zp), so that both give the same bytes for the same ranges.
 */

export const ACTIVATION_TYPES = ['uint8', 'int8', 'uint16', 'int16'] as const;
export type IntegerType = (typeof ACTIVATION_TYPES)[number];
export const WEIGHT_TYPES = ['int8', 'uint8'] as const;
export type WeightType = (typeof WEIGHT_TYPES)[number];

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Which integers stand for numbers, and how they are spread over a range. */
export interface IntegerForm {
  readonly type: IntegerType;
  /** The range is widened to reach as far below 0 as above; 0 is the middle of the integers. */
  readonly isSymmetric: boolean;
  /** Seven bits of eight (reduce_range). */
  readonly isReduced?: boolean;
}

export interface Affine {
  /** A float32 value. */
  readonly scale: number;
  readonly zeroPoint: number;
}

const FULL: Readonly<Record<IntegerType, Range>> = {
  uint8: { min: 0, max: 255 },
  int8: { min: -128, max: 127 },
  uint16: { min: 0, max: 65535 },
  int16: { min: -32768, max: 32767 },
};

/** Signed integers leave out the lowest one, so that 0 is their middle. */
const SYMMETRIC: Readonly<Record<IntegerType, Range>> = {
  ...FULL,
  int8: { min: -127, max: 127 },
  int16: { min: -32767, max: 32767 },
};

const REDUCED: Readonly<Record<IntegerType, Range>> = {
  uint8: { min: 0, max: 127 },
  int8: { min: -64, max: 64 },
  uint16: { min: 0, max: 32767 },
  int16: { min: -16384, max: 16384 },
};

/** The smallest float32 that is not denormal; a scale below it is no scale. */
const SMALLEST_NORMAL = 2 ** -126;

/** Adding and taking away 1.5 · 2^52 leaves no bits for a fraction: the processor rounds, ties to even. */
const ROUNDER = 6755399441055744;

/** Rounds to the nearest integer, ties to even; for |x| below 2^51. */
export function roundHalfEven(x: number): number {
  return x + ROUNDER - ROUNDER;
}

/** The smallest and the largest integer that numbers become. */
export function limitsOf({ type, isSymmetric, isReduced }: IntegerForm): Range {
  if (isReduced) return REDUCED[type];
  return (isSymmetric ? SYMMETRIC : FULL)[type];
}

/** The range that the integers cover when they shall hold `range`: it always holds 0. */
export function coveredRange({ min, max }: Range, isSymmetric: boolean): Range {
  if (!isSymmetric) return { min: Math.min(min, 0), max: Math.max(max, 0) };
  const largest = Math.max(Math.abs(min), Math.abs(max));
  return { min: -largest, max: largest };
}

/** Scale and zero point that spread `range`, widened to hold 0, over the integers of `form`. */
export function affineOf(range: Range, form: IntegerForm): Affine {
  const limits = limitsOf(form);
  const { min, max } = coveredRange({ min: Math.fround(range.min), max: Math.fround(range.max) }, form.isSymmetric);
  const scale = float32Span(min, max) / (limits.max - limits.min);
  const middle = roundHalfEven((limits.min + limits.max) / 2);
  // A tensor that is always 0. The reference makes it integer 0; here the smallest integer stands for it, so that a Relu
  // that was left out still cuts there, or the middle, so that all channels of a weight have one zero point.
  if (scale < SMALLEST_NORMAL) return { scale: 1, zeroPoint: form.isSymmetric ? middle : limits.min };
  return { scale: Math.fround(scale), zeroPoint: form.isSymmetric ? middle : roundHalfEven(limits.min - min / scale) };
}

/** The reference takes the difference in float32; where that overflows, the masks of attention for one, it is exact. */
function float32Span(min: number, max: number): number {
  const span = Math.fround(max - min);
  return Number.isFinite(span) ? span : max - min;
}

/** `integers` in the array of their type. */
export function integerArray<T extends IntegerType>(type: T, integers: Iterable<number>): ArrayOf[T] {
  return ARRAYS[type].from(integers) as ArrayOf[T];
}

interface ArrayOf {
  readonly uint8: Uint8Array;
  readonly int8: Int8Array;
  readonly uint16: Uint16Array;
  readonly int16: Int16Array;
}

const ARRAYS = { uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array } as const;
