/** Nodes whose results nobody reads, and weights that no node takes. */
import { capturedNames, indexGraph } from '../graph.ts';
import type { GraphProto, NodeProto } from '../proto.ts';
import { editableGraphs } from './graphs.ts';
import type { Pass } from './pass.ts';

export const dead: Pass = {
  id: 'dead',
  did: 'unused nodes and weights removed',
  run: (model) => editableGraphs(model).reduce((sum, graph) => sum + removeDead(graph), 0),
};

function removeDead(graph: GraphProto): number {
  const { producers } = indexGraph(graph);
  const kept = new Set<NodeProto>();
  const live = new Set<string>();
  const open = graph.output.map(({ name = '' }) => name);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    live.add(name);
    const node = producers.get(name);
    if (node === undefined || kept.has(node)) continue;
    kept.add(node);
    for (const output of node.output) live.add(output);
    for (const input of node.input) open.push(input);
    for (const input of capturedNames(node)) open.push(input);
  }
  const before = graph.node.length + graph.initializer.length;
  graph.node = graph.node.filter((node) => kept.has(node));
  const inputs = new Set(graph.input.map(({ name = '' }) => name));
  graph.initializer = graph.initializer.filter(({ name = '' }) => live.has(name) || inputs.has(name));
  graph.valueInfo = graph.valueInfo.filter(({ name = '' }) => live.has(name));
  return before - graph.node.length - graph.initializer.length;
}
