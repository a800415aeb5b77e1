/**
 * GRAPH_BROKEN: nodes read tensors that nothing makes, or wait for one another. No runtime loads such a graph. `where`: the
 * tensor or the graph. args: `problem` (`undefined-tensor` or `cycle`), `tensor` or `count`, `node`.
 */
import { type Finding, finding } from '../../base/findings.ts';
import { subgraphsOf } from '../../onnx/graph.ts';
import type { GraphProto } from '../../onnx/proto.ts';
import { executionOrder } from '../../onnx/shapes/order.ts';
import type { Check } from '../check.ts';

/** The first ones tell the story. */
const MOST_FINDINGS = 5;

export const graphBroken: Check = {
  id: 'graph-broken',
  run({ model }): Finding[] {
    return brokenIn(model.proto.graph, new Set()).slice(0, MOST_FINDINGS);
  },
};

function brokenIn(graph: GraphProto, outer: ReadonlySet<string>): Finding[] {
  const known = new Set([...outer, ...namesOf(graph)]);
  const found: Finding[] = [];
  const { cyclic } = executionOrder(graph.node);
  if (cyclic > 0) found.push(finding('GRAPH_BROKEN', { problem: 'cycle', count: cyclic }, graph.name ?? ''));
  const missed = new Set<string>();
  for (const node of graph.node) {
    for (const tensor of node.input) {
      if (tensor === '' || known.has(tensor) || missed.has(tensor)) continue;
      missed.add(tensor);
      const reader = node.name || node.opType || '';
      found.push(finding('GRAPH_BROKEN', { problem: 'undefined-tensor', tensor, node: reader }, tensor));
    }
    for (const { graph: inner } of subgraphsOf(node)) found.push(...brokenIn(inner, known));
  }
  return found;
}

function* namesOf(graph: GraphProto): Generator<string> {
  for (const { name = '' } of graph.input) yield name;
  for (const { name = '' } of graph.initializer) yield name;
  for (const { values } of graph.sparseInitializer) yield values?.name ?? '';
  for (const { output } of graph.node) yield* output;
}
