/** The default algorithm of MatMulNBitsQuantizer (MlasBlockwiseQuantize), one value after the other. */

export interface OracleScheme {
  readonly bits: 4 | 8;
  readonly blockSize: number;
  readonly isSymmetric: boolean;
  readonly round: (scale: number) => number;
}

/** @param valueAt of row and column */
export function oracle(rows: number, columns: number, scheme: OracleScheme, valueAt: (r: number, c: number) => number) {
  const { bits, blockSize } = scheme;
  const blocks = Math.ceil(rows / blockSize);
  const blockBytes = (blockSize * bits) / 8;
  const packed = new Uint8Array(columns * blocks * blockBytes);
  const scales: number[] = [];
  for (let c = 0; c < columns; c += 1) {
    for (let block = 0; block < blocks; block += 1) {
      const first = block * blockSize;
      const values = Array.from({ length: Math.min(blockSize, rows - first) }, (_, r) => valueAt(first + r, c));
      const { scale, zeroPoint } = scheme.isSymmetric ? symmetric(values, scheme) : asymmetric(values, scheme);
      scales.push(scale);
      const integers = values.map((value) => integerOf(value, scale, zeroPoint, 2 ** bits - 1));
      place(packed, (c * blocks + block) * blockBytes, integers, bits);
    }
  }
  return { packed, scales: Float32Array.from(scales) };
}

function symmetric(values: readonly number[], { bits, round }: OracleScheme) {
  // Of 0 and −0 the first one counts.
  let [low, high] = [values[0] as number, values[0] as number];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { scale: round((high > -low ? high : low) / -(2 ** (bits - 1))), zeroPoint: 2 ** (bits - 1) };
}

function asymmetric(values: readonly number[], { bits, round }: OracleScheme) {
  const [low, high, top] = [Math.min(...values, 0), Math.max(...values, 0), 2 ** bits - 1];
  const exact = Math.fround(Math.fround(high - low) / top);
  const zeroPoint = exact === 0 ? 0 : Math.min(Math.floor(Math.fround(-low / exact) + 0.5), top);
  return { scale: round(exact), zeroPoint };
}

/** Halves round away from zero. */
function integerOf(value: number, scale: number, zeroPoint: number, top: number): number {
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  const shifted = Math.fround(Math.fround(value * inverse) + zeroPoint);
  return shifted >= top ? top : shifted > 0 ? Math.floor(shifted + 0.5) : 0;
}

function place(packed: Uint8Array, start: number, integers: readonly number[], bits: 4 | 8): void {
  if (bits === 8) packed.set(integers, start);
  else
    for (let r = 0; r < integers.length; r += 2) {
      const at = start + (r >> 1);
      const upper = integers[r + 1];
      packed[at] = (integers[r] as number) | (upper === undefined ? (packed[at - 1] ?? 0) & 0xf0 : upper << 4);
    }
}
