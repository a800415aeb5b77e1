/** Nodes without a name cannot be excluded, reported or compared, so they get one. */
import { FreshNames } from '../fresh-names.ts';
import type { GraphProto } from '../proto.ts';
import { editableGraphs } from './graphs.ts';
import type { Pass } from './pass.ts';

export const nodeNames: Pass = {
  id: 'node-names',
  did: 'nodes named',
  run: (model) => {
    // Outer graphs first, so that their nodes get the same names as without subgraphs.
    const graphs = editableGraphs(model).reverse();
    const names = new FreshNames(graphs.flatMap(nodeNamesOf));
    return graphs.reduce((sum, graph) => sum + nameNodes(graph, names), 0);
  },
};

/**
 * Names unnamed nodes of this graph, not of its subgraphs, after their operator and their place: `Conv_12`.
 * @returns how many got a name
 */
function nameNodes(graph: GraphProto, names = new FreshNames(nodeNamesOf(graph))): number {
  let count = 0;
  for (const [index, node] of graph.node.entries()) {
    if (node.name) continue;
    node.name = names.make(`${node.opType ?? 'Node'}_${index}`);
    count += 1;
  }
  return count;
}

function nodeNamesOf(graph: GraphProto): string[] {
  return graph.node.map((node) => node.name ?? '');
}
