/** Which of the slots of a row stands left of which: barycentres of their neighbours, up and down, as long as that helps. */
import type { LayeredGraph } from './layers.ts';

const ROUNDS = 12;

export function orderRows({ rows, links }: LayeredGraph): number[][] {
  const above = neighbours(links, 1);
  const below = neighbours(links, 0);
  let best = rows.map((row) => [...row]);
  let least = crossings(best, below);
  let current = best;
  for (let round = 0; round < ROUNDS && least > 0; round += 1) {
    current = swept(current, round % 2 === 0 ? above : below, round % 2 === 0);
    const count = crossings(current, below);
    if (count < least) [best, least] = [current, count];
  }
  return best;
}

type Neighbours = ReadonlyMap<number, readonly number[]>;

function neighbours(links: LayeredGraph['links'], key: 0 | 1): Neighbours {
  const lists = new Map<number, number[]>();
  for (const link of links) lists.set(link[key], [...(lists.get(link[key]) ?? []), link[1 - key] as number]);
  return lists;
}

function swept(rows: readonly (readonly number[])[], near: Neighbours, isDownward: boolean): number[][] {
  const result = rows.map((row) => [...row]);
  const places = new Map(result.flatMap((row) => row.map((slot, place) => [slot, place] as const)));
  const order = isDownward ? [...result.keys()] : [...result.keys()].reverse();
  for (const index of order) {
    const row = result[index] as number[];
    const wish = (slot: number): number =>
      mean((near.get(slot) ?? []).map((other) => places.get(other) as number)) ?? (places.get(slot) as number);
    const wishes = new Map(row.map((slot) => [slot, wish(slot)]));
    row.sort((a, b) => (wishes.get(a) as number) - (wishes.get(b) as number));
    for (const [place, slot] of row.entries()) places.set(slot, place);
  }
  return result;
}

function mean(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function crossings(rows: readonly (readonly number[])[], below: Neighbours): number {
  let count = 0;
  for (const [index, row] of rows.entries()) {
    const places = new Map((rows[index + 1] ?? []).map((slot, place) => [slot, place]));
    const ends = row.map((slot) => (below.get(slot) ?? []).map((other) => places.get(other) as number));
    for (const [left, own] of ends.entries()) {
      for (const others of ends.slice(left + 1)) {
        for (const a of own) for (const b of others) if (a > b) count += 1;
      }
    }
  }
  return count;
}
