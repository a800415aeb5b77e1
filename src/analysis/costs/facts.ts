/** What one run of a model costs. All figures come from shapes: no weight is read. */
import type { DataType } from '../../onnx/data-type.ts';

export interface CostFacts {
  /** Sizes used for open dims: symbol or `input:axis` → size. */
  readonly bindings: Readonly<Record<string, number>>;
  /** Those of `bindings` that nobody gave: nimify took 1 (batch) or a documented default. */
  readonly assumed: readonly string[];
  readonly macs: number | null;
  /** 2 × MACs plus element-wise and normalization work; see flops table for what an element costs. */
  readonly flops: number | null;
  readonly parameterCount: number;
  readonly parameterBytes: number;
  /** Sum over all intermediates, and the largest sum that lives at once. */
  readonly activationBytes: number | null;
  readonly peakActivationBytes: number | null;
  /** Name of the node at which the peak occurs. */
  readonly peakNode: string | null;
  /** Bytes of activations that live while each node of the main graph runs, in their order; null where the peak is. */
  readonly liveBytes: readonly number[] | null;
  /** FLOPs per byte of weights and activations moved, each tensor read and written once. */
  readonly arithmeticIntensity: number | null;
  readonly kvCache: KvCache | null;
  readonly deviceMemory: readonly DeviceMemory[];
  /**
   * Outer before inner, in the order of the graphs; bodies of called functions are last. A node that runs other graphs (If, Loop, Scan, calls of functions)
   * carries their costs, so that those with the place [] add up to the totals; the nodes inside stand for one run.
   */
  readonly nodes: readonly NodeCost[];
  /** Figure name → 'exact' or the reason why it is an estimate or null. */
  readonly certainty: Readonly<Record<string, string>>;
}

export interface KvCache {
  readonly layers: number;
  readonly heads: number;
  readonly headSize: number;
  readonly dataType: DataType;
  readonly bytesPerToken: number;
  readonly source: string;
}

export interface DeviceMemory {
  readonly precision: 'float32' | 'float16' | 'int8' | 'int4';
  readonly batch: number;
  readonly weightBytes: number;
  readonly activationBytes: number;
  readonly kvCacheBytes: number;
  readonly totalBytes: number;
}

export interface NodeCost {
  /** Name, or `Conv_12` by operator and place where it has none. */
  readonly node: string;
  readonly operator: string;
  /** As PlacedGraph.place: [] for the main graph. */
  readonly place: readonly string[];
  readonly macs: number | null;
  readonly flops: number | null;
  readonly parameterCount: number;
  readonly parameterBytes: number;
  readonly outputBytes: number | null;
  /** Why MACs or FLOPs are null, or are not all of it. */
  readonly reason: string | null;
}
