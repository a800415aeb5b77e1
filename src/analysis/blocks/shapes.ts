/** Types and shapes of tensors by the graph that they are in. */
import { graphsBelow } from '../../onnx/graph.ts';
import type { GraphProto } from '../../onnx/proto.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { Analysis } from '../facts.ts';

export type ShapesByGraph = ReadonlyMap<GraphProto, ReadonlyMap<string, TensorInfo>>;

/** Graphs of nodes without names may share a place; they come in the same order in both. */
export function shapesByGraph(
  main: GraphProto,
  shapes: Readonly<Record<string, TensorInfo>>,
  subgraphs: Analysis['subgraphShapes'],
): ShapesByGraph {
  const byPlace = new Map<string, Readonly<Record<string, TensorInfo>>[]>();
  for (const { place, tensors } of subgraphs) {
    const key = JSON.stringify(place);
    byPlace.set(key, [...(byPlace.get(key) ?? []), tensors]);
  }
  const result = new Map([[main, new Map(Object.entries(shapes))]]);
  for (const { graph, place } of graphsBelow(main, [])) {
    const tensors = byPlace.get(JSON.stringify(place))?.shift();
    if (place.length > 0 && tensors !== undefined) result.set(graph, new Map(Object.entries(tensors)));
  }
  return result;
}
