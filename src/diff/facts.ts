/** What differs between two models. The JSON form is the `result` of `nimify diff`. */
import type { DataType } from '../onnx/data-type.ts';
import type { TensorInfo } from '../onnx/value-info.ts';

export interface ModelDiff {
  readonly before: DiffedModel;
  readonly after: DiffedModel;
  /** True when graph, weights and all else that is compared are the same; the bytes of the files may still differ. */
  readonly isEqual: boolean;
  /** IR version, producer, functions and metadata: `what` is a path such as `metadata.author`. */
  readonly format: readonly Change[];
  /** Domain → version; null where a model does not import it. */
  readonly opsets: readonly Change<number | null>[];
  readonly inputs: readonly InterfaceChange[];
  readonly outputs: readonly InterfaceChange[];
  /** Operators whose number differs, subgraphs and functions included. */
  readonly operators: readonly Change<number>[];
  readonly nodes: NodeDiff;
  readonly weights: WeightDiff;
}

interface DiffedModel {
  readonly path: string;
  /** With external data. */
  readonly sizeBytes: number;
  readonly nodeCount: number;
  readonly weightBytes: number;
}

export interface Change<T = string | null> {
  readonly what: string;
  readonly before: T;
  readonly after: T;
}

export interface InterfaceChange {
  readonly name: string;
  /** Null when it was added. */
  readonly before: TensorInfo | null;
  /** Null when it was removed. */
  readonly after: TensorInfo | null;
}

export interface NodeDiff {
  readonly added: readonly NodeRef[];
  readonly removed: readonly NodeRef[];
  readonly changed: readonly NodeChange[];
  readonly unchangedCount: number;
}

export interface NodeRef {
  /** Name, or the first output where it has none. */
  readonly node: string;
  readonly operator: string;
  /** As PlacedGraph.place: [] for the main graph. */
  readonly place: readonly string[];
}

export interface NodeChange extends NodeRef {
  /** `what` is `operator`, `input 1`, `output 0` or `attribute axis`. */
  readonly changes: readonly Change[];
}

export interface WeightDiff {
  readonly added: readonly WeightRef[];
  readonly removed: readonly WeightRef[];
  readonly changed: readonly WeightChange[];
  /** The same type, dims and values under another name. */
  readonly renamed: readonly { readonly before: string; readonly after: string; readonly sizeBytes: number }[];
  readonly unchangedCount: number;
  readonly unchangedBytes: number;
  /** Data type → bytes in each model, also where they are equal. */
  readonly precision: readonly Change<number>[];
}

/** An initializer, or the tensor of a Constant node under the name of its output. */
export interface WeightRef {
  readonly name: string;
  readonly place: readonly string[];
  readonly dataType: DataType | null;
  /** Of a sparse tensor those of the whole. */
  readonly dims: readonly number[];
  /** Of the values; indices of a sparse tensor not included. */
  readonly sizeBytes: number;
  /**
   * Over the raw little-endian values, so that it does not matter how the file keeps them; of a sparse tensor over the
   * digests of its values and indices.
   */
  readonly sha256: string;
}

export interface WeightChange {
  readonly before: WeightRef;
  /** Under another name where the change of precision gave it one, such as `W_quantized`. */
  readonly after: WeightRef;
}
