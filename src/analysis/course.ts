/** How much memory the tensors take from step to step of a run. */
import { capturedNames } from '../onnx/graph.ts';
import type { GraphProto, NodeProto } from '../onnx/proto.ts';
import { nodeName } from './costs/nodes.ts';

/** While each node of the main graph runs, in their order. */
export interface MemoryCourse {
  readonly liveBytes: readonly number[];
  /** Index of the node with the most. */
  readonly peak: number;
  /** Names of the nodes, or operator and place. */
  readonly nodes: readonly string[];
}

/**
 * Inputs and outputs of the graph live throughout, intermediates from the node that makes them to the last that reads
 * them, as in the peak of the costs.
 * @param sizeOf bytes, or null where they are not known
 * @returns null when the size of a tensor is not known, or when subgraphs hold tensors of their own
 */
export function memoryCourse(graph: GraphProto, sizeOf: (name: string) => number | null): MemoryCourse | null {
  if (graph.node.length === 0 || graph.node.some(hasSubgraph)) return null;
  const weights = new Set(graph.initializer.map((tensor) => tensor.name ?? ''));
  const lastReader = lastReaders(graph);
  const size = (name: string): number => sizeOf(name) ?? Number.NaN;
  const inputs = graph.input.map((input) => input.name ?? '').filter((name) => !weights.has(name));
  let live = inputs.reduce((sum, name) => sum + size(name), 0);
  const freed = new Float64Array(graph.node.length);
  const liveBytes = graph.node.map((node, step) => {
    if (node.opType !== 'Constant') {
      for (const name of node.output) {
        const last = lastReader.get(name);
        if (last === undefined) continue;
        live += size(name);
        if (last < graph.node.length) freed[last] = (freed[last] as number) + size(name);
      }
    }
    const now = live;
    live -= freed[step] as number;
    return now;
  });
  if (!liveBytes.every(Number.isFinite)) return null;
  const peak = liveBytes.reduce((best, bytes, step) => (bytes > (liveBytes[best] as number) ? step : best), 0);
  return { liveBytes, peak, nodes: graph.node.map(nodeName) };
}

function hasSubgraph(node: NodeProto): boolean {
  return node.attribute.some(({ g, graphs }) => g !== undefined || graphs.length > 0);
}

/** Tensor → index of the node that reads it last; one that leaves the graph is read after all of them. */
function lastReaders(graph: GraphProto): Map<string, number> {
  const last = new Map<string, number>();
  for (const [step, node] of graph.node.entries()) {
    for (const name of [...node.input, ...capturedNames(node)]) if (name !== '') last.set(name, step);
  }
  for (const output of graph.output) last.set(output.name ?? '', graph.node.length);
  return last;
}
