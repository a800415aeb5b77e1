/** Biases as int32 in the scale of the products that they are added to. */
import { roundHalfEven } from '../affine.ts';

/** A little more than the int32 range allows, so that rounding cannot overflow. */
const MARGIN = 1.0001;
const INT32_SPAN = 2 ** 32 - 2;
const INT32_MAX = 2 ** 31 - 1;

/**
 * Weight scales raised where `bias / (inputScale · weightScale)` would leave int32. `channelOf(i)` is the scale that
 * serves bias element i. Returns `scales` itself when nothing had to change.
 */
export function scalesForBias(
  scales: Float32Array,
  bias: Float32Array,
  inputScale: number,
  channelOf: (index: number) => number,
): Float32Array {
  let result = scales;
  for (const [i, value] of bias.entries()) {
    const channel = channelOf(i);
    const smallest = (MARGIN * 2 * Math.abs(value)) / (INT32_SPAN * inputScale);
    if ((result[channel] as number) >= smallest) continue;
    if (result === scales) result = scales.slice();
    result[channel] = smallest;
  }
  return result;
}

export interface IntegerBias {
  readonly data: Int32Array;
  /** One for each element of the bias, or one for all when the weight has one scale. */
  readonly scales: Float32Array;
}

/** `round(bias / (inputScale · weightScale))`, zero point 0. */
export function quantizeBias(
  bias: Float32Array,
  inputScale: number,
  weightScales: Float32Array,
  channelOf: (index: number) => number,
): IntegerBias {
  const products = weightScales.map((scale) => inputScale * scale);
  const scales = weightScales.length === 1 ? products : Float32Array.from(bias, (_, i) => products[channelOf(i)] as number);
  const data = Int32Array.from(bias, (value, i) => {
    const integer = roundHalfEven(value / (products[channelOf(i)] as number));
    return Math.min(Math.max(integer, -INT32_MAX), INT32_MAX);
  });
  return { data, scales };
}
