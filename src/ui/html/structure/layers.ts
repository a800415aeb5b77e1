/**
 * Lays a graph out in layers from top to bottom, after Sugiyama, Tagawa and Toda (1981): layers by the longest way, few
 * crossings by barycentres, then places along each layer. Edges from one node over several layers share one lane.
 */
import { orderRows } from './order.ts';
import { placeRows } from './place.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Something in a row: a node, or the lane on which the edges of a node pass by. */
export interface Slot extends Size {
  readonly row: number;
  /** Undefined for a lane. */
  readonly node: number | undefined;
}

export interface LayeredGraph {
  readonly slots: readonly Slot[];
  /** Slots from left to right, by row. */
  readonly rows: readonly (readonly number[])[];
  /** Between slots of neighbouring rows. */
  readonly links: readonly (readonly [number, number])[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout extends Size {
  /** Centre of the upper edge of each node. */
  readonly nodes: readonly Point[];
  readonly routes: readonly Route[];
}

/** One link: down from `from`, through the gap below its row, to `to`. */
export interface Route {
  readonly from: Point;
  readonly to: Point;
  /** Where the row of `from` ends. */
  readonly bend: number;
  /** False where the link ends in a lane and goes on. */
  readonly isEnd: boolean;
}

const LANE_WIDTH = 10;
/** Between rows; half of it is where links bend. */
export const ROW_GAP = 30;

/**
 * @param edges pairs of nodes that point forward
 * @param isBare nodes that links pass into without an arrow head
 */
export function layOut(
  sizes: readonly Size[],
  edges: readonly (readonly [number, number])[],
  isBare: (node: number) => boolean = () => false,
): Layout {
  if (sizes.length === 0) return { width: 0, height: 0, nodes: [], routes: [] };
  const graph = layered(sizes, edges);
  const ordered = { ...graph, rows: orderRows(graph) };
  const xs = placeRows(ordered);
  const heights = ordered.rows.map((row) => Math.max(...row.map((slot) => ordered.slots[slot]?.height ?? 0)));
  const tops = heights.map((_, row) => heights.slice(0, row).reduce((sum, height) => sum + height + ROW_GAP, 0));
  return drawn(ordered, xs, { tops, heights, isBare });
}

interface Rows {
  readonly tops: readonly number[];
  readonly heights: readonly number[];
  readonly isBare: (node: number) => boolean;
}

function drawn(graph: LayeredGraph, xs: readonly number[], { tops, heights, isBare }: Rows): Layout {
  const { slots, links } = graph;
  const left = Math.min(...slots.map((slot, index) => (xs[index] as number) - slot.width / 2));
  const right = Math.max(...slots.map((slot, index) => (xs[index] as number) + slot.width / 2));
  const top = (slot: Slot): number => {
    const room = (heights[slot.row] as number) - slot.height;
    return (tops[slot.row] as number) + (slot.node === undefined ? 0 : room / 2);
  };
  const point = (index: number, isBottom: boolean): Point => {
    const slot = slots[index] as Slot;
    const rowHeight = slot.node === undefined ? (heights[slot.row] as number) : slot.height;
    return { x: (xs[index] as number) - left, y: top(slot) + (isBottom ? rowHeight : 0) };
  };
  const nodes: Point[] = [];
  for (const [index, slot] of slots.entries()) if (slot.node !== undefined) nodes[slot.node] = point(index, false);
  const routes = links.map(([from, to]): Route => {
    const { row } = slots[from] as Slot;
    const bend = (tops[row] as number) + (heights[row] as number);
    const isLane = slots[from]?.node === undefined;
    const end = slots[to]?.node;
    return { from: point(from, !isLane), to: point(to, false), bend, isEnd: end !== undefined && !isBare(end) };
  });
  const height = (tops.at(-1) ?? 0) + (heights.at(-1) ?? 0);
  return { width: right - left, height, nodes, routes };
}

function layered(sizes: readonly Size[], edges: readonly (readonly [number, number])[]): LayeredGraph {
  const rowOf = rowsOf(sizes.length, edges);
  const slots: Slot[] = sizes.map((size, node) => ({ ...size, row: rowOf[node] as number, node }));
  const links: [number, number][] = [];
  for (const node of sizes.keys()) {
    const targets = edges.filter(([from]) => from === node).map(([, to]) => to);
    addLinks(node, targets, slots, links);
  }
  const rows: number[][] = Array.from({ length: Math.max(0, ...rowOf.map((row) => row + 1)) }, () => []);
  for (const [index, slot] of slots.entries()) (rows[slot.row] as number[]).push(index);
  return { slots, rows, links };
}

/** Below all that leads to it; what nothing leads to stands right above what it leads to. */
function rowsOf(size: number, edges: readonly (readonly [number, number])[]): number[] {
  const rows = new Array<number>(size).fill(0);
  for (let node = 0; node < size; node += 1) {
    for (const [from, to] of edges)
      if (from === node) rows[to] = Math.max(rows[to] as number, (rows[node] as number) + 1);
  }
  const hasMaker = new Set(edges.map(([, to]) => to));
  for (let node = size - 1; node >= 0; node -= 1) {
    const targets = edges.filter(([from]) => from === node).map(([, to]) => rows[to] as number);
    if (!hasMaker.has(node) && targets.length > 0) rows[node] = Math.min(...targets) - 1;
  }
  return rows;
}

function addLinks(node: number, targets: readonly number[], slots: Slot[], links: [number, number][]): void {
  const own = slots[node] as Slot;
  const last = Math.max(...targets.map((target) => slots[target]?.row ?? 0));
  let before = node;
  for (let row = own.row + 1; row <= last; row += 1) {
    for (const target of targets) if (slots[target]?.row === row) links.push([before, target]);
    if (row === last) break;
    slots.push({ row, node: undefined, width: LANE_WIDTH, height: 0 });
    links.push([before, slots.length - 1]);
    before = slots.length - 1;
  }
}
