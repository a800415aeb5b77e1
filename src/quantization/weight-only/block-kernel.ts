/**
 * Round-to-nearest integers of 4 or 8 bits in blocks along the inner dimension of a matrix, byte for byte those of ONNX
 * Runtime's MlasBlockwiseQuantize (`MatMulNBitsQuantizer` with its default algorithm): every step is rounded to float32,
 * the scale is inverted once, and halves round away from zero.
 */

export interface BlockScheme {
  readonly bits: 4 | 8;
  /** Values that share one scale: a power of two from 16 to 256. */
  readonly blockSize: number;
  /** One zero point for all, 2^(bits − 1), and signed scales; else a zero point per block. */
  readonly isSymmetric: boolean;
  /** Rounds a scale to the type in which it is kept. */
  readonly round: (scale: number) => number;
}

/** The quantized form of a matrix [K, columns], each column cut into `blocks` blocks, in the layout of MatMulNBits. */
export interface BlockTable {
  /** Unsigned integers, [columns, blocks, blockSize · bits / 8]; the first one of a byte is in its lowest bits. */
  readonly packed: Uint8Array;
  /** [columns, blocks] */
  readonly scales: Float32Array;
  /** [columns, blocks], one in a byte. */
  readonly zeroPoints: Uint8Array;
  readonly columns: number;
  readonly blocks: number;
}

/** Values of one block of some columns; the one of row r and column c lies at `offset + r · rowStride + c · columnStride`. */
export interface BlockValues {
  readonly values: Float32Array;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
  /** Fewer than blockSize in the last block. */
  readonly rowCount: number;
  readonly block: number;
  readonly firstColumn: number;
  readonly columnCount: number;
}

export function emptyTable(columns: number, blocks: number, { bits, blockSize }: BlockScheme): BlockTable {
  const count = columns * blocks;
  const packed = new Uint8Array(count * ((blockSize * bits) / 8));
  return { packed, scales: new Float32Array(count), zeroPoints: new Uint8Array(count), columns, blocks };
}

/** Columns that are walked side by side: all that they touch stays in the cache. */
const STRIP = 256;
const low = new Float32Array(STRIP);
const high = new Float32Array(STRIP);
const inverse = new Float32Array(STRIP);
const zero = new Float32Array(STRIP);

/** @returns false when a value is NaN or infinite */
export function quantizeBlock(from: BlockValues, table: BlockTable, scheme: BlockScheme): boolean {
  const { block, firstColumn, columnCount } = from;
  const pack = scheme.bits === 4 ? pack4 : pack8;
  for (let first = 0; first < columnCount; first += STRIP) {
    const width = Math.min(STRIP, columnCount - first);
    const start = from.offset + first * from.columnStride;
    if (!measure(from, start, width)) return false;
    for (let c = 0; c < width; c += 1) {
      const at = (firstColumn + first + c) * table.blocks + block;
      table.scales[at] = scheme.isSymmetric ? symmetric(c, scheme) : asymmetric(c, scheme);
      table.zeroPoints[at] = zero[c] as number;
    }
    pack(from, start, width, table, firstColumn + first);
  }
  return true;
}

function measure({ values, rowCount, rowStride, columnStride }: BlockValues, start: number, width: number): boolean {
  low.fill(Number.POSITIVE_INFINITY);
  high.fill(Number.NEGATIVE_INFINITY);
  let poison = 0;
  for (let r = 0; r < rowCount; r += 1) {
    let at = start + r * rowStride;
    for (let c = 0; c < width; c += 1, at += columnStride) {
      const value = values[at] as number;
      if (value < (low[c] as number)) low[c] = value;
      if (value > (high[c] as number)) high[c] = value;
      // NaN and infinity make NaN of it, and everything else leaves it 0.
      poison += value * 0;
    }
  }
  return poison === 0;
}

