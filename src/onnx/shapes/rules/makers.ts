/** Rules that many operators share. */
import type { DataType } from '../../data-type.ts';
import type { Call } from '../call.ts';
import { broadcastShapes } from '../dims.ts';
import { type Rule, type Shape, tensor } from '../types.ts';

/** One output with the type of that input, whatever kind of value it is. */
export function sameAs(index: number): Rule {
  return (call) => [call.input(index)];
}

/** The shape of an input with another element type. */
export function sameShape(index: number, dataType: DataType): Rule {
  return (call) => [tensor(dataType, call.shape(index))];
}

/** All inputs are of one element type and broadcast to one another. */
export function broadcast(since = 7): Rule {
  return (call) => [tensor(call.commonDataType(), broadcastInputs(call, since))];
}

/** All inputs broadcast to one another, with another element type. */
export function broadcastTo(dataType: DataType, since = 7): Rule {
  return (call) => [tensor(dataType, broadcastInputs(call, since))];
}

/** Before the operator took part in broadcasting, its result has the shape of the first input. */
function broadcastInputs(call: Call, since: number): Shape {
  if (call.opset < since) return call.shape(0);
  return broadcastShapes(call.shapes());
}

export function fixed(dataType: DataType, shape: Shape): Rule {
  return () => [tensor(dataType, shape)];
}

/** The same rule for many operators. */
export function forEach<T>(operators: readonly string[], rule: T): Record<string, T> {
  return Object.fromEntries(operators.map((operator) => [operator, rule]));
}
