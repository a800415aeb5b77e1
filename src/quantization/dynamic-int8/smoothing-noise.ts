/**
 * The noise that rounding leaves in a product, without running it. A value rounded to steps of Δ is off by Δ²/12 in the mean
 * square (Widrow and Kollár, "Quantization Noise", 2008), and errors of different values are independent: the activation adds
 * Δx²/12 · Σ w², the weights of column j add Δj²/12 · Σ E[x²].
 */
import type { ChannelStatistics } from '../calibration/channel-statistics.ts';

/** A float32 matrix [rows, columns]; lies as [columns, rows] where it is transposed. */
export interface MatrixView {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly isTransposed: boolean;
}

export interface NoiseOptions {
  readonly perChannel: boolean;
  readonly reduceRange: boolean;
}

/** @param factors of the channels: the activation is divided by them, the rows of the weights are multiplied */
export function expectedNoise(
  statistics: ChannelStatistics,
  weights: readonly MatrixView[],
  factors: Float32Array | undefined,
  { perChannel, reduceRange }: NoiseOptions,
): number {
  const factorOf = (channel: number) => factors?.[channel] ?? 1;
  let [low, high, power] = [0, 0, 0];
  for (let channel = 0; channel < statistics.channels; channel += 1) {
    low = Math.min(low, (statistics.lowest[channel] as number) / factorOf(channel));
    high = Math.max(high, (statistics.highest[channel] as number) / factorOf(channel));
    power += statistics.meanSquare(channel) / factorOf(channel) ** 2;
  }
  const activationStep = (high - low) / 255;
  const levels = reduceRange ? 63 : 127;
  let noise = 0;
  for (const view of weights) {
    const { magnitudes, squares } = columnsOf(view, factorOf);
    const steps = perChannel ? magnitudes : magnitudes.fill(Math.max(...magnitudes));
    noise += (activationStep ** 2 * squares) / 12;
    for (const magnitude of steps) noise += ((magnitude / levels) ** 2 * power) / 12;
  }
  return noise;
}

/** The largest magnitude of each column, and the sum of all squares. */
function columnsOf({ data, rows, columns, isTransposed }: MatrixView, factorOf: (row: number) => number) {
  const magnitudes = new Float64Array(columns);
  let squares = 0;
  for (let row = 0; row < rows; row += 1) {
    const factor = factorOf(row);
    let at = isTransposed ? row : row * columns;
    for (let column = 0; column < columns; column += 1, at += isTransposed ? rows : 1) {
      const value = Math.abs((data[at] as number) * factor);
      squares += value * value;
      if (value > (magnitudes[column] as number)) magnitudes[column] = value;
    }
  }
  return { magnitudes, squares };
}
