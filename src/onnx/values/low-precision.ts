/** Values of types that JavaScript arrays do not have, by their bits: one table of numbers per type, made on first use. */
import type { DataType } from '../data-type.ts';
import { bfloat16ToNumber, halfToNumber } from '../half.ts';

/** How the bits of a small float are read: the sign is the highest one, where there is one. */
interface SmallFloat {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  /** What the patterns of all ones (or, for the uz types, minus zero) mean. */
  readonly special: 'nan-at-all-ones' | 'nan-at-minus-zero' | 'ieee' | 'none' | 'exponent-only';
}

/** Sources: ONNX docs/docsgen/source/technical/float8.md, float4.md; OCP Microscaling Formats 1.0 for e8m0 and the
 * types of 4 and 6 bits. */
const SMALL_FLOATS: Partial<Record<DataType, SmallFloat>> = {
  float8e4m3fn: { exponentBits: 4, mantissaBits: 3, bias: 7, special: 'nan-at-all-ones' },
  float8e4m3fnuz: { exponentBits: 4, mantissaBits: 3, bias: 8, special: 'nan-at-minus-zero' },
  float8e5m2: { exponentBits: 5, mantissaBits: 2, bias: 15, special: 'ieee' },
  float8e5m2fnuz: { exponentBits: 5, mantissaBits: 2, bias: 16, special: 'nan-at-minus-zero' },
  float8e8m0: { exponentBits: 8, mantissaBits: 0, bias: 127, special: 'exponent-only' },
  float6e2m3: { exponentBits: 2, mantissaBits: 3, bias: 1, special: 'none' },
  float6e3m2: { exponentBits: 3, mantissaBits: 2, bias: 3, special: 'none' },
  float4e2m1: { exponentBits: 2, mantissaBits: 1, bias: 1, special: 'none' },
};

const tables = new Map<DataType, Float64Array>();

/**
 * The value of each bit pattern, at the index of the pattern: 65,536 for 16-bit floats, 256 for 8-bit ones, 64, 16
 * and 4 for the smaller types. Undefined for types whose arrays hold their values as they are.
 */
export function valueTable(dataType: DataType): Float64Array | undefined {
  const known = tables.get(dataType);
  if (known !== undefined) return known;
  const table = makeTable(dataType);
  if (table !== undefined) tables.set(dataType, table);
  return table;
}

function makeTable(dataType: DataType): Float64Array | undefined {
  if (dataType === 'float16') return Float64Array.from({ length: 1 << 16 }, (_, bits) => halfToNumber(bits));
  if (dataType === 'bfloat16') return Float64Array.from({ length: 1 << 16 }, (_, bits) => bfloat16ToNumber(bits));
  const integer = /^(u?)int([24])$/.exec(dataType);
  if (integer !== null) return smallIntegers(Number(integer[2]), integer[1] === '');
  const form = SMALL_FLOATS[dataType];
  if (form === undefined) return undefined;
  const signBits = form.special === 'exponent-only' ? 0 : 1;
  const length = 1 << (signBits + form.exponentBits + form.mantissaBits);
  return Float64Array.from({ length }, (_, bits) => smallFloat(bits, form));
}

function smallIntegers(width: number, isSigned: boolean): Float64Array {
  const half = isSigned ? 1 << (width - 1) : Number.POSITIVE_INFINITY;
  return Float64Array.from({ length: 1 << width }, (_, bits) => (bits >= half ? bits - (1 << width) : bits));
}

function smallFloat(bits: number, { exponentBits, mantissaBits, bias, special }: SmallFloat): number {
  if (special === 'exponent-only') return bits === 0xff ? Number.NaN : 2 ** (bits - bias);
  const magnitude = bits & ((1 << (exponentBits + mantissaBits)) - 1);
  const isNegative = bits !== magnitude;
  const exponent = magnitude >> mantissaBits;
  const mantissa = magnitude & ((1 << mantissaBits) - 1);
  const highest = (1 << exponentBits) - 1;
  if (special === 'nan-at-minus-zero' && isNegative && magnitude === 0) return Number.NaN;
  if (special === 'nan-at-all-ones' && magnitude === (1 << (exponentBits + mantissaBits)) - 1) return Number.NaN;
  const sign = isNegative ? -1 : 1;
  if (special === 'ieee' && exponent === highest) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  const fraction = mantissa / (1 << mantissaBits);
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
}
