/** How often values of a tensor fall where, and what a range makes of them. Memory does not grow with the samples. */
import type { Range } from '../affine.ts';

/** As many as TensorRT and ONNX Runtime's percentile calibration have. */
export const BINS = 2048;

export class Histogram {
  /** Of all values that will come. */
  readonly range: Range;
  /** BINS of equal width from `range.min` to `range.max`. */
  readonly counts: Float64Array;

  constructor(range: Range, counts: Float64Array = new Float64Array(BINS)) {
    this.range = range;
    this.counts = counts;
  }

  get width(): number {
    return (this.range.max - this.range.min) / BINS;
  }

  add(values: Float32Array): void {
    const { counts } = this;
    const { min } = this.range;
    const scale = this.width > 0 ? 1 / this.width : 0;
    for (let i = 0; i < values.length; i += 1) {
      const bin = ((values[i] as number) - min) * scale;
      const at = bin >= BINS ? BINS - 1 : bin > 0 ? bin | 0 : 0;
      counts[at] = (counts[at] as number) + 1;
    }
  }

  /** The middle of a bin. */
  centre(bin: number): number {
    return this.range.min + (bin + 0.5) * this.width;
  }
}

/** Sums over the bins below each edge, so that the error of a range costs the same for any range. */
export class HistogramSums {
  readonly #histogram: Histogram;
  readonly #counts = new Float64Array(BINS + 1);
  readonly #values = new Float64Array(BINS + 1);
  readonly #squares = new Float64Array(BINS + 1);

  constructor(histogram: Histogram) {
    this.#histogram = histogram;
    for (let bin = 0; bin < BINS; bin += 1) {
      const count = histogram.counts[bin] as number;
      const x = histogram.centre(bin);
      this.#counts[bin + 1] = (this.#counts[bin] as number) + count;
      this.#values[bin + 1] = (this.#values[bin] as number) + count * x;
      this.#squares[bin + 1] = (this.#squares[bin] as number) + count * x * x;
    }
  }

  /** The smallest edge below which at least this share of the values lies. */
  edgeAt(share: number): number {
    const wanted = share * (this.#counts[BINS] as number);
    let [low, high] = [0, BINS];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#counts[middle] as number) >= wanted) high = middle;
      else low = middle + 1;
    }
    return this.#edge(low);
  }

  /**
   * Mean squared error of `levels` integers over the range: what lies inside is off by up to half a step, evenly
   * (step² / 12), what lies outside by its distance.
   */
  meanSquaredError({ min, max }: Range, levels: number): number {
    const [low, high] = [this.#bin(min), this.#bin(max)];
    const total = this.#counts[BINS] as number;
    if (total === 0) return 0;
    const step = (max - min) / levels;
    const inside = (((this.#counts[high] as number) - (this.#counts[low] as number)) * (step * step)) / 12;
    return (inside + this.#distance(0, low, min) + this.#distance(high, BINS, max)) / total;
  }

  /** Σ (x − edge)² of the bins from `first` up to `last`. */
  #distance(first: number, last: number, edge: number): number {
    const of = (sums: Float64Array) => (sums[last] as number) - (sums[first] as number);
    return Math.max(of(this.#squares) - 2 * edge * of(this.#values) + edge * edge * of(this.#counts), 0);
  }

  #bin(value: number): number {
    const { range, width } = this.#histogram;
    if (width === 0) return value > range.min ? BINS : 0;
    return Math.min(Math.max(Math.round((value - range.min) / width), 0), BINS);
  }

  #edge(bin: number): number {
    const { range, width } = this.#histogram;
    return bin === BINS ? range.max : range.min + bin * width;
  }
}
