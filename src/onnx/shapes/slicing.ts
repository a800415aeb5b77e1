/** What `Slice` takes of each axis. */
import type { Dim } from '../build.ts';
import type { Call } from './call.ts';
import { difference, floorDivide, minus, plus } from './dims.ts';
import { checkedAxes } from './rules/reshaping.ts';
import { isNeverNegative } from './symbols.ts';
import type { Element } from './types.ts';

export interface AxisSlice {
  readonly axis: number;
  readonly start: Element;
  readonly end: Element;
  readonly step: Element;
}

/** From here on, an end means "to the end": tf2onnx writes 10^9, others INT32_MAX or INT64_MAX. */
const FAR = 1e9;

/** Null when it is not known which axes are cut. */
export function slicesOf(call: Call, rank: number): readonly AxisSlice[] | null {
  const isOld = call.opset < 10;
  const starts = isOld ? (call.ints('starts') ?? null) : call.list(1);
  const ends = isOld ? (call.ints('ends') ?? null) : call.list(2);
  const count = starts?.length ?? ends?.length ?? (isOld ? null : (call.shape(1)?.[0] ?? null));
  if (typeof count !== 'number' || count > rank) return null;
  const given = isOld ? call.ints('axes') : call.hasInput(3) ? call.numbers(3) : undefined;
  if (given === null) return null;
  const axes = checkedAxes(call, given ?? Array.from({ length: count }, (_, axis) => axis), rank);
  const steps = !isOld && call.hasInput(4) ? call.list(4) : axes.map(() => 1);
  for (const list of [starts, ends, steps]) {
    if (list !== null && list.length !== axes.length)
      call.fail(`${list.length} bounds are given for ${axes.length} axes`);
  }
  return axes.map((axis, at) => ({
    axis,
    start: starts?.[at] ?? null,
    end: ends?.[at] ?? null,
    step: steps?.[at] ?? null,
  }));
}

/** First index and number of elements of a slice of `size` elements, as numpy counts them. */
export function sliceRange(size: number, start: number, end: number, step: number): { first: number; count: number } {
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const bound = (at: number, least: number): number => Math.min(Math.max(at < 0 ? at + size : at, least), high);
  const first = bound(start, Math.max(low, 0));
  return { first, count: Math.max(Math.ceil((bound(end, low) - first) / step), 0) };
}

/**
 * Size of the slice of an axis. Where sizes are symbols, bounds that are symbols too are taken to lie within the axis, as
 * exported models write them (`mask[:, past : past + sequence]`); numbers are not.
 */
export function slicedDim(dim: Dim, { start, end, step }: AxisSlice): Dim {
  if (typeof step !== 'number' || step === 0) return null;
  if (typeof dim === 'number' && typeof start === 'number' && typeof end === 'number') {
    return sliceRange(dim, start, end, step).count;
  }
  if (step < 0) return step === -1 && isLast(dim, start) && typeof end === 'number' && end <= -FAR ? dim : null;
  const [from, to] = [symbolicStart(start), symbolicEnd(dim, end)];
  const size = floorDivide(plus(minus(to, from), step - 1), step);
  return typeof size === 'number' ? Math.max(size, 0) : size;
}

function isLast(dim: Dim, start: Element): boolean {
  return start === -1 || (typeof start === 'number' && start >= FAR) || difference(start, dim) === -1;
}

function symbolicStart(start: Element): Element {
  return typeof start === 'number' && start < 0 ? null : start;
}

function symbolicEnd(dim: Dim, end: Element): Dim {
  if (typeof end === 'number') return end >= FAR ? dim : end < 0 ? plus(dim, end) : end === 0 ? 0 : null;
  if (end === null) return null;
  const beyond = difference(end, dim);
  if (beyond !== null) return beyond > 0 ? dim : end;
  return isNeverNegative(end) ? end : null;
}
