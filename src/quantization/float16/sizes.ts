/** Sizes that a graph calculates with floats: float16 counts exactly to 2048 only, and a wrong size is no rounding error. */

import type { NodeProto } from '../../onnx/proto.ts';
import { readsNoValues } from './float-parameters.ts';
import type { Scope } from './scope.ts';

/** Nodes that calculate small lists from Shape, Size and constants alone. */
export function sizeNodes(scope: Scope, outer: ReadonlySet<string>): { nodes: Set<NodeProto>; tensors: Set<string> } {
  const tensors = new Set(outer);
  const nodes = new Set<NodeProto>();
  for (const node of scope.graph.node) {
    const names = node.input.filter((name) => name !== '');
    const isSource = readsNoValues(node);
    const isSized =
      names.some((name) => tensors.has(name)) &&
      names.every((name) => tensors.has(name) || scope.isConstant(name)) &&
      node.output.every((name) => (scope.rank(name) ?? 2) <= 1);
    if (!isSource && !isSized) continue;
    nodes.add(node);
    for (const name of node.output) tensors.add(name);
  }
  return { nodes, tensors };
}
