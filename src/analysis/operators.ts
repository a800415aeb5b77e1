/** Which operators a model uses, subgraphs and function bodies included, training graphs not. */
import { allGraphs, type PlacedGraph } from '../onnx/graph.ts';
import type { ModelProto, NodeProto } from '../onnx/proto.ts';

/** The graphs that take part in inference. */
export function inferenceGraphs(model: ModelProto): PlacedGraph[] {
  return [...allGraphs({ ...model, trainingInfo: [] })];
}

/** Nodes of the main graph, of subgraphs and of function bodies. */
export function inferenceNodes(model: ModelProto): NodeProto[] {
  const nodes = inferenceGraphs(model).flatMap(({ graph }) => graph.node);
  return [...nodes, ...model.functions.flatMap((fn) => fn.node)];
}

/** The default domain has two names; here it is ''. */
export function domainOf(item: { readonly domain?: string }): string {
  return item.domain === undefined || item.domain === 'ai.onnx' ? '' : item.domain;
}

/** `Conv`, or `com.microsoft::Attention` outside of the default domain. */
export function operatorKey(node: NodeProto): string {
  const domain = domainOf(node);
  return domain === '' ? (node.opType ?? '') : `${domain}::${node.opType ?? ''}`;
}

/** Counts by key, most frequent first, equal counts by name. */
export function histogram(keys: Iterable<string>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return Object.fromEntries(sorted);
}

const QUANTIZED =
  /^(Dynamic)?Quantize|^Dequantize|Integer(ToFloat)?$|^Q[A-Z]|NBits$|Bnb4$|FpQ4$|BlockQuantized$|GemmFloat8$/;

/** True for operators that quantize, dequantize or calculate on quantized values. */
export function isQuantizedOperator(key: string): boolean {
  return QUANTIZED.test(key.slice(key.lastIndexOf(':') + 1));
}
