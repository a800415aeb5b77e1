/** What a set of nodes costs together, with everything in the subgraphs that they hold. */
import { graphsBelow } from '../../onnx/graph.ts';
import type { GraphProto, NodeProto } from '../../onnx/proto.ts';
import type { NodeCost } from '../costs/facts.ts';
import { nodeName } from '../costs/nodes.ts';
import { histogram, operatorKey } from '../operators.ts';
import type { Block } from './facts.ts';

export type Sums = Pick<Block, 'operators' | 'nodes' | 'macs' | 'parameterCount' | 'parameterBytes' | 'outputBytes'>;

/** Costs of the nodes of a graph by their place in it. */
export type CostsByGraph = ReadonlyMap<GraphProto, readonly NodeCost[]>;

/** @param costs of the main graph and its subgraphs, outer before inner */
export function costsByGraph(main: GraphProto, costs: readonly NodeCost[]): CostsByGraph {
  const result = new Map<GraphProto, readonly NodeCost[]>();
  let start = 0;
  for (const { graph } of graphsBelow(main, [])) {
    result.set(graph, costs.slice(start, start + graph.node.length));
    start += graph.node.length;
  }
  return result;
}

/**
 * A node that holds subgraphs carries their work and weights, so that only the nodes of the graph itself are added up;
 * what it makes is its own results, so that those of the nodes inside come on top.
 * @param places of nodes in `graph`
 */
export function sumsOf(graph: GraphProto, places: readonly number[], costs: CostsByGraph): Sums {
  const own = places.map((place) => costs.get(graph)?.[place]);
  const nodes = places.flatMap((place) => withInner(graph, place));
  const all = nodes.map((one) => costs.get(one.graph)?.[one.place]);
  return {
    operators: histogram(nodes.map(({ node }) => operatorKey(node)).filter((operator) => operator !== 'Constant')),
    nodes: nodes.map(({ node, place }) => nodeName(node, place)),
    macs: sum(own, (cost) => cost.macs),
    parameterCount: sum(own, (cost) => cost.parameterCount),
    parameterBytes: sum(own, (cost) => cost.parameterBytes),
    outputBytes: sum(all, (cost) => cost.outputBytes),
  };
}

/** Of what is known; null where nothing is. */
function sum(costs: readonly (NodeCost | undefined)[], pick: (cost: NodeCost) => number | null): number | null {
  const figures = costs.map((cost) => (cost === undefined ? null : pick(cost)));
  const known = figures.reduce<number>((total, figure) => total + (figure ?? 0), 0);
  return known === 0 && figures.includes(null) ? null : known;
}

interface PlacedNode {
  readonly graph: GraphProto;
  readonly node: NodeProto;
  readonly place: number;
}

function withInner(graph: GraphProto, place: number): PlacedNode[] {
  const node = graph.node[place] as NodeProto;
  const subgraphs = node.attribute.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs));
  const below = subgraphs.flatMap((subgraph) => [...graphsBelow(subgraph, [])]);
  const inner = below.flatMap(({ graph: one }) =>
    one.node.map((each, index) => ({ graph: one, node: each, place: index })),
  );
  return [{ graph, node, place }, ...inner];
}
