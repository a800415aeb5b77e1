/** Nodes that ONNX Runtime calculates once while it loads a model, because all of their inputs are constant. */

import { subgraphsOf } from '../../../onnx/graph.ts';
import type { OperatorUse } from '../operator-use.ts';

/** Never folded: random values, and the pairs that kernels for quantized values are found by. */
const KEPT = /^Random|^Multinomial$|^Bernoulli$|QuantizeLinear$|DequantizeLinear$/;

/** True at the place of each use that does not run any more. Nodes of a graph are in the order of their data. */
export function foldedUses(uses: readonly OperatorUse[]): boolean[] {
  const folded = new Map<unknown, Set<string>>();
  return uses.map(({ node, operator, graph, tensors }) => {
    const known = folded.get(graph) ?? new Set<string>();
    folded.set(graph, known);
    const isFolded =
      operator === 'Constant' ||
      (node.input.length > 0 &&
        !KEPT.test(operator) &&
        subgraphsOf(node).length === 0 &&
        node.input.every((name) => name === '' || known.has(name) || tensors.isConstant(name)));
    if (isFolded) for (const name of node.output) known.add(name);
    return isFolded;
  });
}
