/** How far an activation goes beyond what other samples showed of it: what a range made from them would cut off. */
import type { ChannelStatistics } from '../calibration/channel-statistics.ts';

/** Limits at which the cut is known, in units of the largest magnitude that the other samples showed of the channel. */
const RATIOS = [1, 1.1, 1.25, 1.5, 2, 3, 5, 8, 16];

export class Overshoot {
  readonly #magnitudes: Float64Array;
  /** [channels, ratios]: Σ max(0, |x| − ratio · magnitude)². */
  readonly #squares: Float64Array;
  /** Values of each channel so far. */
  #count = 0;

  /** @param known of the other samples; a channel that was silent there counts as the quietest that is not */
  constructor(known: ChannelStatistics) {
    const magnitudes = Float64Array.from({ length: known.channels }, (_, channel) => known.magnitude(channel));
    const quietest = Math.min(...magnitudes.filter((magnitude) => magnitude > 0));
    this.#magnitudes = magnitudes.map((magnitude) => (magnitude > 0 ? magnitude : quietest));
    this.#squares = new Float64Array(known.channels * RATIOS.length);
  }

  /** @param values [outer, channels, inner], row-major */
  add(values: Float32Array, inner: number): void {
    const channels = this.#magnitudes.length;
    for (let start = 0, slice = 0; start < values.length; start += inner, slice += 1) {
      const channel = slice % channels;
      let largest = 0;
      for (let at = start; at < start + inner; at += 1) {
        const magnitude = Math.abs(values[at] as number);
        if (magnitude > largest) largest = magnitude;
      }
      if (largest > (this.#magnitudes[channel] as number)) this.#addSlice(values, start, inner, channel, largest);
    }
    this.#count += values.length / channels;
  }

  #addSlice(values: Float32Array, start: number, inner: number, channel: number, largest: number): void {
    for (const [index, ratio] of RATIOS.entries()) {
      const limit = ratio * (this.#magnitudes[channel] as number);
      if (limit >= largest) return;
      let sum = 0;
      for (let at = start; at < start + inner; at += 1) {
        const over = Math.abs(values[at] as number) - limit;
        if (over > 0) sum += over * over;
      }
      const place = channel * RATIOS.length + index;
      this.#squares[place] = (this.#squares[place] as number) + sum;
    }
  }

  /** The mean square of what `limit` cuts off, taken at the next smaller limit that is known. */
  meanSquare(channel: number, limit: number): number {
    const ratio = limit / (this.#magnitudes[channel] as number);
    // A limit that is the magnitude itself may come out a little below it.
    const index = Math.max(
      0,
      RATIOS.findLastIndex((known) => known <= ratio * (1 + 1e-9)),
    );
    return this.#count === 0 ? 0 : (this.#squares[channel * RATIOS.length + index] as number) / this.#count;
  }
}
