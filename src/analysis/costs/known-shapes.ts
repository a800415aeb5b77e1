/** Sizes of tensors for sums over a graph: what is not known is NaN, and so is all that is calculated from it. */
import { byteLengthOf } from '../../onnx/data-type.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';

export class KnownShapes {
  readonly #infos: ReadonlyMap<string, TensorInfo>;

  constructor(shapes: Readonly<Record<string, TensorInfo>>) {
    this.#infos = new Map(Object.entries(shapes));
  }

  /** Dims that are numbers; NaN for those that are not; undefined when the rank is unknown. */
  dims(name: string | undefined): readonly number[] | undefined {
    const shape = this.#infos.get(name ?? '')?.shape;
    return shape?.map((dim) => (typeof dim === 'number' ? dim : Number.NaN));
  }

  /** Elements of the tensor. */
  size(name: string | undefined): number {
    const dims = this.dims(name);
    return dims === undefined ? Number.NaN : elementCount(dims);
  }

  /** One dim; negative axes count from the end. */
  dim(name: string | undefined, axis: number): number {
    return this.dims(name)?.at(axis) ?? Number.NaN;
  }

  /** Bytes of the tensor in memory. */
  bytes(name: string | undefined): number {
    const dataType = this.#infos.get(name ?? '')?.dataType;
    const size = this.size(name);
    if (!dataType || Number.isNaN(size)) return Number.NaN;
    return byteLengthOf(dataType, size) ?? Number.NaN;
  }
}
