/** Operators that fold axes into one element, or pick the place of one. */
import type { Call } from '../call.ts';
import { type Rule, type RuleTable, type Shape, tensor } from '../types.ts';
import { forEach } from './makers.ts';
import { axesOf } from './reshaping.ts';

const OPERATORS = [
  ...['ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd'],
  ...['ReduceSum', 'ReduceSumSquare'],
];

const argument: Rule = (call) => {
  const rank = call.rank(0);
  const axes = rank === null ? null : [call.axis(call.int('axis', 0), rank)];
  return [tensor('int64', withoutAxes(call, axes))];
};

export const REDUCTIONS: RuleTable = {
  ...forEach(OPERATORS, (call: Call) => [tensor(call.dataType(0), reduced(call))]),
  ...forEach(['ArgMax', 'ArgMin'], argument),
};

/** Axes are an input since opset 18, of ReduceSum since 13. */
export function reducedAxes(call: Call): readonly number[] | null {
  const rank = call.rank(0);
  const given = axesOf(call, call.operator === 'ReduceSum' ? 13 : 18);
  if (given === null) return null;
  const isEmpty = given === undefined || given.length === 0;
  if (isEmpty && call.int('noop_with_empty_axes', 0) !== 0) return [];
  if (rank === null) return null;
  return isEmpty ? Array.from({ length: rank }, (_, axis) => axis) : given.map((axis) => call.axis(axis, rank));
}

export function reduced(call: Call): Shape {
  return withoutAxes(call, reducedAxes(call));
}

function withoutAxes(call: Call, axes: readonly number[] | null): Shape {
  const shape = call.shape(0);
  const keeps = call.int('keepdims', 1) !== 0;
  if (shape === null) return null;
  if (axes === null) return keeps ? shape.map(() => null) : null;
  const left = shape.map((dim, axis) => (axes.includes(axis) ? (keeps ? 1 : undefined) : dim));
  return left.filter((dim) => dim !== undefined);
}
