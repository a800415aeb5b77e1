/** Brings any graph down to a number of parts: neighbours that only lead to each other are joined, the smallest first. */
import { type Dag, dagOf, quotient } from './dag.ts';
import { type Part, partOf } from './part.ts';

/** Beyond it, pieces of the order are joined before neighbours are looked for. */
const MOST_PARTS = 200;

/** @param parts in an order in which edges point forward; so is the result */
export function coarsen(dag: Dag, parts: readonly Part[], most: number): readonly Part[] {
  if (parts.length <= most) return parts;
  let groups = inPieces(parts);
  let between = quotient(
    dag,
    groups.map((group) => group.flatMap((part) => part.cells)),
  );
  while (groups.length > most) {
    const weights = groups.map((group) => group.reduce((sum, part) => sum + part.cells.length, 0));
    const [from, to] = lightestPair(between, weights);
    groups = joinPair(groups, from, to);
    between = contract(between, from, to);
  }
  return groups.map((group) => (group.length === 1 ? (group[0] as Part) : joined(group)));
}

function joined(group: readonly Part[]): Part {
  const cells = group.flatMap((part) => part.cells).sort((a, b) => a - b);
  return partOf('group', cells);
}

/** Neighbours in an order of the graph may always be joined. */
function inPieces(parts: readonly Part[]): Part[][] {
  const size = Math.ceil(parts.length / MOST_PARTS);
  const pieces: Part[][] = [];
  for (let at = 0; at < parts.length; at += size) pieces.push(parts.slice(at, at + size));
  return pieces;
}

/** Two groups of which the later is all that the earlier leads to: nothing between them can need the earlier. */
function lightestPair(dag: Dag, weights: readonly number[]): readonly [number, number] {
  let best: readonly [number, number] = [0, 1];
  let least = Number.POSITIVE_INFINITY;
  for (const [from, successors] of dag.successors.entries()) {
    const [to] = successors;
    if (to === undefined || successors.length > 1) continue;
    const weight = (weights[from] as number) + (weights[to] as number);
    if (weight < least) [best, least] = [[from, to], weight];
  }
  return least === Number.POSITIVE_INFINITY ? lightestNeighbours(weights) : best;
}

/** Neighbours in the order: nothing can lie between them. */
function lightestNeighbours(weights: readonly number[]): readonly [number, number] {
  const sum = (index: number): number => (weights[index] as number) + (weights[index + 1] as number);
  let best = 0;
  for (let at = 0; at + 1 < weights.length; at += 1) if (sum(at) < sum(best)) best = at;
  return [best, best + 1];
}

function joinPair(groups: readonly Part[][], from: number, to: number): Part[][] {
  return groups.flatMap((group, index) => {
    if (index === from) return [];
    return index === to ? [[...(groups[from] as Part[]), ...group]] : [group];
  });
}

function contract(dag: Dag, from: number, to: number): Dag {
  const place = (node: number): number => (node === from ? to : node) - ((node === from ? to : node) > from ? 1 : 0);
  return dagOf(
    dag.size - 1,
    dag.successors.flatMap((list, node) => list.map((next): [number, number] => [place(node), place(next)])),
  );
}
