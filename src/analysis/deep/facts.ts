/** What `--deep` adds: facts that need every weight to be read once. */
import type { TensorValues } from '../../onnx/values/walk.ts';

export interface DeepFacts {
  /** One per weight: initializers and tensors of Constant nodes, subgraphs and function bodies included, in the order of the model. */
  readonly tensors: readonly WeightValues[];
  /** Groups of weights with the same type, dims and values, those that waste most first. */
  readonly duplicates: readonly DuplicateWeights[];
  /** Zeros among all finite and other values of numeric weights, 0–1; null without any. */
  readonly zeroRatio: number | null;
  /** Bytes that would go if equal weights were kept once. */
  readonly duplicateBytes: number;
}

export interface WeightValues extends TensorValues {
  readonly name: string;
  /** As PlacedGraph.place: [] for the main graph. */
  readonly place: readonly string[];
}

export interface DuplicateWeights {
  readonly sha256: string;
  readonly names: readonly string[];
  readonly sizeBytes: number;
}
