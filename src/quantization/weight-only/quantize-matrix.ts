/** A whole matrix in blocks: one band of it is read at a time. Runs in this thread, or in one of its own. */
import { type FileRange, tiles } from '../../onnx/bytes.ts';
import { halfToNumber, numberToHalf } from '../../onnx/half.ts';
import { viewBytes } from '../../onnx/tensor.ts';
import { type BlockScheme, type BlockTable, type BlockValues, emptyTable, quantizeBlock } from './block-kernel.ts';

/** Element types of matrices that are quantized. */
export type MatrixType = 'float32' | 'float16';

export const ELEMENT_BYTES: Readonly<Record<MatrixType, number>> = { float32: 4, float16: 2 };

/** A matrix [rows, columns]; all of it can be sent to another thread. */
export interface Matrix {
  /** Raw little-endian values, row-major. */
  readonly source: Uint8Array | FileRange;
  readonly type: MatrixType;
  readonly rows: number;
  readonly columns: number;
  /** True where the values lie as [columns, rows]. */
  readonly isTransposed: boolean;
}

/** Rows of a transposed matrix that are read at once. */
const BAND = 64;

/**
 * @returns undefined when a value is NaN or infinite
 * @throws NimifyError MODEL_TRUNCATED, or that of a file that cannot be read
 */
export function quantizeMatrix(matrix: Matrix, scheme: Omit<BlockScheme, 'round'>): BlockTable | undefined {
  const rounding = { ...scheme, round: matrix.type === 'float32' ? Math.fround : roundToHalf };
  const table = emptyTable(matrix.columns, Math.ceil(matrix.rows / scheme.blockSize), rounding);
  const parts = matrix.isTransposed ? bands(matrix, scheme.blockSize) : blockRows(matrix, scheme.blockSize);
  for (const part of parts) if (!quantizeBlock(part, table, rounding)) return undefined;
  return table;
}

/** Of [rows, columns]: the rows of one block are one piece of the file. */
function* blockRows(matrix: Matrix, blockSize: number): Generator<BlockValues> {
  const { rows, columns } = matrix;
  const common = { offset: 0, rowStride: columns, columnStride: 1, firstColumn: 0, columnCount: columns };
  let block = 0;
  for (const values of floats(matrix, blockSize * columns)) {
    yield { ...common, values, rowCount: Math.min(blockSize, rows - block * blockSize), block };
    block += 1;
  }
}

/** Of [columns, rows]: each row of the file holds all blocks of one column. */
function* bands(matrix: Matrix, blockSize: number): Generator<BlockValues> {
  const { rows } = matrix;
  let firstColumn = 0;
  for (const values of floats(matrix, BAND * rows)) {
    const columnCount = values.length / rows;
    const common = { values, rowStride: 1, columnStride: rows, firstColumn, columnCount };
    for (let offset = 0; offset < rows; offset += blockSize)
      yield { ...common, offset, rowCount: Math.min(blockSize, rows - offset), block: offset / blockSize };
    firstColumn += columnCount;
  }
}

/** The values in pieces of `count`; a piece is only valid until the next one is asked for. */
function* floats({ source, type }: Matrix, count: number): Generator<Float32Array> {
  for (const piece of tiles(source, count * ELEMENT_BYTES[type])) yield toFloats(piece, type);
}

function toFloats(piece: Uint8Array, type: MatrixType): Float32Array {
  if (type === 'float32') return viewBytes(piece, 'float32') as Float32Array;
  halves ??= Float32Array.from({ length: 1 << 16 }, (_, bits) => halfToNumber(bits));
  const bits = viewBytes(piece, 'float16') as Uint16Array;
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i += 1) values[i] = halves[bits[i] as number] as number;
  return values;
}

/** The value of every float16, once one was met. */
let halves: Float32Array | undefined;

/** The float16 nearest to a value. */
function roundToHalf(value: number): number {
  return halfToNumber(numberToHalf(value));
}
