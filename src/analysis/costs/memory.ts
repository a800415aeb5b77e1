/** How much memory the tensors between the operators take at once. */
import type { GraphProto, NodeProto } from '../../onnx/proto.ts';
import type { KnownShapes } from './known-shapes.ts';

/**
 * The largest sum of live tensors while the nodes of the main graph run in their order: inputs and outputs of the graph
 * and each intermediate from the node that makes it to the last one that reads it. Buffers that are reused in place and
 * scratch memory of kernels are not considered, so this is an estimate, not a bound.
 * @returns bytes, or null where a shape is not known or where subgraphs hold tensors of their own
 */
export function peakActivationBytes(graph: GraphProto, shapes: KnownShapes): number | null {
  if (graph.node.some((node) => node.attribute.some((attribute) => attribute.g || attribute.graphs.length > 0))) {
    return null;
  }
  const weights = new Set(graph.initializer.map((tensor) => tensor.name ?? ''));
  const lastUse = lastUses(graph);
  const frees = groupByStep(lastUse);
  let live = sum(
    graph.input.map((input) => input.name ?? '').filter((name) => !weights.has(name)),
    shapes,
  );
  let peak = live;
  for (const [step, node] of graph.node.entries()) {
    live += sum(madeBy(node, lastUse), shapes);
    if (live > peak || Number.isNaN(live)) peak = live;
    live -= sum(frees.get(step) ?? [], shapes);
  }
  return Number.isFinite(peak) ? peak : null;
}

/** Intermediate → index of the node that reads it last; graph outputs are never given back. */
function lastUses(graph: GraphProto): Map<string, number> {
  const made = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const last = new Map<string, number>();
  for (const [step, node] of graph.node.entries()) {
    for (const name of node.input) {
      const maker = made.get(name);
      if (name !== '' && maker !== undefined && maker.opType !== 'Constant') last.set(name, step);
    }
  }
  for (const output of graph.output) last.set(output.name ?? '', Number.POSITIVE_INFINITY);
  return last;
}

function groupByStep(lastUse: ReadonlyMap<string, number>): Map<number, string[]> {
  const groups = new Map<number, string[]>();
  for (const [name, step] of lastUse) {
    const group = groups.get(step);
    if (group === undefined) groups.set(step, [name]);
    else group.push(name);
  }
  return groups;
}

/** An output that nobody reads, such as the mask of Dropout, is not kept; constants count as weights. */
function madeBy(node: NodeProto, lastUse: ReadonlyMap<string, number>): string[] {
  return node.opType === 'Constant' ? [] : node.output.filter((name) => lastUse.has(name));
}

function sum(names: readonly string[], shapes: KnownShapes): number {
  return names.reduce((total, name) => total + shapes.bytes(name), 0);
}
