/** Nodes without a name cannot be excluded, reported or compared, so they get one. */
import type { GraphProto } from '../proto.ts';
import { editableGraphs } from './graphs.ts';
import type { Pass } from './pass.ts';

export const nodeNames: Pass = {
  id: 'node-names',
  did: 'nodes named',
  run: (model) => {
    // Outer graphs first, so that their nodes get the same names as without subgraphs.
    const graphs = editableGraphs(model).reverse();
    const taken = new Set(graphs.flatMap((graph) => graph.node.map((node) => node.name ?? '')));
    return graphs.reduce((sum, graph) => sum + nameNodes(graph, taken), 0);
  },
};

/**
 * Names unnamed nodes of this graph, not of its subgraphs, after their operator and their place: `Conv_12`.
 * @returns how many got a name
 */
export function nameNodes(graph: GraphProto, taken = new Set(graph.node.map((node) => node.name ?? ''))): number {
  let count = 0;
  for (const [index, node] of graph.node.entries()) {
    if (node.name) continue;
    let name = `${node.opType ?? 'Node'}_${index}`;
    while (taken.has(name)) name = `${name}_`;
    taken.add(name);
    node.name = name;
    count += 1;
  }
  return count;
}
