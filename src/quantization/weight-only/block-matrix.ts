/** A constant matrix as blocks of integers that are made while the model is written: one band of rows is read at a time. */
import { NimifyError } from '../../base/errors.ts';
import { isProduced, loadBytes, type ProducedBytes, tiles } from '../../onnx/bytes.ts';
import { dataTypeOf } from '../../onnx/data-type.ts';
import { rawValues } from '../../onnx/external/raw-values.ts';
import { halfToNumber, numberToHalf } from '../../onnx/half.ts';
import type { TensorProto } from '../../onnx/proto.ts';
import { bytesOfData, viewBytes } from '../../onnx/tensor.ts';
import {
  type BlockScheme,
  type BlockTable,
  type BlockValues,
  emptyTable,
  packZeroPoints,
  quantizeBlock,
} from './block-kernel.ts';

/** Element types of matrices that are quantized. */
export const MATRIX_TYPES = ['float32', 'float16'] as const;
export type MatrixType = (typeof MATRIX_TYPES)[number];

export interface Matrix {
  /** Of two dims, float32 or float16. */
  readonly tensor: TensorProto;
  /** True for [N, K] instead of [K, N]. */
  readonly isTransposed: boolean;
}

/** A tensor whose bytes are made when it is written. */
export interface LazyTensor {
  readonly dims: readonly number[];
  readonly bytes: ProducedBytes;
}

const PARTS = ['packed', 'scales', 'zeroPoints'] as const;
const SYMMETRIC_PARTS = ['packed', 'scales'] as const;
type Part = (typeof PARTS)[number];

const WIDTHS: Readonly<Record<MatrixType, number>> = { float32: 4, float16: 2 };

/** Rows of a transposed matrix that are read at once. */
const TRANSPOSED_ROWS = 64;

export class BlockMatrix {
  readonly type: MatrixType;
  readonly rows: number;
  readonly columns: number;
  readonly blocks: number;
  readonly #matrix: Matrix;
  readonly #scheme: BlockScheme;
  /** Made once for all tensors that are written from it, and let go with the last of them. */
  #table: BlockTable | undefined;
  readonly #waiting = new Set<Part>();

  constructor(matrix: Matrix, scheme: Omit<BlockScheme, 'round'>) {
    const [first, second] = matrix.tensor.dims as [number, number];
    this.#matrix = matrix;
    this.type = dataTypeOf(matrix.tensor.dataType) as MatrixType;
    this.#scheme = { ...scheme, round: this.type === 'float32' ? Math.fround : roundToHalf };
    [this.rows, this.columns] = matrix.isTransposed ? [second, first] : [first, second];
    this.blocks = Math.ceil(this.rows / scheme.blockSize);
  }

  /** uint8 [columns, blocks, blockSize · bits / 8] */
  packed(): LazyTensor {
    const blockBytes = (this.#scheme.blockSize * this.#scheme.bits) / 8;
    return this.#part('packed', [this.columns, this.blocks, blockBytes], 1, ({ packed }) => packed);
  }

  /** [columns, blocks] of the type of the matrix */
  scales(): LazyTensor {
    return this.#part('scales', [this.columns, this.blocks], WIDTHS[this.type], ({ scales }) =>
      bytesOfData(this.type === 'float32' ? scales : Uint16Array.from(scales, numberToHalf)),
    );
  }

  /** uint8 [columns, ⌈blocks · bits / 8⌉] */
  zeroPoints(): LazyTensor {
    const { bits } = this.#scheme;
    const dims = [this.columns, Math.ceil((this.blocks * bits) / 8)];
    return this.#part('zeroPoints', dims, 1, (table) => packZeroPoints(table, bits));
  }

  #part(part: Part, dims: readonly number[], width: number, of: (table: BlockTable) => Uint8Array): LazyTensor {
    const length = dims.reduce((product, dim) => product * dim, width);
    return { dims, bytes: { length, produce: () => this.#produce(part, of) } };
  }

  *#produce(part: Part, of: (table: BlockTable) => Uint8Array): Generator<Uint8Array> {
    if (this.#table === undefined) {
      this.#table = this.#quantize();
      for (const one of this.#scheme.isSymmetric ? SYMMETRIC_PARTS : PARTS) this.#waiting.add(one);
    }
    yield of(this.#table);
    this.#waiting.delete(part);
    if (this.#waiting.size === 0) this.#table = undefined;
  }

  #quantize(): BlockTable {
    const table = emptyTable(this.columns, this.blocks, this.#scheme);
    for (const part of this.#matrix.isTransposed ? this.#bands() : this.#blockRows()) {
      if (!quantizeBlock(part, table, this.#scheme)) throw notFinite(this.#matrix.tensor.name ?? '');
    }
    return table;
  }

  /** Of [K, N]: the rows of one block are one piece of the file. */
  *#blockRows(): Generator<BlockValues> {
    const { columns, rows } = this;
    const { blockSize } = this.#scheme;
    const common = { offset: 0, rowStride: columns, columnStride: 1, firstColumn: 0, columnCount: columns };
    let block = 0;
    for (const values of this.#floats(blockSize * columns)) {
      yield { ...common, values, rowCount: Math.min(blockSize, rows - block * blockSize), block };
      block += 1;
    }
  }

  /** Of [N, K]: each row of the file holds all blocks of one column. */
  *#bands(): Generator<BlockValues> {
    const { rows } = this;
    const { blockSize } = this.#scheme;
    let firstColumn = 0;
    for (const values of this.#floats(TRANSPOSED_ROWS * rows)) {
      const columnCount = values.length / rows;
      const common = { values, rowStride: 1, columnStride: rows, firstColumn, columnCount };
      for (let block = 0; block < this.blocks; block += 1) {
        const offset = block * blockSize;
        yield { ...common, offset, rowCount: Math.min(blockSize, rows - offset), block };
      }
      firstColumn += columnCount;
    }
  }

  /** The values in pieces of `count`; a piece is only valid until the next one is asked for. */
  *#floats(count: number): Generator<Float32Array> {
    const { source } = rawValues(this.#matrix.tensor) as NonNullable<ReturnType<typeof rawValues>>;
    const known = isProduced(source) ? loadBytes(source) : source;
    for (const piece of tiles(known, count * WIDTHS[this.type])) yield toFloats(piece, this.type);
  }
}

/** The float16 nearest to a value. */
function roundToHalf(value: number): number {
  return halfToNumber(numberToHalf(value));
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

function notFinite(name: string): NimifyError {
  return new NimifyError('METHOD_NOT_APPLICABLE', `The weight ${name} holds NaN or infinite values.`, {
    hint: 'The model is damaged or was trained into nonsense; export it again.',
    details: { tensor: name },
  });
}
