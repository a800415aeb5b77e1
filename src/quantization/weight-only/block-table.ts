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
}

/** The quantized form of a matrix [K, columns], each column cut into `blocks` blocks, in the layout of MatMulNBits. */
export interface BlockTable {
  /** Unsigned integers, [columns, blocks, blockBytes]; the first one of a byte is in its lowest bits. */
  readonly packed: Uint8Array;
  /** [columns, blocks] */
  readonly scales: Float32Array;
  /** [columns, blocks], one in a byte. */
  readonly zeroPoints: Uint8Array;
  readonly columns: number;
  readonly blocks: number;
  readonly blockBytes: number;
}

export function emptyTable(columns: number, blocks: number, { bits, blockSize }: BlockScheme): BlockTable {
  const count = columns * blocks;
  const blockBytes = (blockSize * bits) / 8;
  return {
    packed: new Uint8Array(count * blockBytes),
    scales: new Float32Array(count),
    zeroPoints: new Uint8Array(count),
    columns,
    blocks,
    blockBytes,
  };
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
