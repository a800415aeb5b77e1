/** Elements that are moved: picked, cut, joined, spread or counted, but not changed. */
import type { Call } from '../call.ts';
import { permutation } from '../rules/reshaping.ts';
import { sliceRange, slicesOf } from '../slicing.ts';
import type { Element, Value, ValueRule } from '../types.ts';
import { broadcastReader } from './arithmetic.ts';

/** The same elements in another shape. */
const unchanged: ValueRule = (call) => call.value(0)?.elements ?? null;

export const LAYOUT_VALUES: Readonly<Record<string, ValueRule>> = {
  Flatten: unchanged,
  Identity: unchanged,
  Reshape: unchanged,
  Squeeze: unchanged,
  Unsqueeze: unchanged,
  Concat: (call, dims) => concatenated(call, dims),
  Expand: (call, dims) => {
    const value = call.value(0);
    return value === null ? null : Array.from({ length: countOf(dims) }, (_, at) => broadcastReader(value, dims)(at));
  },
  Gather: (call) => gathered(call),
  NonZero: (call, dims) => nonZero(call.value(0), dims),
  Slice: (call, dims) => sliced(call, dims),
  Split: (call, dims, _dataType, output) => piece(call, dims, output),
  Tile: (call, dims) => picked(call.value(0), dims, (at, axis, source) => at % (source.dims[axis] as number)),
  Transpose: (call, dims) => transposed(call, dims),
};

function countOf(dims: readonly number[]): number {
  return dims.reduce((total, dim) => total * dim, 1);
}

/** Coordinates of a flat index. */
export function coordinates(index: number, dims: readonly number[]): number[] {
  const found: number[] = [];
  let rest = index;
  for (let axis = dims.length - 1; axis >= 0; axis -= 1) {
    found.unshift(rest % (dims[axis] as number));
    rest = Math.floor(rest / (dims[axis] as number));
  }
  return found;
}

export function flatIndex(at: readonly number[], dims: readonly number[]): number {
  return at.reduce((index, coordinate, axis) => index * (dims[axis] as number) + coordinate, 0);
}

/** Each element from the place of the input that its coordinates are mapped to, axis by axis. */
function picked(
  value: Value | null,
  dims: readonly number[],
  map: (at: number, axis: number, source: Value) => number,
): readonly Element[] | null {
  if (value === null) return null;
  return Array.from({ length: countOf(dims) }, (_, index) => {
    const at = coordinates(index, dims).map((coordinate, axis) => map(coordinate, axis, value));
    return value.elements[flatIndex(at, value.dims)] ?? null;
  });
}

function transposed(call: Call, dims: readonly number[]): readonly Element[] | null {
  const value = call.value(0);
  if (value === null) return null;
  const perm = permutation(call, dims.length);
  return Array.from({ length: countOf(dims) }, (_, index) => {
    const at = coordinates(index, dims);
    const source = value.dims.map((_, axis) => at[perm.indexOf(axis)] as number);
    return value.elements[flatIndex(source, value.dims)] ?? null;
  });
}

/** Along axis 0 and of lists only, as sizes are joined; an input that is not known leaves a gap of its length. */
function concatenated(call: Call, dims: readonly number[]): readonly Element[] | null {
  if (dims.length !== 1) return null;
  const elements: Element[] = [];
  for (let index = 0; index < call.inputCount; index += 1) {
    const length = call.shape(index)?.[0];
    if (typeof length !== 'number') return null;
    elements.push(...(call.value(index)?.elements ?? Array.from({ length }, () => null)));
  }
  return elements;
}

function gathered(call: Call): readonly Element[] | null {
  const [data, indices] = [call.value(0), call.value(1)];
  if (data === null || indices === null || data.dims.length === 0) return null;
  const axis = call.axis(call.int('axis', 0), data.dims.length);
  const size = data.dims[axis] as number;
  const [before, after] = [countOf(data.dims.slice(0, axis)), countOf(data.dims.slice(axis + 1))];
  const elements: Element[] = [];
  for (let outer = 0; outer < before; outer += 1) {
    for (const index of indices.elements) {
      const at = typeof index !== 'number' ? -1 : index < 0 ? index + size : index;
      if (at >= size) call.fail(`index ${index} is out of range for ${size} elements`);
      const from = (outer * size + at) * after;
      for (let inner = 0; inner < after; inner += 1)
        elements.push(at < 0 ? null : (data.elements[from + inner] ?? null));
    }
  }
  return elements;
}

function sliced(call: Call, dims: readonly number[]): readonly Element[] | null {
  const value = call.value(0);
  const slices = value === null ? null : slicesOf(call, value.dims.length);
  if (!slices?.every(({ start, end, step }) => [start, end, step].every((bound) => typeof bound === 'number')))
    return null;
  return picked(value, dims, (at, axis, source) => {
    const slice = slices.find((one) => one.axis === axis);
    if (slice === undefined) return at;
    const step = slice.step as number;
    return sliceRange(source.dims[axis] as number, slice.start as number, slice.end as number, step).first + at * step;
  });
}

function piece(call: Call, dims: readonly number[], output: number): readonly Element[] | null {
  const value = call.value(0);
  if (value === null) return null;
  const axis = call.axis(call.int('axis', 0), value.dims.length);
  const size = value.dims[axis] as number;
  // All pieces but the last are of one size, unless the node gives their sizes.
  const given = call.opset < 13 ? call.ints('split') : call.hasInput(1) ? call.numbers(1) : undefined;
  if (given === null) return null;
  const whole = Math.ceil(size / call.outputCount);
  const start = given === undefined ? whole * output : given.slice(0, output).reduce((sum, length) => sum + length, 0);
  return picked(value, dims, (at, one) => (one === axis ? at + start : at));
}

/** Coordinates of the elements that are not 0: one row for each axis. */
function nonZero(value: Value | null, dims: readonly number[]): readonly Element[] | null {
  if (value === null || dims.length !== 2) return null;
  const found = value.elements.flatMap((element, index) => (element === 0 ? [] : [coordinates(index, value.dims)]));
  return value.dims.flatMap((_, axis) => found.map((at) => at[axis] as number));
}
