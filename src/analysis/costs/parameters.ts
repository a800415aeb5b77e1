/** Which node owns which weights: a tensor belongs to the first node that takes it, so that the sums count it once. */
import { byteLengthOf, type DataType, dataTypeOf } from '../../onnx/data-type.ts';
import type { GraphProto, NodeProto, TensorProto } from '../../onnx/proto.ts';
import { elementCount } from '../../onnx/tensor.ts';

export interface Parameters {
  readonly count: number;
  readonly bytes: number;
}

export const NO_PARAMETERS: Parameters = { count: 0, bytes: 0 };

export function addParameters(a: Parameters, b: Parameters): Parameters {
  return { count: a.count + b.count, bytes: a.bytes + b.bytes };
}

/** A weight that is in the file. */
interface Weight extends Parameters {
  /** What holds it; calls of one function share it. */
  readonly holder: object;
}

/** The weights of one graph by name, and those of the graphs around it. */
export class Owners {
  readonly #weights: ReadonlyMap<string, Weight>;
  readonly #outer: Owners | undefined;
  readonly #claimed: Set<object>;

  /** @param outer absent for the main graph and for functions; `claimed` is one set for all graphs of a model */
  constructor(graph: GraphProto, claimed: Set<object>, outer?: Owners) {
    this.#weights = weightsOf(graph);
    this.#claimed = claimed;
    this.#outer = outer;
  }

  /** What of the inputs of the node nobody owned before. */
  claim(node: NodeProto): Parameters {
    return node.input.map((name) => this.#take(name)).reduce(addParameters, NO_PARAMETERS);
  }

  #take(name: string): Parameters {
    const weight = this.#find(name);
    if (weight === undefined || this.#claimed.has(weight.holder)) return NO_PARAMETERS;
    this.#claimed.add(weight.holder);
    return weight;
  }

  #find(name: string): Weight | undefined {
    return this.#weights.get(name) ?? (this.#outer === undefined ? undefined : this.#outer.#find(name));
  }
}

/** Initializers, sparse ones and tensors of Constant nodes. One number in a Constant node is no weight. */
function weightsOf(graph: GraphProto): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  for (const tensor of graph.initializer) weights.set(tensor.name ?? '', weightOf(tensor));
  for (const { values } of graph.sparseInitializer) if (values) weights.set(values.name ?? '', weightOf(values));
  for (const node of graph.node) {
    const constant = constantOf(node);
    if (constant !== undefined && constant.count > 1) weights.set(node.output[0] ?? '', constant);
  }
  return weights;
}

function weightOf(tensor: TensorProto): Weight {
  return weight(tensor, dataTypeOf(tensor.dataType), elementCount(tensor.dims));
}

function weight(holder: object, dataType: DataType | undefined, count: number): Weight {
  return { holder, count, bytes: dataType === undefined ? 0 : (byteLengthOf(dataType, count) ?? 0) };
}

/** The forms of Constant: `value`, `sparse_value`, `value_floats` and `value_ints`; the others are one number or texts. */
function constantOf(node: NodeProto): Weight | undefined {
  const [attribute] = node.attribute;
  if (node.opType !== 'Constant' || node.domain || attribute === undefined) return undefined;
  const tensor = attribute.t ?? attribute.sparseTensor?.values;
  if (tensor) return weightOf(tensor);
  return attribute.floats.length > 0
    ? weight(attribute, 'float32', attribute.floats.length)
    : weight(attribute, 'int64', attribute.ints.length);
}
