/** Operators that pick elements of a tensor or write some of them. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { slicedDim, slicesOf } from '../slicing.ts';
import { type RuleTable, type Shape, tensor } from '../types.ts';
import { forEach, sameAs } from './makers.ts';

export const INDEXING: RuleTable = {
  ...forEach(['Scatter', 'ScatterElements', 'ScatterND', 'ReverseSequence'], sameAs(0)),
  Gather: (call) => [tensor(call.dataType(0), gathered(call))],
  GatherElements: (call) => [tensor(call.dataType(0), call.shape(1))],
  GatherND: (call) => [tensor(call.dataType(0), gatheredND(call))],
  NonZero: (call) => [tensor('int64', [call.rank(0), nonZeroCount(call)])],
  OneHot: (call) => [tensor(call.dataType(2), oneHot(call))],
  Slice: (call) => [tensor(call.dataType(0), sliced(call))],
  TopK: (call) => {
    const shape = topK(call);
    return [tensor(call.dataType(0), shape), tensor('int64', shape)];
  },
};

function gathered(call: Call): Shape {
  const [data, indices] = [call.shape(0), call.shape(1)];
  if (data === null || indices === null) return null;
  const axis = call.axis(call.int('axis', 0), data.length);
  return [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)];
}

/** The last axis of the indices holds the leading coordinates of the data, after the batch axes. */
function gatheredND(call: Call): Shape {
  const [data, indices] = [call.shape(0), call.shape(1)];
  if (data === null || indices === null) return null;
  if (data.length === 0 || indices.length === 0) return call.fail('a scalar has no coordinates');
  const coordinates = indices.at(-1) as Dim;
  if (typeof coordinates !== 'number') return null;
  const used = call.int('batch_dims', 0) + coordinates;
  if (used > data.length) call.fail(`${used} coordinates are given for a rank of ${data.length}`);
  return [...indices.slice(0, -1), ...data.slice(used)];
}

function sliced(call: Call): Shape {
  const shape = call.shape(0);
  if (shape === null) return null;
  const slices = slicesOf(call, shape.length);
  if (slices === null) return shape.map(() => null);
  return shape.map((dim, axis) => {
    const slice = slices.find((one) => one.axis === axis);
    if (slice?.step === 0) return call.fail('a step is 0');
    return slice === undefined ? dim : slicedDim(dim, slice);
  });
}

function nonZeroCount(call: Call): Dim {
  const elements = call.value(0)?.elements;
  return elements?.every((element) => typeof element === 'number')
    ? elements.filter((element) => element !== 0).length
    : null;
}

function oneHot(call: Call): Shape {
  const indices = call.shape(0);
  if (indices === null) return null;
  const rank = indices.length + 1;
  const axis = call.axis(call.int('axis', -1), rank);
  const depth = call.element(1);
  const size = typeof depth === 'number' ? Math.trunc(depth) : depth;
  return [...indices.slice(0, axis), size, ...indices.slice(axis)];
}

function topK(call: Call): Shape {
  const shape = call.shape(0);
  if (shape === null) return null;
  const axis = call.axis(call.int('axis', -1), shape.length);
  const count = call.opset < 10 ? (call.int('k') ?? null) : call.element(1);
  const size = shape[axis] as Dim;
  if (typeof count === 'number' && typeof size === 'number' && count > size) {
    call.fail(`the ${count} largest of ${size} elements are asked for`);
  }
  return shape.map((dim, at) => (at === axis ? count : dim));
}
