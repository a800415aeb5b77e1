/** Many float32 values at once as float16 or bfloat16, nearest with ties to even; what their ranges do not hold is clamped and counted. */

/** Finite values that the narrow type does not hold. */
export interface ClampCounts {
  /** Beyond the largest finite value: they became that value. */
  readonly overflow: number;
  /** Not zero, and nearer to zero than the smallest value: they became that value, so that nothing divides by zero. */
  readonly underflow: number;
}

export interface HalfArray extends ClampCounts {
  /** As long as the values that it was made from. */
  readonly bits: Uint16Array;
}

export type HalfType = 'float16' | 'bfloat16';

/** The values as bits of `type`; NaN and infinities stay what they are. `bits` receives them where given. */
export function toHalf(values: Float32Array, type: HalfType, bits = new Uint16Array(values.length)): HalfArray {
  return type === 'float16' ? toFloat16(values, bits) : toBfloat16(values, bits);
}

const INFINITE = 0x7f80_0000;
/** Bits of 65504, the largest finite float16. */
const FLOAT16_MAX = 0x477f_e000;
/** Bits of 2⁻¹⁴: float16 below it has fewer digits the smaller it is. */
const FLOAT16_NORMAL = 0x3880_0000;
/** Bits of 5.96e-8, the limit of onnxruntime.transformers.float16; the smallest float16 is 2⁻²⁴ = 5.9605e-8. */
const FLOAT16_MIN = 0x337f_fae5;

function toFloat16(values: Float32Array, bits: Uint16Array): HalfArray {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let overflow = 0;
  let underflow = 0;
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] as number;
    const sign = (word >>> 16) & 0x8000;
    const size = word & 0x7fff_ffff;
    let half: number;
    if (size >= FLOAT16_NORMAL && size <= FLOAT16_MAX) {
      // 112 is the difference of the biases of the exponents; a fraction that rounds up carries into the exponent.
      half = (size - (112 << 23) + 0xfff + ((size >>> 13) & 1)) >>> 13;
    } else if (size > FLOAT16_MAX) {
      if (size < INFINITE) overflow += 1;
      half = size > INFINITE ? 0x7e00 : size === INFINITE ? 0x7c00 : 0x7bff;
    } else if (size < FLOAT16_MIN) {
      if (size !== 0) underflow += 1;
      half = size === 0 ? 0 : 1;
    } else half = subnormal(size);
    bits[i] = sign | half;
  }
  return { bits, overflow, underflow };
}

/** A multiple of 2⁻²⁴. */
function subnormal(size: number): number {
  const shift = 126 - (size >>> 23);
  const fraction = (size & 0x7f_ffff) | 0x80_0000;
  return (fraction + (1 << (shift - 1)) - 1 + ((fraction >>> shift) & 1)) >>> shift;
}

/** The upper half of a float32 has its exponent: only what would round to infinity is clamped, and what is tiny becomes 0. */
function toBfloat16(values: Float32Array, bits: Uint16Array): HalfArray {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let overflow = 0;
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] as number;
    const size = word & 0x7fff_ffff;
    let half = (size + 0x7fff + ((size >>> 16) & 1)) >>> 16;
    if (size > INFINITE) half = 0x7fc0;
    else if (half >= 0x7f80 && size < INFINITE) {
      overflow += 1;
      half = 0x7f7f;
    }
    bits[i] = ((word >>> 16) & 0x8000) | half;
  }
  return { bits, overflow, underflow: 0 };
}
