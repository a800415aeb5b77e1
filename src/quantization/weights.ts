/** Weights as int8, symmetric, one scale for all or one per channel. */
import { NimifyError } from '../base/errors.ts';
import { roundHalfEven, weightLimit, weightScale } from './affine.ts';

/** A row-major tensor seen as [outer, channels, inner]; `channels` is 1 where one scale serves all. */
export interface ChannelLayout {
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

/** The layout of `dims` with channels at `axis`; null takes the whole tensor as one channel. */
export function channelLayout(dims: readonly number[], axis: number | null): ChannelLayout {
  const size = (list: readonly number[]) => list.reduce((product, dim) => product * dim, 1);
  if (axis === null) return { outer: 1, channels: 1, inner: size(dims) };
  return { outer: size(dims.slice(0, axis)), channels: dims[axis] as number, inner: size(dims.slice(axis + 1)) };
}

/**
 * The float32 scale of each channel.
 * @throws NimifyError METHOD_NOT_APPLICABLE when `name` holds NaN or infinite values
 */
export function channelScales(
  data: Float32Array,
  layout: ChannelLayout,
  reduceRange: boolean,
  name: string,
): Float32Array {
  const { outer, channels, inner } = layout;
  const absMax = new Float32Array(channels);
  let position = 0;
  for (let o = 0; o < outer; o += 1) {
    for (let c = 0; c < channels; c += 1) {
      let largest = absMax[c] as number;
      for (let i = 0; i < inner; i += 1, position += 1) {
        const magnitude = Math.abs(data[position] as number);
        // False for NaN too.
        if (!(magnitude < Number.POSITIVE_INFINITY)) throw notFinite(name);
        if (magnitude > largest) largest = magnitude;
      }
      absMax[c] = largest;
    }
  }
  return absMax.map((value) => weightScale(value, reduceRange));
}

/** `round(data / scale)` of each channel, ties to even, within the limits of symmetric int8. */
export function quantizeChannels(
  data: Float32Array,
  layout: ChannelLayout,
  scales: Float32Array,
  reduceRange: boolean,
): Int8Array {
  const { outer, channels, inner } = layout;
  const limit = weightLimit(reduceRange);
  const result = new Int8Array(data.length);
  let position = 0;
  for (let o = 0; o < outer; o += 1) {
    for (let c = 0; c < channels; c += 1) {
      const scale = scales[c] as number;
      for (let i = 0; i < inner; i += 1, position += 1) {
        const rounded = roundHalfEven(Math.fround((data[position] as number) / scale));
        result[position] = Math.max(Math.min(rounded, limit), -limit);
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
