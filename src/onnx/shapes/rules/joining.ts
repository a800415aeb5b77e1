/** Operators that put tensors together, take them apart, repeat or pad them. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { floorDivide, mergeDims, plus, times } from '../dims.ts';
import { type RuleTable, type Shape, tensor, type ValueType } from '../types.ts';
import { checkedAxes } from './reshaping.ts';

export const JOINING: RuleTable = {
  Concat: (call) => [tensor(call.commonDataType(), concatenated(call))],
  Pad: (call) => [tensor(call.dataType(0), padded(call))],
  Split: (call) => split(call),
  Tile: (call) => [tensor(call.dataType(0), tiled(call))],
};

/** Inputs of unknown rank leave the dim of the axis open; all other dims are those that any input knows. */
function concatenated(call: Call): Shape {
  const shapes = call.shapes();
  const rank = shapes.find((shape) => shape !== null)?.length;
  if (rank === undefined) return null;
  const axis = call.axis(
    call.opset < 4 ? call.int('axis', 1) : (call.int('axis') ?? call.fail('it has no axis')),
    rank,
  );
  let size: Dim = 0;
  let others: Dim[] = Array.from({ length: rank }, () => null);
  for (const shape of shapes) {
    if (shape !== null && shape.length !== rank) call.fail(`ranks ${rank} and ${shape.length} cannot be joined`);
    size = shape === null ? null : plus(size, shape[axis] as Dim);
    if (shape === null) continue;
    others = others.map((dim, at) => (at === axis ? null : mergeDims(dim, shape[at] as Dim)));
  }
  return others.map((dim, at) => (at === axis ? size : dim));
}

function split(call: Call): readonly ValueType[] {
  const shape = call.shape(0);
  const dataType = call.dataType(0);
  const outputs = Array.from({ length: call.outputCount }, (_, index) => index);
  if (shape === null) return outputs.map(() => tensor(dataType, null));
  const axis = call.axis(call.int('axis', 0), shape.length);
  const sizes = splitSizes(call, shape[axis] as Dim);
  return outputs.map((index) =>
    tensor(
      dataType,
      shape.map((dim, at) => (at === axis ? (sizes[index] ?? null) : dim)),
    ),
  );
}

/** Sizes of the pieces along the axis, of which there are as many as outputs. */
function splitSizes(call: Call, dim: Dim): readonly Dim[] {
  const given = call.opset < 13 ? call.ints('split') : call.hasInput(1) ? call.list(1) : undefined;
  if (given === null) return [];
  if (given === undefined) return equalPieces(call, dim);
  if (given.length !== call.outputCount) call.fail(`${given.length} sizes are given for ${call.outputCount} outputs`);
  const total = given.reduce<Dim>(plus, 0);
  if (typeof total === 'number' && typeof dim === 'number' && total !== dim) {
    call.fail(`the sizes [${given}] do not add up to ${dim}`);
  }
  return given;
}

/** Since opset 18 the last piece may be smaller. */
function equalPieces(call: Call, dim: Dim): readonly Dim[] {
  const count = call.int('num_outputs', call.outputCount);
  if (count !== call.outputCount) call.fail(`${count} pieces are asked for, and it has ${call.outputCount} outputs`);
  if (typeof dim === 'number' && dim % count !== 0 && call.opset < 18) {
    call.fail(`a dim of ${dim} cannot be split into ${count} equal pieces`);
  }
  if (typeof dim !== 'number' && call.opset >= 18 && count > 1) {
    return Array.from({ length: count }, () => null);
  }
  const piece = typeof dim === 'number' ? Math.ceil(dim / count) : floorDivide(dim, count);
  const last = typeof dim === 'number' ? Math.max(dim - (piece as number) * (count - 1), 0) : piece;
  return Array.from({ length: count }, (_, index) => (index === count - 1 ? last : piece));
}

function tiled(call: Call): Shape {
  const shape = call.shape(0);
  if (shape === null || call.opset < 6) return null;
  const repeats = call.list(1);
  if (repeats === null) return shape.map(() => null);
  if (repeats.length !== shape.length) call.fail(`${repeats.length} repeats are given for a rank of ${shape.length}`);
  return shape.map((dim, axis) => times(dim, repeats[axis] as Dim));
}

/** Begins of all axes, then their ends; in the attribute before opset 11. */
function padded(call: Call): Shape {
  const shape = call.shape(0);
  if (shape === null) return null;
  const pads = call.opset < 11 ? (call.ints('pads') ?? call.ints('paddings') ?? null) : call.list(1);
  const given = call.hasInput(3) ? call.numbers(3) : shape.map((_, axis) => axis);
  if (given === null) return shape.map(() => null);
  const axes = checkedAxes(call, given, shape.length);
  if (pads === null) return shape.map((dim, axis) => (axes.includes(axis) ? null : dim));
  if (pads.length !== 2 * axes.length) call.fail(`${pads.length} pads are given for ${axes.length} axes`);
  return shape.map((dim, axis) => {
    const at = axes.indexOf(axis);
    return at < 0 ? dim : plus(dim, plus(pads[at] as Dim, pads[at + axes.length] as Dim));
  });
}
