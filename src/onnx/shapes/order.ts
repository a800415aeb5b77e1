/** Nodes in an order in which each comes after those whose outputs it takes. */
import { capturedNames } from '../graph.ts';
import type { NodeProto } from '../proto.ts';

/**
 * The format asks for this order, so most graphs are returned as they are; others are sorted, equal ones in their order.
 * @returns the nodes, and those of them that wait for one another in a cycle, at the end
 */
export function executionOrder(nodes: readonly NodeProto[]): { nodes: readonly NodeProto[]; cyclic: number } {
  const makers = new Map<string, number>();
  for (let index = 0; index < nodes.length; index += 1) {
    for (const name of (nodes[index] as NodeProto).output) if (name !== '') makers.set(name, index);
  }
  const isSorted = nodes.every((node, index) => isAfter(node, index, makers));
  return isSorted ? { nodes, cyclic: 0 } : sorted(nodes, makers);
}

function isAfter(node: NodeProto, index: number, makers: ReadonlyMap<string, number>): boolean {
  for (const name of node.input) if ((makers.get(name) ?? -1) >= index) return false;
  return node.attribute.every(({ g }) => g === undefined) || needs(node, makers).every((maker) => maker < index);
}

/** Indexes of the nodes whose outputs a node, or a graph inside it, takes. */
function needs(node: NodeProto, makers: ReadonlyMap<string, number>): number[] {
  const captured = node.attribute.some((attribute) => attribute.g !== undefined) ? capturedNames(node) : [];
  const found: number[] = [];
  for (const name of node.input) {
    const maker = makers.get(name);
    if (maker !== undefined) found.push(maker);
  }
  // A name that the inner graph makes itself is not taken from outside; an equal name outside is forbidden by the format.
  for (const name of captured) {
    const maker = makers.get(name);
    if (maker !== undefined && !node.output.includes(name)) found.push(maker);
  }
  return found;
}

function sorted(nodes: readonly NodeProto[], makers: ReadonlyMap<string, number>) {
  const waits = nodes.map((node) => new Set(needs(node, makers)));
  const takers = nodes.map((): number[] => []);
  for (const [index, set] of waits.entries()) for (const maker of set) takers[maker]?.push(index);
  const open = waits.map((set) => set.size);
  const order = open.flatMap((count, index) => (count === 0 ? [index] : []));
  for (let at = 0; at < order.length; at += 1) {
    for (const taker of takers[order[at] as number] ?? []) {
      open[taker] = (open[taker] as number) - 1;
      if (open[taker] === 0) order.push(taker);
    }
  }
  const cyclic = open.flatMap((count, index) => (count > 0 ? [index] : []));
  return { nodes: [...order, ...cyclic].map((index) => nodes[index] as NodeProto), cyclic: cyclic.length };
}
