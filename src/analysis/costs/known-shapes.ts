/** Sizes of tensors for sums over a graph: what is not known is NaN, and so is all that is calculated from it. */
import { byteLengthOf, type DataType } from '../../onnx/data-type.ts';
import type { GraphProto, TensorProto } from '../../onnx/proto.ts';
import { smallValue } from '../../onnx/shapes/constants.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';

/** What is known in one graph; names that it does not have are looked up in the graph around it. */
export class KnownShapes {
  readonly #infos: Readonly<Record<string, TensorInfo>>;
  readonly #outer: KnownShapes | undefined;
  readonly #constants: ReadonlyMap<string, TensorProto>;

  constructor(infos: Readonly<Record<string, TensorInfo>>, graph?: GraphProto, outer?: KnownShapes) {
    this.#infos = infos;
    this.#outer = outer;
    this.#constants = graph === undefined ? new Map() : constantsOf(graph);
  }

  info(name: string | undefined): TensorInfo | undefined {
    if (!name) return undefined;
    return Object.hasOwn(this.#infos, name) ? this.#infos[name] : this.#outer?.info(name);
  }

  /** The initializer, or the tensor of the Constant node, of this name. */
  constant(name: string | undefined): TensorProto | undefined {
    if (!name) return undefined;
    const constant = this.#constants.get(name);
    if (constant !== undefined) return constant;
    return Object.hasOwn(this.#infos, name) ? undefined : this.#outer?.constant(name);
  }

  /** Dims that are numbers; NaN for those that are not; undefined when the rank is unknown. */
  dims(name: string | undefined): readonly number[] | undefined {
    return this.info(name)?.shape?.map((dim) => (typeof dim === 'number' ? dim : Number.NaN));
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

  dataType(name: string | undefined): DataType | null {
    return this.info(name)?.dataType ?? null;
  }

  /** Bytes of the tensor in memory. */
  bytes(name: string | undefined): number {
    const dataType = this.dataType(name);
    const size = this.size(name);
    if (dataType === null || Number.isNaN(size)) return Number.NaN;
    return byteLengthOf(dataType, size) ?? Number.NaN;
  }

  /** The values of a constant with few elements; undefined for everything else. */
  numbers(name: string | undefined): readonly number[] | undefined {
    const constant = this.constant(name);
    const elements = constant === undefined ? undefined : smallValue(constant)?.elements;
    return elements?.map((element) => (typeof element === 'number' ? element : Number.NaN));
  }
}

function constantsOf(graph: GraphProto): Map<string, TensorProto> {
  const constants = new Map<string, TensorProto>();
  for (const tensor of graph.initializer) constants.set(tensor.name ?? '', tensor);
  for (const { opType, output, attribute } of graph.node) {
    const tensor = opType === 'Constant' ? attribute[0]?.t : undefined;
    if (tensor !== undefined) constants.set(output[0] ?? '', tensor);
  }
  return constants;
}
