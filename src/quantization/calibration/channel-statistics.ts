/** What the samples showed of the channels of an activation. */
export class ChannelStatistics {
  readonly channels: number;
  readonly lowest: Float64Array;
  readonly highest: Float64Array;
  readonly #squares: Float64Array;
  /** Values of each channel so far. */
  #count = 0;

  constructor(channels: number) {
    this.channels = channels;
    this.lowest = new Float64Array(channels);
    this.highest = new Float64Array(channels);
    this.#squares = new Float64Array(channels);
  }

  /**
   * @param values [outer, channels, inner], row-major
   * @param inner 1 where the channels are the last axis
   */
  add(values: Float32Array, inner = 1): void {
    const { channels, lowest, highest } = this;
    const squares = this.#squares;
    for (let at = 0; at < values.length; ) {
      for (let channel = 0; channel < channels; channel += 1) {
        let [low, high, sum] = [lowest[channel] as number, highest[channel] as number, squares[channel] as number];
        for (const end = at + inner; at < end; at += 1) {
          const value = values[at] as number;
          if (value < low) low = value;
          if (value > high) high = value;
          sum += value * value;
        }
        lowest[channel] = low;
        highest[channel] = high;
        squares[channel] = sum;
      }
    }
    this.#count += values.length / channels;
  }

  /** What both have seen. */
  with(other: ChannelStatistics): ChannelStatistics {
    const both = new ChannelStatistics(this.channels);
    for (let channel = 0; channel < this.channels; channel += 1) {
      both.lowest[channel] = Math.min(this.lowest[channel] as number, other.lowest[channel] as number);
      both.highest[channel] = Math.max(this.highest[channel] as number, other.highest[channel] as number);
      both.#squares[channel] = (this.#squares[channel] as number) + (other.#squares[channel] as number);
    }
    both.#count = this.#count + other.#count;
    return both;
  }

  /** The largest absolute value of a channel. */
  magnitude(channel: number): number {
    return Math.max(this.highest[channel] as number, -(this.lowest[channel] as number));
  }

  meanSquare(channel: number): number {
    return this.#count === 0 ? 0 : (this.#squares[channel] as number) / this.#count;
  }

  /** False when a value was NaN or infinite. */
  get isFinite(): boolean {
    return this.#squares.every(Number.isFinite);
  }
}
