/** Nodes without a name cannot be excluded, reported or compared, so they get one. */
import type { GraphProto } from '../../onnx/proto.ts';

/** Names unnamed nodes of this graph, not of its subgraphs, after their operator and their place: `Conv_12`. */
export function nameNodes(graph: GraphProto): void {
  const taken = new Set(graph.node.map((node) => node.name ?? ''));
  for (const [index, node] of graph.node.entries()) {
    if (node.name) continue;
    let name = `${node.opType ?? 'Node'}_${index}`;
    while (taken.has(name)) name = `${name}_`;
    taken.add(name);
    node.name = name;
  }
}
