/** Where along its row each slot stands: as near to its neighbours above and below as the order and the gaps allow. */
import type { LayeredGraph, Slot } from './layers.ts';

/** Between neighbours of a row. */
const SLOT_GAP = 18;

/** Downwards and upwards in turn, to come near; then towards both sides; at last along straight chains. */
const ROUNDS = { near: 8, both: 60, straight: 40 } as const;

/** Links that should be straight weigh more: lanes first, then the line of blocks. */
const WEIGHTS = { lane: 8, block: 4, other: 0.05, chain: 1000 } as const;

/** Where a slot would like to stand, and how much. */
interface Wish {
  readonly x: number;
  readonly weight: number;
}

interface Pull {
  readonly slot: number;
  readonly weight: number;
}

type Pulls = ReadonlyMap<number, readonly Pull[]>;

/** @returns centre of each slot */
export function placeRows(graph: LayeredGraph): number[] {
  const { slots, rows } = graph;
  const { above, below } = pullsOf(graph);
  const both = new Map(slots.map((_, slot) => [slot, [...(above.get(slot) ?? []), ...(below.get(slot) ?? [])]]));
  const xs = new Array<number>(slots.length).fill(0);
  const settleAll = (wishOf: (slot: number) => Wish, isDownward: boolean): void => {
    for (const row of isDownward ? rows : rows.toReversed()) settle(row, slots, xs, wishOf);
  };
  settleAll(() => ({ x: 0, weight: 1 }), true);
  for (let round = 0; round < ROUNDS.near + ROUNDS.both; round += 1) {
    const isDownward = round % 2 === 0;
    const pulls = round >= ROUNDS.near ? both : isDownward ? above : below;
    settleAll((slot) => pulled(pulls.get(slot) ?? [], xs, xs[slot] as number), isDownward);
  }
  const chainOf = chainsOf(graph);
  for (let round = 0; round < ROUNDS.straight; round += 1) {
    const means = new Map(
      [...new Set(chainOf.values())].map((chain) => [chain, mean(chain.map((slot) => xs[slot] as number))]),
    );
    settleAll((slot) => {
      const chain = chainOf.get(slot);
      if (chain === undefined) return pulled(both.get(slot) ?? [], xs, xs[slot] as number);
      return { x: means.get(chain) as number, weight: WEIGHTS.chain };
    }, true);
  }
  return xs;
}

function pulled(pulls: readonly Pull[], xs: readonly number[], own: number): Wish {
  const weight = pulls.reduce((sum, pull) => sum + pull.weight, 0);
  if (weight === 0) return { x: own, weight: 0.01 };
  return { x: pulls.reduce((sum, pull) => sum + pull.weight * (xs[pull.slot] as number), 0) / weight, weight };
}

function pullsOf({ slots, links }: LayeredGraph): Record<'above' | 'below', Pulls> {
  const above = new Map<number, Pull[]>();
  const below = new Map<number, Pull[]>();
  for (const [from, to] of links) {
    const lanes = [from, to].filter((slot) => slots[slot]?.node === undefined).length;
    const weight = [WEIGHTS.block, WEIGHTS.other, WEIGHTS.lane][lanes] as number;
    above.set(to, [...(above.get(to) ?? []), { slot: from, weight }]);
    below.set(from, [...(below.get(from) ?? []), { slot: to, weight }]);
  }
  return { above, below };
}

/** Lanes of one node; and nodes of which the upper has no other node below it, nor the lower another above. */
function chainsOf({ slots, links }: LayeredGraph): Map<number, number[]> {
  const isLane = (slot: number): boolean => slots[slot]?.node === undefined;
  const straight = links.filter(([from, to]) => isLane(from) === isLane(to));
  const below = counts(straight.map(([from]) => from));
  const above = counts(straight.map(([, to]) => to));
  const chainOf = new Map<number, number[]>();
  for (const [from, to] of straight.sort(([a], [b]) => (slots[a] as Slot).row - (slots[b] as Slot).row)) {
    if (below.get(from) !== 1 || above.get(to) !== 1) continue;
    const chain = chainOf.get(from) ?? [from];
    chain.push(to);
    chainOf.set(from, chain).set(to, chain);
  }
  return chainOf;
}

function counts(numbers: readonly number[]): Map<number, number> {
  const result = new Map<number, number>();
  for (const number of numbers) result.set(number, (result.get(number) ?? 0) + 1);
  return result;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

interface Group {
  /** Where its first slot would like to stand if it stood alone, and how much that matters. */
  x: number;
  weight: number;
  readonly places: number[];
}

/** The least squares that keep the order and the gaps: neighbours that would overlap move as one (pool adjacent violators). */
function settle(row: readonly number[], slots: readonly Slot[], xs: number[], wishOf: (slot: number) => Wish): void {
  const offsets = offsetsOf(row, slots);
  const groups: Group[] = [];
  for (const [place, slot] of row.entries()) {
    const { x, weight } = wishOf(slot);
    groups.push({ x: x - (offsets[place] as number), weight, places: [place] });
    while (groups.length > 1 && (groups.at(-2) as Group).x > (groups.at(-1) as Group).x) merge(groups);
  }
  for (const { x, places } of groups) {
    for (const place of places) xs[row[place] as number] = x + (offsets[place] as number);
  }
}

function merge(groups: Group[]): void {
  const last = groups.pop() as Group;
  const before = groups.at(-1) as Group;
  const weight = before.weight + last.weight;
  before.x = (before.x * before.weight + last.x * last.weight) / weight;
  before.weight = weight;
  before.places.push(...last.places);
}

/** Centres of a row that is packed as tightly as it may be. */
function offsetsOf(row: readonly number[], slots: readonly Slot[]): number[] {
  const offsets: number[] = [];
  let right = 0;
  for (const [place, slot] of row.entries()) {
    const { width } = slots[slot] as Slot;
    const centre = right + (place === 0 ? 0 : SLOT_GAP) + width / 2;
    offsets.push(centre);
    right = centre + width / 2;
  }
  return offsets;
}
