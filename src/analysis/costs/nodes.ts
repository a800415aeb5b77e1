/** What each node costs: its work, the weights that it owns and the bytes that it makes. */

import { graphsBelow, type PlacedGraph } from '../../onnx/graph.ts';
import type { GraphProto, NodeProto } from '../../onnx/proto.ts';
import { operatorKey } from '../operators.ts';
import type { NodeCost } from './facts.ts';
import { KnownShapes } from './known-shapes.ts';
import { macsOf } from './macs.ts';
import { addParameters, NO_PARAMETERS, type Parameters, weightsOf } from './parameters.ts';

/** Costs of the nodes of the main graph and of its subgraphs, outer before inner. */
export function nodeCosts(main: GraphProto, shapes: KnownShapes): NodeCost[] {
  const unclaimed = new Map<string, Parameters>();
  return [...graphsBelow(main, [])].flatMap((placed) => {
    for (const [name, weight] of weightsOf(placed.graph)) unclaimed.set(name, weight);
    return costsOfGraph(placed, placed.place.length === 0 ? shapes : new KnownShapes({}), unclaimed);
  });
}

function costsOfGraph(
  { graph, place }: PlacedGraph,
  shapes: KnownShapes,
  unclaimed: Map<string, Parameters>,
): NodeCost[] {
  return graph.node.map((node, index) => {
    const owned = claim(node, unclaimed);
    return {
      node: nodeName(node, index),
      operator: operatorKey(node),
      place,
      macs: known(macsOf(node, shapes)),
      flops: null,
      parameterCount: owned.count,
      parameterBytes: owned.bytes,
      outputBytes: known(outputBytes(node, shapes)),
    };
  });
}

/** The name, or operator and place in its graph where it has none: `Conv_12`. */
export function nodeName(node: NodeProto, index: number): string {
  return node.name || `${node.opType ?? ''}_${index}`;
}

function claim(node: NodeProto, unclaimed: Map<string, Parameters>): Parameters {
  let owned = NO_PARAMETERS;
  for (const name of node.input) {
    owned = addParameters(owned, unclaimed.get(name) ?? NO_PARAMETERS);
    unclaimed.delete(name);
  }
  return owned;
}

function outputBytes(node: NodeProto, shapes: KnownShapes): number {
  return node.output.filter((name) => name !== '').reduce((sum, name) => sum + shapes.bytes(name), 0);
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
