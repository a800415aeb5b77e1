/** What the samples showed of the channels of an activation, the last axis of it. */
export class ChannelStatistics {
  readonly channels: number;
  readonly lowest: Float64Array;
  readonly highest: Float64Array;
  readonly #squares: Float64Array;
  #rows = 0;

  constructor(channels: number) {
    this.channels = channels;
    this.lowest = new Float64Array(channels);
    this.highest = new Float64Array(channels);
    this.#squares = new Float64Array(channels);
  }

  /** @param values [rows, channels], row-major */
  add(values: Float32Array): void {
    const { channels, lowest, highest } = this;
    const squares = this.#squares;
    for (let at = 0; at < values.length; at += channels) {
      for (let channel = 0; channel < channels; channel += 1) {
        const value = values[at + channel] as number;
        if (value < (lowest[channel] as number)) lowest[channel] = value;
        if (value > (highest[channel] as number)) highest[channel] = value;
        squares[channel] = (squares[channel] as number) + value * value;
      }
    }
    this.#rows += values.length / channels;
  }

  /** The largest absolute value of a channel. */
  magnitude(channel: number): number {
    return Math.max(this.highest[channel] as number, -(this.lowest[channel] as number));
  }

  meanSquare(channel: number): number {
    return this.#rows === 0 ? 0 : (this.#squares[channel] as number) / this.#rows;
  }

  /** False when a value was NaN or infinite. */
  get isFinite(): boolean {
    return this.#squares.every(Number.isFinite);
  }
}
