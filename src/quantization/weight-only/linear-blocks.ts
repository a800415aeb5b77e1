/**
 * The integers of a table of blocks in the order of the matrix that they were made of, as a DequantizeLinear with
 * `block_size` takes them (opset 21): two 4-bit values in a byte, low bits first, without padding at the end of a row.
 */
import type { BlockScheme, BlockTable } from './block-table.ts';

interface LinearLayout extends Pick<BlockScheme, 'bits' | 'isSymmetric' | 'blockSize'> {
  /** Rows of the matrix [rows, columns]: those of the last block may be fewer. */
  readonly rows: number;
  /** True where the values lie as [columns, rows]. */
  readonly isTransposed: boolean;
}

/** Columns whose bytes stay in the cache while rows are put together. */
const COLUMNS = 64;

/**
 * uint4 and uint8; where blocks are symmetric int4 and int8, of which 0 is the zero point: the middle is taken away, which
 * turns over the highest bit.
 */
export function linearIntegers(table: BlockTable, layout: LinearLayout): Uint8Array {
  const { rows, isTransposed, bits, isSymmetric, blockSize } = layout;
  const { packed, columns, blocks, blockBytes } = table;
  const half = bits === 4;
  const flip = isSymmetric ? 1 << (bits - 1) : 0;
  const made = new Uint8Array(Math.ceil((rows * columns * bits) / 8));
  for (let first = 0; first < columns; first += COLUMNS) {
    const end = Math.min(first + COLUMNS, columns);
    for (let row = 0; row < rows; row += 1) {
      const block = Math.floor(row / blockSize);
      const inside = row - block * blockSize;
      const offset = block * blockBytes + (half ? inside >> 1 : inside);
      const shift = half ? (inside & 1) * 4 : 0;
      for (let column = first; column < end; column += 1) {
        const byte = packed[column * blocks * blockBytes + offset] as number;
        const at = isTransposed ? column * rows + row : row * columns + column;
        if (half) made[at >>> 1] = (made[at >>> 1] as number) | ((((byte >> shift) & 15) ^ flip) << ((at & 1) * 4));
        else made[at] = byte ^ flip;
      }
    }
  }
  return made;
}

/** [blocks, columns] of a list [columns, blocks]. */
export function acrossColumns<T extends Float32Array | Uint8Array>(list: T, { columns, blocks }: BlockTable): T {
  const made = list.slice() as T;
  for (let column = 0; column < columns; column += 1) {
    for (let block = 0; block < blocks; block += 1)
      made[block * columns + column] = list[column * blocks + block] as number;
  }
  return made;
}

/** Two in a byte, low bits first. */
export function packPairs(values: Uint8Array): Uint8Array {
  return Uint8Array.from(
    { length: Math.ceil(values.length / 2) },
    (_, i) => (values[i * 2] as number) | ((values[i * 2 + 1] ?? 0) << 4),
  );
}
