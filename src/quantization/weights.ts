/** Weights as 8-bit integers with one scale and zero point for all or one per channel. */
import { NimifyError } from '../base/errors.ts';
import { affineOf, type IntegerForm, integerArray, limitsOf, roundHalfEven, type WeightType } from './affine.ts';

/** A row-major tensor seen as [outer, channels, inner]; `channels` is 1 where one scale serves all. */
export interface ChannelLayout {
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

/** The integers of a weight. */
export interface WeightForm extends IntegerForm {
  readonly type: WeightType;
}

/**
 * @param isReduced seven bits, for x64 processors without VNNI
 * @param isSymmetric the zero point is the middle of the integers; else each channel has its own. int8 is symmetric.
 */
export function weightForm(type: WeightType, isReduced: boolean, isSymmetric = type === 'int8'): WeightForm {
  return { type, isSymmetric, isReduced };
}

export interface ChannelAffines {
  readonly scales: Float32Array;
  readonly zeroPoints: Int8Array | Uint8Array;
}

/** The layout of `dims` with channels at `axis`; null takes the whole tensor as one channel. */
export function channelLayout(dims: readonly number[], axis: number | null): ChannelLayout {
  const size = (list: readonly number[]) => list.reduce((product, dim) => product * dim, 1);
  if (axis === null) return { outer: 1, channels: 1, inner: size(dims) };
  return { outer: size(dims.slice(0, axis)), channels: dims[axis] as number, inner: size(dims.slice(axis + 1)) };
}

/**
 * Scale and zero point of each channel.
 * @throws NimifyError METHOD_NOT_APPLICABLE when `name` holds NaN or infinite values
 */
export function channelAffines(
  data: Float32Array,
  layout: ChannelLayout,
  form: WeightForm,
  name: string,
): ChannelAffines {
  const { outer, channels, inner } = layout;
  const [lowest, highest] = [new Float32Array(channels), new Float32Array(channels)];
  let position = 0;
  for (let o = 0; o < outer; o += 1) {
    for (let c = 0; c < channels; c += 1) {
      let [low, high] = [lowest[c] as number, highest[c] as number];
      for (let i = 0; i < inner; i += 1, position += 1) {
        const value = data[position] as number;
        // False for NaN too.
        if (!(Math.abs(value) < Number.POSITIVE_INFINITY)) throw notFinite(name);
        if (value > high) high = value;
        else if (value < low) low = value;
      }
      lowest[c] = low;
      highest[c] = high;
    }
  }
  const affines = Array.from(lowest, (min, c) => affineOf({ min, max: highest[c] as number }, form));
  return {
    scales: Float32Array.from(affines, ({ scale }) => scale),
    zeroPoints: integerArray(
      form.type,
      affines.map(({ zeroPoint }) => zeroPoint),
    ),
  };
}

/** `round(data / scale) + zeroPoint` of each channel, ties to even, within the limits of `form`. */
export function quantizeChannels(
  data: Float32Array,
  layout: ChannelLayout,
  { scales, zeroPoints }: ChannelAffines,
  form: WeightForm,
): Int8Array | Uint8Array {
  const { outer, channels, inner } = layout;
  const { min, max } = limitsOf(form);
  const result = form.type === 'int8' ? new Int8Array(data.length) : new Uint8Array(data.length);
  let position = 0;
  for (let o = 0; o < outer; o += 1) {
    for (let c = 0; c < channels; c += 1) {
      const [scale, zeroPoint] = [scales[c] as number, zeroPoints[c] as number];
      for (let i = 0; i < inner; i += 1, position += 1) {
        const rounded = roundHalfEven(Math.fround((data[position] as number) / scale)) + zeroPoint;
        result[position] = Math.max(Math.min(rounded, max), min);
      }
    }
  }
  return result;
}

function notFinite(name: string): NimifyError {
  return new NimifyError('METHOD_NOT_APPLICABLE', `The weight ${name} holds NaN or infinite values.`, {
    hint: 'The model is damaged or was trained into nonsense; export it again.',
    details: { tensor: name },
  });
}
