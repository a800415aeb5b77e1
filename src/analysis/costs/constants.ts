/** Which tensors do not depend on the inputs: they are there, or calculated once, before the first run. */
import type { GraphProto, NodeProto } from '../../onnx/proto.ts';
import { operatorKey } from '../operators.ts';

/** Their results differ from run to run, or are kept as they are because kernels want them so. */
const NOT_FOLDED: ReadonlySet<string> = new Set([
  ...['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Bernoulli', 'Multinomial'],
  ...['DequantizeLinear', 'com.microsoft::DequantizeLinear'],
]);

/**
 * Names of the constants of a graph: initializers, results of Constant nodes, and what other nodes make of constants
 * alone, as the constant folding of ONNX Runtime finds them.
 * @param outer says whether a name from around the graph is one
 */
export function constantsIn(graph: GraphProto, outer: (name: string) => boolean): Set<string> {
  const constants = new Set(graph.initializer.map((tensor) => tensor.name ?? ''));
  for (const { values } of graph.sparseInitializer) constants.add(values?.name ?? '');
  const own = new Set([...graph.input.map(({ name }) => name ?? ''), ...graph.node.flatMap(({ output }) => output)]);
  const isConstant = (name: string): boolean => constants.has(name) || (!own.has(name) && outer(name));
  for (const node of graph.node) {
    if (isFolded(node, isConstant)) for (const name of node.output) constants.add(name);
  }
  constants.delete('');
  return constants;
}

function isFolded(node: NodeProto, isConstant: (name: string) => boolean): boolean {
  const key = operatorKey(node);
  if (key === 'Constant') return true;
  if (NOT_FOLDED.has(key) || node.attribute.some(({ g, graphs }) => g || graphs.length > 0)) return false;
  const inputs = node.input.filter((name) => name !== '');
  return inputs.length > 0 && inputs.every(isConstant);
}