/** The scale carries the sign of the value of largest magnitude, so that this one becomes −2^(bits − 1) exactly. */
function symmetric(c: number, { bits, round }: BlockScheme): number {
  const middle = 2 ** (bits - 1);
  const extreme = (high[c] as number) > -(low[c] as number) ? (high[c] as number) : (low[c] as number);
  const scale = round(extreme / -middle);
  inverse[c] = scale === 0 ? 0 : 1 / scale;
  zero[c] = middle;
  return scale;
}

/** The zero point is that of the scale before it was rounded to its type. */
function asymmetric(c: number, { bits, round }: BlockScheme): number {
  const top = 2 ** bits - 1;
  const min = Math.min(low[c] as number, 0);
  const exact = Math.fround(Math.fround(Math.max(high[c] as number, 0) - min) / top);
  const scale = round(exact);
  inverse[c] = scale === 0 ? 0 : 1 / scale;
  zero[c] = exact === 0 ? 0 : Math.min(Math.floor(Math.fround(-min / exact) + 0.5), top);
  return scale;
}

/** Halves round away from zero, as far as that is above 0: what is below is cut off there. */
function integer(value: number, c: number, top: number): number {
  const shifted = Math.fround(Math.fround(value * (inverse[c] as number)) + (zero[c] as number));
  return shifted >= top ? top : shifted > 0 ? (shifted + 0.5) | 0 : 0;
}

/** No kernel reads the upper half of a byte behind a lone last row; it holds that of the byte before, as MLAS leaves it. */
function pack4(from: BlockValues, start: number, width: number, table: BlockTable, column: number): void {
  const { values, rowCount, rowStride, columnStride, block } = from;
  const { packed, blocks } = table;
  const blockBytes = bytesOfBlock(table);
  const stride = blocks * blockBytes;
  for (let r = 0; r < rowCount; r += 2) {
    let at = start + r * rowStride;
    const hasPair = r + 1 < rowCount;
    let to = column * stride + block * blockBytes + (r >> 1);
    for (let c = 0; c < width; c += 1, to += stride, at += columnStride) {
      const one = integer(values[at] as number, c, 15);
      packed[to] = one | (hasPair ? integer(values[at + rowStride] as number, c, 15) << 4 : leftover(packed, to));
    }
  }
}

function leftover(packed: Uint8Array, at: number): number {
  return (packed[at - 1] ?? 0) & 0xf0;
}

function pack8(from: BlockValues, start: number, width: number, table: BlockTable, column: number): void {
  const { values, rowCount, rowStride, columnStride, block } = from;
  const { packed, blocks } = table;
  const blockBytes = bytesOfBlock(table);
  const stride = blocks * blockBytes;
  for (let r = 0; r < rowCount; r += 1) {
    let at = start + r * rowStride;
    let to = column * stride + block * blockBytes + r;
    for (let c = 0; c < width; c += 1, to += stride, at += columnStride)
      packed[to] = integer(values[at] as number, c, 255);
  }
}

function bytesOfBlock({ packed, columns, blocks }: BlockTable): number {
  return packed.length / (columns * blocks);
}

/** Zero points as MatMulNBits takes them: packed per column; slots at the end that no block has hold the middle. */
export function packZeroPoints({ zeroPoints, columns, blocks }: BlockTable, bits: BlockScheme['bits']): Uint8Array {
  if (bits === 8) return zeroPoints;
  const rowBytes = Math.ceil(blocks / 2);
  const packed = new Uint8Array(columns * rowBytes).fill(0x88);
  for (let column = 0; column < columns; column += 1) {
    for (let block = 0; block < blocks; block += 1) {
      const at = column * rowBytes + (block >> 1);
      const value = zeroPoints[column * blocks + block] as number;
      const kept = packed[at] as number;
      packed[at] = block % 2 === 0 ? (kept & 0xf0) | value : (kept & 0x0f) | (value << 4);
    }
  }
  return packed;
}
