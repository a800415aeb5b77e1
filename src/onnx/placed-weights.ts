/** The weights of inference with their names: initializers, and the tensors of Constant nodes; training graphs apart. */
import { allGraphs } from './graph.ts';
import type { ModelProto, NodeProto, SparseTensorProto, TensorProto } from './proto.ts';

export interface PlacedWeight {
  /** Of the initializer, or of the output of the Constant node. */
  readonly name: string;
  /** As PlacedGraph.place: [] for the main graph, `function F` for nodes of a function body. */
  readonly place: readonly string[];
  /** Of sparse tensors the values. */
  readonly tensor: TensorProto;
  /** Where the values of a sparse tensor stand in it. */
  readonly sparse?: SparseTensorProto;
}

/** In the order of the model, subgraphs and function bodies included. */
export function* placedWeights(model: ModelProto): Generator<PlacedWeight> {
  for (const { graph, place } of allGraphs({ ...model, trainingInfo: [] })) {
    for (const tensor of graph.initializer) yield { name: tensor.name ?? '', place, tensor };
    for (const sparse of graph.sparseInitializer) {
      const { values } = sparse;
      if (values) yield { name: values.name ?? '', place, tensor: values, sparse };
    }
    yield* constantsOf(graph.node, place);
  }
  for (const fn of model.functions) yield* constantsOf(fn.node, [`function ${fn.name ?? ''}`]);
}

/** True for the operator of ONNX; other domains may have one of the same name. */
export function isConstantNode({ opType, domain }: NodeProto): boolean {
  return opType === 'Constant' && (!domain || domain === 'ai.onnx');
}

function* constantsOf(nodes: readonly NodeProto[], place: readonly string[]): Generator<PlacedWeight> {
  for (const node of nodes) {
    if (!isConstantNode(node)) continue;
    const name = node.output[0] ?? node.name ?? '';
    for (const { t, sparseTensor: sparse } of node.attribute) {
      if (t) yield { name, place, tensor: t };
      else if (sparse?.values) yield { name, place, tensor: sparse.values, sparse };
    }
  }
}
