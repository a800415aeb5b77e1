/** A constant matrix as tensors of integers, scales and zero points that are made while the model is written. */
import { NimifyError } from '../../base/errors.ts';
import { isProduced, loadBytes, type ProducedBytes } from '../../onnx/bytes.ts';
import { dataTypeOf } from '../../onnx/data-type.ts';
import { rawValues } from '../../onnx/external/raw-values.ts';
import { numberToHalf } from '../../onnx/half.ts';
import type { TensorProto } from '../../onnx/proto.ts';
import { bytesOfData } from '../../onnx/tensor.ts';
import { type BlockScheme, type BlockTable, packZeroPoints } from './block-table.ts';
import { acrossColumns, linearIntegers, packPairs } from './linear-blocks.ts';
import type { WeightRounding } from './options.ts';
import { ELEMENT_BYTES, type Matrix, type MatrixType, quantizeMatrix } from './quantize-matrix.ts';
import { refineTable, SEARCHES } from './refine-table.ts';

/** A tensor whose bytes are made when it is written. */
export interface LazyTensor {
  readonly dims: readonly number[];
  readonly bytes: ProducedBytes;
}

const PARTS = ['packed', 'scales', 'zeroPoints'] as const;
const SYMMETRIC_PARTS = ['packed', 'scales'] as const;
type Part = (typeof PARTS)[number];

export class BlockMatrix {
  readonly type: MatrixType;
  readonly rows: number;
  readonly columns: number;
  readonly blocks: number;
  readonly #tensor: TensorProto;
  readonly #isTransposed: boolean;
  readonly #scheme: BlockScheme;
  readonly #rounding: WeightRounding;
  /** Made once for all tensors that are written from it, and let go with the last of them. */
  #table: BlockTable | undefined;
  readonly #waiting = new Set<Part>();

  /** @param tensor of two dims and of a MatrixType, [K, N]; [N, K] where it is transposed */
  constructor(tensor: TensorProto, isTransposed: boolean, scheme: BlockScheme, rounding: WeightRounding = 'nearest') {
    const [first, second] = tensor.dims as [number, number];
    this.#tensor = tensor;
    this.#isTransposed = isTransposed;
    this.#scheme = scheme;
    this.#rounding = rounding;
    this.type = dataTypeOf(tensor.dataType) as MatrixType;
    [this.rows, this.columns] = isTransposed ? [second, first] : [first, second];
    this.blocks = Math.ceil(this.rows / scheme.blockSize);
  }

  /** uint8 [columns, blocks, blockSize · bits / 8] */
  packed(): LazyTensor {
    const blockBytes = (this.#scheme.blockSize * this.#scheme.bits) / 8;
    return this.#part('packed', [this.columns, this.blocks, blockBytes], ({ packed }) => packed);
  }

  /** [columns, blocks] of the type of the matrix */
  scales(): LazyTensor {
    return this.#part('scales', [this.columns, this.blocks], ({ scales }) => this.#scaleBytes(scales));
  }

  /** uint8 [columns, ⌈blocks · bits / 8⌉] */
  zeroPoints(): LazyTensor {
    const { bits } = this.#scheme;
    const dims = [this.columns, Math.ceil((this.blocks * bits) / 8)];
    return this.#part('zeroPoints', dims, (table) => packZeroPoints(table, bits));
  }

  /** The same in the form of a DequantizeLinear: integers with the dims of the matrix, [blocks, columns] scales and zero points. */
  linear(): Readonly<Record<Part, LazyTensor>> {
    const { rows, columns, blocks } = this;
    const { bits } = this.#scheme;
    const isTransposed = this.#isTransposed;
    const turned = (of: readonly [number, number]) => (isTransposed ? [of[1], of[0]] : of);
    const inOrder = <T extends Float32Array | Uint8Array>(list: T, table: BlockTable) =>
      isTransposed ? list : acrossColumns(list, table);
    const narrow = (values: Uint8Array) => (bits === 4 ? packPairs(values) : values);
    return {
      packed: this.#part(
        'packed',
        turned([rows, columns]),
        (table) => linearIntegers(table, { ...this.#scheme, rows, isTransposed }),
        bits,
      ),
      scales: this.#part('scales', turned([blocks, columns]), (table) =>
        this.#scaleBytes(inOrder(table.scales, table)),
      ),
      zeroPoints: this.#part(
        'zeroPoints',
        turned([blocks, columns]),
        (table) => narrow(inOrder(table.zeroPoints, table)),
        bits,
      ),
    };
  }

  #scaleBytes(scales: Float32Array): Uint8Array {
    return bytesOfData(this.type === 'float32' ? scales : Uint16Array.from(scales, numberToHalf));
  }

  #part(part: Part, dims: readonly number[], of: (table: BlockTable) => Uint8Array, bits = 8): LazyTensor {
    const width = part === 'scales' ? ELEMENT_BYTES[this.type] * 8 : bits;
    const length = Math.ceil((dims.reduce((product, dim) => product * dim, 1) * width) / 8);
    return { dims, bytes: { length, produce: () => this.#produce(part, of) } };
  }

  *#produce(part: Part, of: (table: BlockTable) => Uint8Array): Generator<Uint8Array> {
    if (this.#table === undefined) {
      this.#table = this.#quantize();
      this.#open();
    }
    yield of(this.#table);
    this.#waiting.delete(part);
    if (this.#waiting.size === 0) this.#table = undefined;
  }

  #open(): void {
    for (const one of this.#scheme.isSymmetric ? SYMMETRIC_PARTS : PARTS) this.#waiting.add(one);
  }

  #quantize(): BlockTable {
    const matrix = this.#matrix();
    const table = quantizeMatrix(matrix, this.#scheme);
    if (table === undefined) throw notFinite(this.#tensor.name ?? '');
    if (this.#rounding !== 'nearest') refineTable(matrix, table, this.#scheme, SEARCHES[this.#rounding]);
    return table;
  }

  #matrix(): Matrix {
    const { source } = rawValues(this.#tensor) as NonNullable<ReturnType<typeof rawValues>>;
    const { type, rows, columns } = this;
    const known = isProduced(source) ? loadBytes(source) : source;
    return { source: known, type, rows, columns, isTransposed: this.#isTransposed };
  }
}

function notFinite(name: string): NimifyError {
  return new NimifyError('METHOD_NOT_APPLICABLE', `The weight ${name} holds NaN or infinite values.`, {
    hint: 'The model is damaged or was trained into nonsense; export it again.',
    details: { tensor: name },
  });
}
