/** What the values of a tensor are like, gathered piece by piece: range, mean, spread, zeros, and what is not finite. */
import { DATA_TYPES, type DataType } from '../data-type.ts';
import { viewBytes } from '../tensor.ts';
import { valueTable } from './low-precision.ts';

export interface ValueStatistics {
  /** Elements; complex numbers count as two. */
  readonly count: number;
  /** Over the finite values; null where there is none. int64 beyond 2⁵³ is rounded to the nearest double. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Of the population. */
  readonly standardDeviation: number | null;
  readonly zeroCount: number;
  readonly nanCount: number;
  readonly infinityCount: number;
}

export class StatisticsBuilder {
  readonly #dataType: DataType;
  readonly #table: Float64Array | undefined;
  #left: number;
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #zeros = 0;
  #nans = 0;
  #infinities = 0;
  /** Sums are taken around the first finite value, so that a large mean does not drown a small spread. */
  #center: number | undefined;
  #sum = 0;
  #squares = 0;

  /** @param elements of the tensor: the last byte of types below 8 bits may be padded */
  constructor(dataType: DataType, elements: number) {
    this.#dataType = dataType;
    this.#table = valueTable(dataType);
    this.#left = dataType.startsWith('complex') ? elements * 2 : elements;
  }

  /** Takes the next piece of raw little-endian values, whole elements each time. */
  add(bytes: Uint8Array): void {
    const { bits } = DATA_TYPES[this.#dataType];
    const table = this.#table;
    const array = viewBytes(bytes, this.#dataType);
    if (bits !== null && bits < 8) this.#addAll(unpacked(bytes, bits, table as Float64Array, this.#left));
    else if (table !== undefined) this.#addAll(Float64Array.from(array as Uint8Array, (b) => table[b] as number));
    else if (array instanceof BigInt64Array || array instanceof BigUint64Array) {
      this.#addAll(Float64Array.from(array as Iterable<bigint>, Number));
    } else this.#addAll(array instanceof Float32Array ? array : new Float64Array(array));
  }

  result(): ValueStatistics {
    const finite = this.#count - this.#nans - this.#infinities;
    const mean = finite === 0 ? null : (this.#center ?? 0) + this.#sum / finite;
    const variance = finite === 0 ? 0 : Math.max(0, this.#squares / finite - (this.#sum / finite) ** 2);
    return {
      count: this.#count,
      min: finite === 0 ? null : this.#min,
      max: finite === 0 ? null : this.#max,
      mean,
      standardDeviation: finite === 0 ? null : Math.sqrt(variance),
      zeroCount: this.#zeros,
      nanCount: this.#nans,
      infinityCount: this.#infinities,
    };
  }

  /** One plain loop over locals and two kinds of arrays: this is where the time goes. */
  #addAll(values: Float32Array | Float64Array): void {
    this.#center ??= firstFinite(values);
    const shift = this.#center ?? 0;
    let [min, max, sum, squares, zeros, odd] = [this.#min, this.#max, 0, 0, 0, 0];
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i] as number;
      if (!(value - value === 0)) {
        odd += 1;
        continue;
      }
      if (value < min) min = value;
      if (value > max) max = value;
      if (value === 0) zeros += 1;
      const distance = value - shift;
      sum += distance;
      squares += distance * distance;
    }
    this.#min = min;
    this.#max = max;
    this.#sum += sum;
    this.#squares += squares;
    this.#zeros += zeros;
    this.#count += values.length;
    this.#left -= values.length;
    if (odd > 0) this.#addOdd(values);
  }

  #addOdd(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i += 1) {
      if (Number.isNaN(values[i])) this.#nans += 1;
      else if (!Number.isFinite(values[i])) this.#infinities += 1;
    }
  }
}

function firstFinite(values: ArrayLike<number>): number | undefined {
  for (let i = 0; i < values.length; i += 1) if (Number.isFinite(values[i])) return values[i];
  return undefined;
}

/** Elements follow each other from the low bits up, across bytes too (onnx.proto, comment of raw_data). */
function unpacked(bytes: Uint8Array, bits: number, table: Float64Array, left: number): Float64Array {
  const mask = (1 << bits) - 1;
  const values = new Float64Array(Math.min(left, Math.floor((bytes.length * 8) / bits)));
  for (let i = 0; i < values.length; i += 1) {
    const at = (i * bits) >> 3;
    const pair = (bytes[at] as number) | ((bytes[at + 1] ?? 0) << 8);
    values[i] = table[(pair >> ((i * bits) & 7)) & mask] as number;
  }
  return values;
}
