/** Names, types and shapes of graph inputs and outputs in plain words. */
import type { Dim } from './build.ts';
import { type DataType, dataTypeOf } from './data-type.ts';
import type { DimensionProto, GraphProto, ValueInfoProto } from './proto.ts';

/** `shape` is null when the rank is unknown; a dim is a size, a symbol, or null when it has neither. */
export interface TensorInfo {
  readonly name: string;
  /** Null for sequences, maps, optionals and for types that this version does not know. */
  readonly dataType: DataType | null;
  readonly shape: readonly Dim[] | null;
}

export function tensorInfo(value: ValueInfoProto): TensorInfo {
  const tensorType = value.type?.tensorType;
  return {
    name: value.name ?? '',
    dataType: dataTypeOf(tensorType?.elemType) ?? null,
    shape: tensorType?.shape?.dim.map(dimOf) ?? null,
  };
}

/** Some exporters write -1 where a size is not known, and ONNX Runtime takes it so. */
function dimOf(dim: DimensionProto): Dim {
  if (dim.dimValue !== undefined) return dim.dimValue < 0 ? null : dim.dimValue;
  return dim.dimParam || null;
}

/** Graph inputs without those that are initializers too (models of IR version 3 list both). */
export function realInputs(graph: GraphProto): ValueInfoProto[] {
  const initializers = new Set([
    ...graph.initializer.map((tensor) => tensor.name),
    ...graph.sparseInitializer.map((tensor) => tensor.values?.name),
  ]);
  return graph.input.filter((input) => !initializers.has(input.name));
}
