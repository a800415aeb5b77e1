/** A whole matrix in blocks: a tile of it is read at a time, into the memory of the kernel. */
import { type FileRange, openReader, type PartReader } from '../../onnx/bytes.ts';
import { halfToNumber, numberToHalf } from '../../onnx/half.ts';
import { type BlockScheme, type BlockTable, emptyTable } from './block-table.ts';
import { blockKernel, TILE_VALUES } from './kernel/kernel.ts';
import { quantizeTile, type Tile } from './quantize-tile.ts';

/** Element types of matrices that are quantized. */
export type MatrixType = 'float32' | 'float16';

export const ELEMENT_BYTES: Readonly<Record<MatrixType, number>> = { float32: 4, float16: 2 };

/** A matrix [rows, columns]. */
export interface Matrix {
  /** Raw little-endian values, row-major. */
  readonly source: Uint8Array | FileRange;
  readonly type: MatrixType;
  readonly rows: number;
  readonly columns: number;
  /** True where the values lie as [columns, rows]. */
  readonly isTransposed: boolean;
}

/**
 * @returns undefined when a value is NaN or infinite
 * @throws NimifyError MODEL_TRUNCATED, or that of a file that cannot be read
 */
export function quantizeMatrix(matrix: Matrix, scheme: BlockScheme): BlockTable | undefined {
  const round = matrix.type === 'float32' ? Math.fround : roundToHalf;
  const table = emptyTable(matrix.columns, Math.ceil(matrix.rows / scheme.blockSize), scheme);
  const reader = openReader(matrix.source);
  try {
    for (const tile of tilesOf(matrix, scheme.blockSize)) {
      load(reader, matrix, tile);
      if (!quantizeTile(tile, table, { ...scheme, round })) return undefined;
    }
  } finally {
    reader.close();
  }
  return table;
}

/** Columns that are turned together: there is room for a whole number of such groups, also behind the last column. */
const GROUP = 4;

/** Of [rows, columns] the rows of one block, of [columns, rows] as many blocks and columns as there is room for. */
function* tilesOf({ rows, columns, isTransposed }: Matrix, blockSize: number): Generator<Tile> {
  const mostRows = Math.floor(TILE_VALUES / GROUP / blockSize) * blockSize;
  const tileRows = isTransposed ? Math.min(rows, mostRows) : blockSize;
  const tileColumns = Math.min(columns, Math.floor(TILE_VALUES / tileRows / GROUP) * GROUP);
  for (let firstRow = 0; firstRow < rows; firstRow += tileRows) {
    for (let firstColumn = 0; firstColumn < columns; firstColumn += tileColumns) {
      const rowCount = Math.min(tileRows, rows - firstRow);
      const columnCount = Math.min(tileColumns, columns - firstColumn);
      yield { firstRow, rowCount, firstColumn, columnCount, isTransposed };
    }
  }
}

/** Lines of the file that are whole in the tile are read at once. float16 is read where decoding does not run into it. */
function load(reader: PartReader, { type, rows, columns, isTransposed }: Matrix, tile: Tile): void {
  const kernel = blockKernel();
  const { firstRow, rowCount, firstColumn, columnCount } = tile;
  const [lineLength, firstLine, lines, first, count] = isTransposed
    ? [rows, firstColumn, columnCount, firstRow, rowCount]
    : [columns, firstRow, rowCount, firstColumn, columnCount];
  const width = ELEMENT_BYTES[type];
  const start = type === 'float32' ? kernel.at.tile : kernel.at.tile + (TILE_VALUES * 4) / 2;
  const [reads, length] = count === lineLength ? [1, lines * count * width] : [lines, count * width];
  for (let read = 0; read < reads; read += 1) {
    const at = start + read * length;
    reader.read(((firstLine + read) * lineLength + first) * width, kernel.bytes.subarray(at, at + length));
  }
  if (type === 'float16') kernel.decode(start, kernel.at.tile, lines * count);
}

/** The float16 nearest to a value. */
function roundToHalf(value: number): number {
  return halfToNumber(numberToHalf(value));
}
