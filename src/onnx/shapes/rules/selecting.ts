/** Operators whose result has as many elements as some condition holds for. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { product } from '../dims.ts';
import { type RuleTable, type Shape, tensor, type ValueType } from '../types.ts';

export const SELECTING: RuleTable = {
  Compress: (call) => [tensor(call.dataType(0), compressedShape(call))],
  Unique: unique,
};

function compressedShape(call: Call): Shape {
  const chosen = call.numbers(1)?.filter((isChosen) => isChosen !== 0).length ?? null;
  const axis = call.int('axis');
  if (axis === undefined) return [chosen];
  const shape = call.shape(0);
  return shape === null ? null : withDim(shape, call.axis(axis, shape.length), chosen);
}

/** Values, where each was first seen, which of them each element is, and how often each is there. */
function unique(call: Call): readonly ValueType[] {
  const shape = call.shape(0);
  const axis = call.int('axis');
  const place = axis === undefined || shape === null ? null : call.axis(axis, shape.length);
  const elements = shape === null ? null : place === null ? product(shape) : (shape[place] as Dim);
  const values = axis === undefined ? [null] : shape === null ? null : withDim(shape, place as number, null);
  return [
    tensor(call.dataType(0), values),
    tensor('int64', [null]),
    tensor('int64', [elements]),
    tensor('int64', [null]),
  ];
}

function withDim(shape: readonly Dim[], axis: number, dim: Dim): readonly Dim[] {
  return shape.map((old, index) => (index === axis ? dim : old));
}
