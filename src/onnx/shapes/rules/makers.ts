/** Rules that many operators share. */
import type { DataType } from '../../data-type.ts';
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

/** All inputs broadcast to one another; the element type is that of the first. */
export function broadcast(): Rule {
  return (call) => [tensor(call.dataType(0), broadcastShapes(call.inputs().map((_, index) => call.shape(index))))];
}

/** All inputs broadcast to one another, with another element type. */
export function broadcastTo(dataType: DataType): Rule {
  return (call) => [tensor(dataType, broadcastShapes(call.inputs().map((_, index) => call.shape(index))))];
}

export function fixed(dataType: DataType, shape: Shape): Rule {
  return () => [tensor(dataType, shape)];
}

/** The same rule for many operators. */
export function forEach<T>(operators: readonly string[], rule: T): Record<string, T> {
  return Object.fromEntries(operators.map((operator) => [operator, rule]));
}
