/** Arithmetic on dims: numbers where both are, else symbols that compare equal when the sizes are equal, else null. */
import type { Dim } from '../build.ts';
import { isFresh, productOf, quotientOf, sumOf } from './symbols.ts';
import type { Shape } from './types.ts';

/** Two facts about one tensor cannot both be true; `call.ts` turns it into a problem of the node. */
export class Contradiction extends Error {}

/** Sizes beyond 2^53 are not exact any more, so they are not known. */
function exact(size: number): Dim {
  return Number.isSafeInteger(size) ? size : null;
}

export function plus(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return exact(a + b);
  return a === null || b === null ? null : sumOf(a, b);
}

export function minus(a: Dim, b: Dim): Dim {
  if (a !== null && a === b) return 0;
  return plus(a, times(b, -1));
}

export function times(a: Dim, b: Dim): Dim {
  if (a === 0 || b === 0) return 0;
  if (typeof a === 'number' && typeof b === 'number') return exact(a * b);
  return a === null || b === null ? null : productOf(a, b);
}

/** Rounds towards minus infinity; null for a division by 0. */
export function floorDivide(a: Dim, by: Dim): Dim {
  if (by === 0) return null;
  if (typeof a === 'number' && typeof by === 'number') return exact(Math.floor(a / by));
  return a === null || by === null ? null : quotientOf(a, by);
}

/** 1 for no dims. */
export function product(dims: readonly Dim[]): Dim {
  return dims.includes(0) ? 0 : dims.reduce(times, 1);
}

/** `a - b` when that is a number whatever the symbols are; null otherwise. */
export function difference(a: Dim, b: Dim): number | null {
  const result = minus(a, b);
  return typeof result === 'number' ? result : null;
}

/**
 * The more telling of two dims of one axis: a number before a symbol before null; of two symbols the first, unless it
 * tells nothing but that there is a size.
 * @throws Contradiction for two numbers that differ
 */
export function mergeDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number' && a !== b) {
    throw new Contradiction(`a dim is both ${a} and ${b}`);
  }
  if (typeof a === 'number') return a;
  return typeof b === 'number' || a === null || (b !== null && isFresh(a)) ? b : a;
}

/** @throws Contradiction when ranks or dims differ */
export function mergeShapes(a: Shape, b: Shape): Shape {
  if (a === null || b === null) return a ?? b;
  if (a.length !== b.length) throw new Contradiction(`the rank is both ${a.length} and ${b.length}`);
  return a.map((dim, axis) => mergeDims(dim, b[axis] as Dim));
}

/** What is true of both of two alternatives, such as the branches of an If: dims that differ become null. */
export function commonShape(a: Shape, b: Shape): Shape {
  if (a === null || b === null || a.length !== b.length) return null;
  return a.map((dim, axis) => (dim === b[axis] ? dim : null));
}

/**
 * Multidirectional broadcasting (onnx/docs/Broadcasting.md).
 * @returns null when the rank of one is not known
 * @throws Contradiction when two dims differ and none is 1
 */
export function broadcastShapes(shapes: readonly Shape[]): Shape {
  let result: readonly Dim[] = [];
  for (const shape of shapes) {
    if (shape === null) return null;
    result = broadcastTwo(result, shape);
  }
  return result;
}

function broadcastTwo(a: readonly Dim[], b: readonly Dim[]): readonly Dim[] {
  if (a.length === 0) return b;
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const offset = long.length - short.length;
  return long.map((dim, axis) => (axis < offset ? dim : broadcastDims(dim, short[axis - offset] as Dim)));
}

/** @throws Contradiction for two different numbers none of which is 1 */
export function broadcastDims(a: Dim, b: Dim): Dim {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === 'number' && typeof b === 'number') {
    throw new Contradiction(`${a} and ${b} cannot be broadcast to one another`);
  }
  if (typeof a === 'number') return a;
  return typeof b === 'number' ? b : null;
}
