/** What the inference knows of a value: its type with symbolic dims, and the elements of small tensors. */
import type { Dim } from '../build.ts';
import type { DataType } from '../data-type.ts';
import type { Call } from './call.ts';

/** Dims of a tensor; null when the rank is not known. See dims.ts for what a dim that is not a number means. */
export type Shape = readonly Dim[] | null;

export interface TensorType {
  /** `sparse` are the sparse_tensor types of onnx.proto, not initializers that happen to be stored sparsely. */
  readonly kind: 'tensor' | 'sparse';
  readonly dataType: DataType | null;
  readonly shape: Shape;
}

/** A list of values of one type, or a value that may be absent. */
export interface ContainerType {
  readonly kind: 'sequence' | 'optional';
  readonly element: ValueType | null;
}

interface MapType {
  readonly kind: 'map';
  readonly keyType: DataType | null;
  readonly value: ValueType | null;
}

export type ValueType = TensorType | ContainerType | MapType;

/** Nobody's tensor has more axes. What a hostile model says beyond it is not known: rules take time for each axis. */
export const MAX_RANK = 64;

/** Integer or float; a symbol where it is the size of a dim; null when not known. int64 beyond 2^53 loses its lowest bits. */
export type Element = number | string | null;

/** Elements of a small tensor, row-major. */
export interface Value {
  readonly dims: readonly number[];
  readonly elements: readonly Element[];
}

/** Types of the outputs in their order; null, or a list that is too short, where one is not known. */
export type Rule = (call: Call) => readonly (ValueType | null)[];

/** Operator → rule. The table's domain stands where it is registered. */
export type RuleTable = Readonly<Record<string, Rule>>;

/** Elements of an output that is known to be small, of this type; null when nothing is known of them. */
export type ValueRule = (
  call: Call,
  dims: readonly number[],
  dataType: DataType,
  output: number,
) => readonly Element[] | null;

export function tensor(dataType: DataType | null, shape: Shape): TensorType {
  return { kind: 'tensor', dataType, shape };
}

export function sequence(element: ValueType | null): ContainerType {
  return { kind: 'sequence', element };
}

export function optional(element: ValueType | null): ContainerType {
  return { kind: 'optional', element };
}
