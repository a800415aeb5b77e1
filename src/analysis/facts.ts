/** What is known of a model without running it on data. The JSON form is the `result` of `nimify analyze`. */
import type { Finding } from '../base/findings.ts';
import type { DataType } from '../onnx/data-type.ts';
import type { TensorInfo } from '../onnx/value-info.ts';
import type { Compatibility } from './compatibility/facts.ts';
import type { CostFacts } from './costs/facts.ts';
import type { DeepFacts } from './deep/facts.ts';

/** `place` names the way to the graph: `node.attribute` for each graph around it. */
interface SubgraphShapes {
  readonly place: readonly string[];
  readonly tensors: Readonly<Record<string, TensorInfo>>;
}

export interface Analysis {
  /** `sha256` is null where nobody needed it: for a file beyond 64 MiB, whose weights a plain analysis does not read. */
  readonly model: { readonly path: string; readonly sizeBytes: number; readonly sha256: string | null };
  readonly externalFiles: readonly { readonly location: string; readonly sizeBytes: number }[];
  readonly irVersion: number;
  /** Domain → version; the default domain is `ai.onnx`. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: { readonly name: string; readonly version: string };
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Subgraphs and function bodies included. */
  readonly nodeCount: number;
  readonly subgraphCount: number;
  readonly functionCount: number;
  /** Operator type → count, with the domain in front where it is not the default: `com.microsoft::Attention`. */
  readonly operators: Readonly<Record<string, number>>;
  /** Elements of all weights: initializers and tensors in Constant nodes with more than one element. */
  readonly parameterCount: number;
  readonly weightBytes: number;
  readonly weightBytesByType: Readonly<Partial<Record<DataType, number>>>;
  /** Elements; the two add up to parameterCount. */
  readonly weightsIn: { readonly initializers: number; readonly constants: number };
  readonly isQuantized: boolean;
  /** Multiply-accumulates of one run with a batch of 1 (see macs.ts for what counts), or null where they are not known. */
  readonly macs: number | null;
  /** Estimated bytes with a batch of 1; activations null where shapes are not known. */
  readonly memory: { readonly weightBytes: number; readonly peakActivationBytes: number | null };
  /** Null without shapes. */
  readonly costs: CostFacts | null;
  /** Tensor of the main graph → type and shape as far as they can be inferred; null where nobody asked for them. */
  readonly shapes: Readonly<Record<string, TensorInfo>> | null;
  /** The same of each graph inside it: bodies of loops, branches of conditions. */
  readonly subgraphShapes: readonly SubgraphShapes[];
  /** One entry per target; none when nobody said how the model is to be served. */
  readonly compatibility: readonly Compatibility[];
  /** Null unless `--deep` asked for what needs the values of the weights. */
  readonly deep: DeepFacts | null;
  /** Of the model itself. */
  readonly findings: readonly Finding[];
}
