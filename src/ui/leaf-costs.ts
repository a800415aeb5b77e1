/** Where costs really are: at the nodes that run no other graphs. */
import type { NodeCost } from '../analysis/costs/facts.ts';

/** Nodes that run other graphs carry the costs of those; the tables show where they really are. */
export function leavesOf(nodes: readonly NodeCost[]): NodeCost[] {
  const holders = new Set(
    nodes.flatMap(({ place }) =>
      place.length === 0 ? [] : [holderKey(place.slice(0, -1), holderOf(place.at(-1) ?? ''))],
    ),
  );
  return nodes.filter(({ node, operator, place }) => {
    const type = operator.slice(operator.lastIndexOf(':') + 1);
    return !holders.has(holderKey(place, node)) && !holders.has(holderKey(place, type));
  });
}

/** `If_3.then_branch` → `If_3`. */
function holderOf(way: string): string {
  return way.slice(0, way.lastIndexOf('.'));
}

function holderKey(place: readonly string[], node: string): string {
  return JSON.stringify([...place, node]);
}
