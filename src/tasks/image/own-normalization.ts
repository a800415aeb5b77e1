/** Whether a model takes pixels as they are and normalizes them itself, read from the first nodes behind its input. */
import { findAttribute } from '../../onnx/attribute.ts';
import { type GraphIndex, indexGraph } from '../../onnx/graph.ts';
import type { GraphProto, NodeProto, TensorProto } from '../../onnx/proto.ts';
import { elementCount, loadTensor } from '../../onnx/tensor.ts';
import { numberReader } from '../../onnx/tensor-numbers.ts';

/** Operators that leave the values as they are. */
const PASSING: ReadonlySet<string> = new Set(['Transpose', 'Cast', 'Identity', 'Reshape', 'Unsqueeze', 'Squeeze']);

/**
 * Operator → what its constant is when its input counts to 255: a mean of the data set in pixels, or a scale that brings
 * pixels near 1. For an input from 0 to 1 the mean is below 1, and the scale is not far from 1.
 */
const FOR_PIXELS: Readonly<Record<string, (constant: number) => boolean>> = {
  Sub: (mean) => mean > 2,
  Add: (mean) => mean < -2,
  Div: (scale) => scale > 32,
  Mul: (factor) => factor > 0 && factor < 1 / 32,
};

/** Constants of more elements are weights. */
const MOST_ELEMENTS = 16;
const MOST_STEPS = 8;

/** The name of the node that subtracts a mean in pixels or divides by their scale; undefined where none is seen. */
export function normalizingNode(graph: GraphProto, input: string): string | undefined {
  const index = indexGraph(graph);
  let value = input;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const [node, ...others] = index.consumers.get(value) ?? [];
    if (node === undefined || others.length > 0) return undefined;
    const rule = node.opType === undefined ? undefined : FOR_PIXELS[node.opType];
    if (rule !== undefined) {
      const constants = constantOf(node, value, index);
      return constants.length > 0 && constants.every(rule) ? (node.name ?? node.opType) : undefined;
    }
    if (!PASSING.has(node.opType ?? '')) return undefined;
    value = node.output[0] ?? '';
  }
  return undefined;
}

/** The values of the other input of a node; none where it is calculated or large. */
function constantOf(node: NodeProto, value: string, index: GraphIndex): number[] {
  const name = node.input.find((other) => other !== value);
  const tensor = name === undefined ? undefined : tensorNamed(name, index);
  if (tensor === undefined || elementCount(tensor.dims) > MOST_ELEMENTS) return [];
  const values = loadTensor(tensor);
  return Array.from({ length: values.data.length }, (_, at) => numberReader(values)(at));
}

function tensorNamed(name: string, index: GraphIndex): TensorProto | undefined {
  const maker = index.producers.get(name);
  if (maker?.opType === 'Constant') return findAttribute(maker, 'value')?.t;
  return index.initializers.get(name);
}
