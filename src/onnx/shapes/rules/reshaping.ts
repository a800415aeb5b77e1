/** Operators that keep the elements and give them another shape or order. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { broadcastShapes, floorDivide, product, times } from '../dims.ts';
import { MAX_RANK, type RuleTable, type Shape, tensor } from '../types.ts';
import { shapeFromInput } from './constants.ts';

export const RESHAPING: RuleTable = {
  DepthToSpace: (call) => [tensor(call.dataType(0), depthToSpace(call))],
  Expand: (call) => [tensor(call.dataType(0), broadcastShapes([call.shape(0), shapeFromInput(call, 1)]))],
  Flatten: (call) => [tensor(call.dataType(0), flattened(call))],
  Reshape: (call) => [tensor(call.dataType(0), reshaped(call))],
  SpaceToDepth: (call) => [tensor(call.dataType(0), spaceToDepth(call))],
  Squeeze: (call) => [tensor(call.dataType(0), squeezed(call))],
  Transpose: (call) => [tensor(call.dataType(0), transposed(call))],
  Unsqueeze: (call) => [tensor(call.dataType(0), unsqueezed(call))],
};

/**
 * Axes from the second input, or from the attribute that it was before (some exporters still write it).
 * @returns undefined when the node gives none, null when they are not known
 */
export function axesOf(call: Call, sinceInput = 13): readonly number[] | null | undefined {
  return call.opset >= sinceInput && call.hasInput(1) ? call.numbers(1) : call.ints('axes');
}

/** Axes as 0..rank-1. Fails when one is out of range or there twice. */
export function checkedAxes(call: Call, axes: readonly number[], rank: number): readonly number[] {
  const found = axes.map((axis) => call.axis(axis, rank));
  if (new Set(found).size < found.length) call.fail(`axes [${axes}] name one axis twice`);
  return found;
}

function reshaped(call: Call): Shape {
  const shape = call.shape(0);
  const target = call.opset < 5 ? (call.ints('shape') ?? null) : shapeFromInput(call, 1);
  if (target === null) return null;
  const keepsZero = call.int('allowzero', 0) !== 0;
  const dims = target.map((dim, axis): Dim => {
    if (dim !== 0 || keepsZero) return dim;
    if (shape === null) return null;
    return axis < shape.length
      ? (shape[axis] as Dim)
      : call.fail(`0 at axis ${axis} copies from a rank of ${shape.length}`);
  });
  return shape === null ? dims.map((dim) => (dim === -1 ? null : dim)) : settled(call, shape, dims);
}

/** One dim that is -1, or the only one that is not known, is what remains of the elements. */
function settled(call: Call, shape: readonly Dim[], dims: readonly Dim[]): Shape {
  const open = dims.flatMap((dim, axis) => (dim === -1 || dim === null ? [axis] : []));
  const [before, after] = withoutCommon(shape, dims);
  const total = product(before);
  const known = product(after.filter((dim) => dim !== -1 && dim !== null));
  if (dims.filter((dim) => dim === -1).length > 1) call.fail('more than one dim is -1');
  checkElements(call, total, known, open.length > 0);
  if (open.length !== 1) return dims.map((dim) => (dim === -1 ? null : dim));
  const rest = known === 0 ? null : floorDivide(total, known);
  return dims.map((dim, axis) => (axis === open[0] ? rest : dim));
}

/** Dims that are on both sides do not matter for what remains, and most are. A size of 0 matters everywhere. */
function withoutCommon(shape: readonly Dim[], dims: readonly Dim[]): [Dim[], Dim[]] {
  const [before, after] = [[...shape], [...dims]];
  if (before.includes(0) || after.includes(0)) return [before, after];
  for (const dim of dims) {
    const at = dim === null ? -1 : before.indexOf(dim);
    if (at < 0) continue;
    before.splice(at, 1);
    after.splice(after.indexOf(dim), 1);
  }
  return [before, after];
}

function checkElements(call: Call, total: Dim, known: Dim, isOpen: boolean): void {
  if (typeof total !== 'number' || typeof known !== 'number') return;
  if (!isOpen && total !== known) call.fail(`${total} elements do not fit into ${known}`);
  if (isOpen && known !== 0 && total % known !== 0) call.fail(`${total} elements cannot be divided by ${known}`);
}

function flattened(call: Call): Shape {
  const shape = call.shape(0);
  if (shape === null) return [null, null];
  const axis = call.int('axis', 1);
  const at = axis === shape.length ? axis : call.axis(axis, shape.length + (axis < 0 ? 0 : 1));
  return [product(shape.slice(0, at)), product(shape.slice(at))];
}

function squeezed(call: Call): Shape {
  const [shape, axes] = [call.shape(0), axesOf(call)];
  if (shape === null || axes === null) return null;
  if (axes === undefined)
    return shape.every((dim) => typeof dim === 'number') ? shape.filter((dim) => dim !== 1) : null;
  const dropped = checkedAxes(call, axes, shape.length);
  for (const axis of dropped) {
    const dim = shape[axis] as Dim;
    if (typeof dim === 'number' && dim !== 1) call.fail(`axis ${axis} has the size ${dim} and cannot be left out`);
  }
  return shape.filter((_, axis) => !dropped.includes(axis));
}

function unsqueezed(call: Call): Shape {
  const [shape, axes] = [call.shape(0), axesOf(call)];
  if (axes === undefined) return call.fail('it has no axes');
  if (shape === null) return null;
  if (axes === null) {
    const added = call.shape(1)?.[0];
    return typeof added === 'number' && added <= MAX_RANK
      ? Array.from({ length: shape.length + added }, () => null)
      : null;
  }
  const rank = shape.length + axes.length;
  const added = new Set(checkedAxes(call, axes, rank));
  let next = 0;
  return Array.from({ length: rank }, (_, axis): Dim => {
    if (added.has(axis)) return 1;
    next += 1;
    return shape[next - 1] as Dim;
  });
}

/** The axes in their new order; all of them reversed unless the node says another. */
export function permutation(call: Call, rank: number): readonly number[] {
  const perm = call.ints('perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const isPermutation = perm.length === rank && new Set(perm).size === rank && perm.every((a) => a >= 0 && a < rank);
  return isPermutation ? perm : call.fail(`perm [${perm}] does not order ${rank} axes`);
}

function transposed(call: Call): Shape {
  const shape = call.shape(0);
  if (shape !== null) return permutation(call, shape.length).map((axis) => shape[axis] as Dim);
  return call.ints('perm')?.map(() => null) ?? null;
}

function depthToSpace(call: Call): Shape {
  const shape = call.shapeOfRank(0, 4);
  const block = blockSize(call);
  if (shape === null) return [null, null, null, null];
  const [batch, depth, height, width] = shape as readonly [Dim, Dim, Dim, Dim];
  return [batch, divided(call, depth, block * block), times(height, block), times(width, block)];
}

function spaceToDepth(call: Call): Shape {
  const shape = call.shapeOfRank(0, 4);
  const block = blockSize(call);
  if (shape === null) return [null, null, null, null];
  const [batch, depth, height, width] = shape as readonly [Dim, Dim, Dim, Dim];
  return [batch, times(depth, block * block), divided(call, height, block), divided(call, width, block)];
}

function blockSize(call: Call): number {
  const size = call.int('blocksize', 0);
  return size > 0 ? size : call.fail(`the block size is ${size}`);
}

function divided(call: Call, dim: Dim, by: number): Dim {
  if (typeof dim === 'number' && dim % by !== 0) call.fail(`a dim of ${dim} cannot be divided by ${by}`);
  return floorDivide(dim, by);
}
