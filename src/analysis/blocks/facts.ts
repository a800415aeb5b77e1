/** The graph of a model folded into a picture that one can read: some dozens of blocks and what flows between them. */
import type { Dim } from '../../onnx/build.ts';

export interface BlockGraph {
  /** In an order in which every edge points forward. */
  readonly blocks: readonly Block[];
  /** Pairs of indices into `blocks`, each once. */
  readonly edges: readonly (readonly [number, number])[];
  /** Inputs of the model, and in a graph inside of a block one without a name: all that comes from around it. */
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** A tensor at the border of a graph, and the blocks that take or make it. */
export interface Port {
  readonly name: string;
  readonly blocks: readonly number[];
}

/** Sums are over all nodes of all repetitions, subgraphs included, as far as they are known; null where nothing is. */
export interface Block {
  /** Scope of the exporter (`encoder.layer.0`), else operators (`Conv → BatchNormalization → Relu`), else a kind of branching. */
  readonly title: string;
  /** Operator type → count, most frequent first. */
  readonly operators: Readonly<Record<string, number>>;
  /** As NodeCost.node, in the order of the graph. */
  readonly nodes: readonly string[];
  /** How many equal neighbours were folded into this one. */
  readonly repeat: number;
  /** The equal ones stand beside each other and not one behind the other. */
  readonly isParallel: boolean;
  /** Of the last node whose result leaves the block. */
  readonly outputShape: readonly Dim[] | null;
  readonly macs: number | null;
  readonly parameterCount: number | null;
  readonly parameterBytes: number | null;
  /** All tensors that the nodes make. */
  readonly outputBytes: number | null;
  /** What is inside: one repetition, or the branches of an `If` and the bodies of loops; empty where it is not drawn. */
  readonly inside: readonly Inside[];
}

export interface Inside {
  /** Attribute of the node that holds the subgraph (`then_branch`); empty for the parts of the block itself. */
  readonly title: string;
  readonly graph: BlockGraph;
}
