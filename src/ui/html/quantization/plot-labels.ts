/** Numbers and names of points in a plot, placed so that none lies on another. */
import { Html, html } from '../markup.ts';
import { fitText, textWidth } from '../text-width.ts';
import type { Numbered } from './figures.ts';
import { percent } from './scale.ts';

/** A place in a plot. */
export interface Spot {
  /** 0 to 1 of the width. */
  readonly x: number;
  /** Pixels from above. */
  readonly y: number;
}

export interface Point extends Spot {
  readonly item: Numbered;
}

/** Width of a plot on a desk; names are hidden on a phone. */
const DESK_PX = 470;
const LABEL_PX = 12;
const RADIUS = 10;
/** More names than that say less than the table. */
const MOST_NAMES = 6;
/** Of more points, those that others beat are dots. */
const MOST_NUMBERS = 12;
/** The name of the original stands so far below it. */
export const ORIGINAL_DY = 18;

/** What matters comes last, to be drawn above the rest. */
export function inOrder(points: readonly Point[]): Point[] {
  const rank = ({ item: { candidate } }: Point): number => (candidate.isChosen ? 2 : candidate.isPareto ? 1 : 0);
  return [...points].sort((a, b) => rank(a) - rank(b));
}

/** The points that carry their number; the others would hide one that matters more, and are dots. */
export function numberedPoints(points: readonly Point[]): ReadonlySet<Point> {
  const chosen: Point[] = [];
  const matters = ({ item: { candidate } }: Point): boolean => candidate.isChosen || candidate.isPareto;
  const candidates = points.length > MOST_NUMBERS ? points.filter(matters) : points;
  for (const point of inOrder(candidates).reverse()) {
    const isFree = chosen.every(({ x, y }) => Math.hypot((x - point.x) * DESK_PX, y - point.y) >= RADIUS * 1.6);
    if (isFree) chosen.push(point);
  }
  return new Set(chosen);
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

interface Side {
  readonly anchor: 'start' | 'middle' | 'end';
  readonly dx: number;
  readonly dy: number;
}

/** Where a name may stand, the best first. */
const SIDES: readonly Side[] = [
  { anchor: 'start', dx: 15, dy: 0 },
  { anchor: 'end', dx: -15, dy: 0 },
  { anchor: 'start', dx: 8, dy: 20 },
  { anchor: 'end', dx: -8, dy: 20 },
  { anchor: 'middle', dx: 0, dy: 20 },
  { anchor: 'middle', dx: 0, dy: -20 },
];

/**
 * @param front those that nobody beats in this plot; of many only the first and the last are named
 * @param original its place; its name stands below it
 */
export function nameLabels(points: readonly Point[], front: readonly Point[], original: Spot | undefined): Html[] {
  const taken: Box[] = points.map(({ x, y }) => ({ left: x * DESK_PX - RADIUS, right: x * DESK_PX + RADIUS, y }));
  if (original !== undefined) {
    const [left, right] = [original.x * DESK_PX - 26, original.x * DESK_PX + 26];
    taken.push({ left, right, y: original.y }, { left, right, y: original.y + ORIGINAL_DY });
  }
  const ends = front.length > MOST_NAMES ? [front[0], front.at(-1)] : front;
  const named = inOrder(points).filter((point) => point.item.candidate.isChosen || ends.includes(point));
  return named.reverse().map((point) => {
    const { label, isChosen } = point.item.candidate;
    const text = fitText(label, LABEL_PX * 16, LABEL_PX);
    const width = textWidth(text, LABEL_PX, isChosen);
    const side = SIDES.find((one) => isFree(boxOf(point, width, one), taken));
    if (side === undefined) return new Html('');
    taken.push(boxOf(point, width, side));
    const y = Math.round(point.y) + side.dy + 4;
    return html`<text class="label${isChosen && ' chosen'}" x="${percent(point.x)}" dx="${side.dx}" y="${y}" text-anchor="${side.anchor}">${text}</text>`;
  });
}

function boxOf({ x, y }: Point, width: number, { anchor, dx, dy }: Side): Box {
  const at = x * DESK_PX + dx;
  const left = anchor === 'start' ? at : anchor === 'end' ? at - width : at - width / 2;
  return { left, right: left + width, y: y + dy };
}

function isFree(box: Box, taken: readonly Box[]): boolean {
  const meets = (other: Box): boolean =>
    box.left < other.right && other.left < box.right && Math.abs(box.y - other.y) < 15;
  return box.left >= 0 && box.right <= DESK_PX && !taken.some(meets);
}
