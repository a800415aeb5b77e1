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

/** @param places of nodes in `graph` */
export function sumsOf(graph: GraphProto, places: readonly number[], costs: CostsByGraph): Sums {
  const nodes = places.flatMap((place) => costed(graph, place, costs));
  // A node that holds subgraphs carries what they cost.
  const outer = places.map((place) => ({ cost: costs.get(graph)?.[place] }));
  const sum = (pick: (cost: NodeCost) => number | null): number | null =>
    outer.reduce<number | null>((total, { cost }) => {
      const value = cost === undefined ? null : pick(cost);
      return total === null || value === null ? null : total + value;
    }, 0);
  return {
    operators: histogram(nodes.map(({ node }) => operatorKey(node)).filter((operator) => operator !== 'Constant')),
    nodes: nodes.map(({ node, place, cost }) => cost?.node ?? nodeName(node, place)),
    macs: sum((cost) => cost.macs),
    parameterCount: sum((cost) => cost.parameterCount),
    parameterBytes: sum((cost) => cost.parameterBytes),
    outputBytes: sum((cost) => cost.outputBytes),
  };
}

interface CostedNode {
  readonly node: NodeProto;
  readonly place: number;
  readonly cost: NodeCost | undefined;
}

function costed(graph: GraphProto, place: number, costs: CostsByGraph): CostedNode[] {
  const node = graph.node[place] as NodeProto;
  const inner = node.attribute.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs));
  return [
    { node, place, cost: costs.get(graph)?.[place] },
    ...inner
      .flatMap((subgraph) => [...graphsBelow(subgraph, [])])
      .flatMap(({ graph: below }) =>
        below.node.map((one, index) => ({ node: one, place: index, cost: costs.get(below)?.[index] })),
      ),
  ];
}
