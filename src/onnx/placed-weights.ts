/** The weights of inference with their names: initializers, and the tensors of Constant nodes; training graphs apart. */
import { allGraphs } from './graph.ts';
import type { ModelProto, TensorProto } from './proto.ts';

export interface PlacedWeight {
  /** Of the initializer, or of the output of the Constant node. */
  readonly name: string;
  /** As PlacedGraph.place: [] for the main graph. */
  readonly place: readonly string[];
  readonly tensor: TensorProto;
}

/** In the order of the model, subgraphs included. Of sparse tensors the values count, the indices do not. */
export function* placedWeights(model: ModelProto): Generator<PlacedWeight> {
  for (const { graph, place } of allGraphs({ ...model, trainingInfo: [] })) {
    for (const tensor of graph.initializer) yield { name: tensor.name ?? '', place, tensor };
    for (const { values } of graph.sparseInitializer) {
      if (values) yield { name: values.name ?? '', place, tensor: values };
    }
    for (const node of graph.node) {
      if (node.opType !== 'Constant' || (node.domain && node.domain !== 'ai.onnx')) continue;
      for (const { t, sparseTensor } of node.attribute) {
        const tensor = t ?? sparseTensor?.values;
        if (tensor) yield { name: node.output[0] ?? node.name ?? '', place, tensor };
      }
    }
  }
}
