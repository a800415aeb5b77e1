/** Which node owns which weights: a tensor belongs to the first node that takes it, so that the sums count it once. */
import type { GraphProto, NodeProto, TensorProto } from '../../onnx/proto.ts';
import { elementCount, tensorByteLength } from '../../onnx/tensor.ts';

export interface Parameters {
  readonly count: number;
  readonly bytes: number;
}

export const NO_PARAMETERS: Parameters = { count: 0, bytes: 0 };

export function addParameters(a: Parameters, b: Parameters): Parameters {
  return { count: a.count + b.count, bytes: a.bytes + b.bytes };
}

/** Initializers, sparse ones and tensors of Constant nodes, by name. One number in a Constant node is no weight. */
export function weightsOf(graph: GraphProto): Map<string, Parameters> {
  const weights = new Map<string, Parameters>();
  for (const tensor of graph.initializer) weights.set(tensor.name ?? '', parametersOf(tensor));
  for (const { values } of graph.sparseInitializer) if (values) weights.set(values.name ?? '', parametersOf(values));
  for (const node of graph.node) {
    const constant = constantOf(node);
    if (constant !== undefined && constant.count > 1) weights.set(node.output[0] ?? '', constant);
  }
  return weights;
}

function parametersOf(tensor: TensorProto): Parameters {
  return { count: elementCount(tensor.dims), bytes: tensorByteLength(tensor) };
}

function constantOf(node: NodeProto): Parameters | undefined {
  if (node.opType !== 'Constant' || node.domain) return undefined;
  const [attribute] = node.attribute;
  const tensor = attribute?.t ?? attribute?.sparseTensor?.values;
  if (tensor) return parametersOf(tensor);
  const { floats, ints } = attribute ?? { floats: [], ints: [] };
  return { count: floats.length + ints.length, bytes: floats.length * 4 + ints.length * 8 };
}
