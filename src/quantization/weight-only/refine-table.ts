/** Puts better scales, zero points and integers into a table of blocks, one block after the other. */
import { openReader } from '../../onnx/bytes.ts';
import { halfToNumber, numberToHalf } from '../../onnx/half.ts';
import { viewBytes } from '../../onnx/tensor.ts';
import type { ScaleScheme } from './block-scales.ts';
import { type BlockSearch, emptyBlock, type SearchedBlock, searchBlock } from './block-search.ts';
import type { BlockScheme, BlockTable } from './block-table.ts';
import { hqq } from './hqq.ts';
import { kQuant } from './k-quant.ts';
import { ELEMENT_BYTES, type Matrix } from './quantize-matrix.ts';

export const SEARCHES: Readonly<Record<'k-quant' | 'hqq', BlockSearch>> = { 'k-quant': kQuant, hqq };

/** Values that lie together in the file: lines of all columns, or one column of all rows. */
interface Part {
  readonly values: Float32Array;
  readonly firstRow: number;
  readonly rowCount: number;
  readonly firstColumn: number;
  readonly columnCount: number;
}

/** @param table of round-to-nearest, for the same matrix and scheme */
export function refineTable(matrix: Matrix, table: BlockTable, scheme: BlockScheme, search: BlockSearch): void {
  const { blockSize } = scheme;
  const round = matrix.type === 'float32' ? Math.fround : (scale: number) => halfToNumber(numberToHalf(scale));
  const [whole, last] = [emptyBlock(blockSize), emptyBlock(matrix.rows % blockSize)];
  for (const part of partsOf(matrix, blockSize)) {
    for (let row = 0; row < part.rowCount; row += blockSize) {
      const block = part.rowCount - row < blockSize ? last : whole;
      for (let column = 0; column < part.columnCount; column += 1) {
        fill(block, part, row, column);
        const at = (part.firstColumn + column) * table.blocks + (part.firstRow + row) / blockSize;
        refineBlock(block, table, at, { ...scheme, round }, search);
      }
    }
  }
}

function* partsOf(matrix: Matrix, blockSize: number): Generator<Part> {
  const { source, type, rows, columns, isTransposed } = matrix;
  const reader = openReader(source);
  const read = (first: number, count: number): Float32Array => {
    const bytes = new Uint8Array(count * ELEMENT_BYTES[type]);
    reader.read(first * ELEMENT_BYTES[type], bytes);
    const values = viewBytes(bytes, type);
    return type === 'float32' ? (values as Float32Array) : Float32Array.from(values as Uint16Array, halfToNumber);
  };
  try {
    if (isTransposed) {
      for (let column = 0; column < columns; column += 1) {
        const values = read(column * rows, rows);
        yield { values, firstRow: 0, rowCount: rows, firstColumn: column, columnCount: 1 };
      }
      return;
    }
    for (let row = 0; row < rows; row += blockSize) {
      const rowCount = Math.min(blockSize, rows - row);
      const values = read(row * columns, rowCount * columns);
      yield { values, firstRow: row, rowCount, firstColumn: 0, columnCount: columns };
    }
  } finally {
    reader.close();
  }
}

function fill({ values }: SearchedBlock, part: Part, row: number, column: number): void {
  for (let i = 0, from = row * part.columnCount + column; i < values.length; i += 1, from += part.columnCount) {
    values[i] = part.values[from] as number;
  }
}

function refineBlock(
  block: SearchedBlock,
  table: BlockTable,
  at: number,
  scheme: ScaleScheme,
  search: BlockSearch,
): void {
  const pair = { scale: table.scales[at] as number, zeroPoint: table.zeroPoints[at] as number };
  if (!searchBlock(block, pair, scheme, search)) return;
  table.scales[at] = pair.scale;
  table.zeroPoints[at] = pair.zeroPoint;
  const start = at * table.blockBytes;
  const { integers } = block;
  if (scheme.bits === 8) table.packed.set(integers, start);
  else {
    for (let i = 0; i < integers.length; i += 2) {
      table.packed[start + i / 2] = (integers[i] as number) | ((integers[i + 1] ?? 0) << 4);
    }
  }
}
