/** How values go in and out of the graphs of If, Loop and Scan: which name outside is which name inside. */
import { findAttribute, intAttribute } from '../../onnx/attribute.ts';
import { subgraphsOf } from '../../onnx/graph.ts';
import type { GraphProto, NodeProto } from '../../onnx/proto.ts';
import { normalDomain } from '../../onnx/shapes/functions.ts';

/** A value outside and its other name in the graph inside; both have one data type. */
export interface Crossing {
  readonly outside: string;
  readonly inside: string;
  readonly graph: GraphProto;
}

/** Null for nodes with graphs of which this is not known: other operators, and Scan 8. */
export function crossings(node: NodeProto, opset: number): readonly Crossing[] | null {
  if (normalDomain(node.domain) !== '') return null;
  switch (node.opType) {
    case 'If':
      return subgraphsOf(node).flatMap(({ graph }) => outputsOf(graph, node, 0));
    case 'Loop':
      return bodyOf(node).flatMap((graph) => [...inputsOf(graph, node), ...outputsOf(graph, node, 1)]);
    case 'Scan':
      if (opset < 9 || intAttribute(node, 'num_scan_inputs', 0) === 0) return null;
      return bodyOf(node).flatMap((graph) => [...inputsOf(graph, node), ...outputsOf(graph, node, 0)]);
    default:
      return null;
  }
}

function bodyOf(node: NodeProto): GraphProto[] {
  const body = findAttribute(node, 'body')?.g;
  return body === undefined ? [] : [body];
}

function inputsOf(graph: GraphProto, node: NodeProto): Crossing[] {
  return pairs(
    node.input,
    graph.input.map(({ name = '' }) => name),
    graph,
  );
}

/** @param skipped outputs of the graph that are none of the node: the condition of a Loop */
function outputsOf(graph: GraphProto, node: NodeProto, skipped: number): Crossing[] {
  return pairs(
    node.output,
    graph.output.slice(skipped).map(({ name = '' }) => name),
    graph,
  );
}

function pairs(outside: readonly string[], inside: readonly string[], graph: GraphProto): Crossing[] {
  return outside.flatMap((name, index) => {
    const other = inside[index];
    return name === '' || other === undefined ? [] : [{ outside: name, inside: other, graph }];
  });
}
