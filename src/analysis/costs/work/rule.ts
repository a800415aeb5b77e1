/**
 * How the work of an operator is counted. A multiply-accumulate (MAC) is one multiplication whose result is added to a
 * sum, and two FLOPs. Everything else counts one FLOP for each addition, multiplication, division, comparison or call of
 * an elementary function (exp, log, sqrt, tanh, erf, …) that the definition of the operator asks for, whatever the type
 * of the elements. Moving, selecting, casting and sorting elements costs nothing.
 */
import type { NodeProto } from '../../../onnx/proto.ts';
import type { KnownShapes } from '../known-shapes.ts';

/** Of one run of a node; NaN where shapes are not known. */
export interface Work {
  readonly macs: number;
  readonly flops: number;
}

export type WorkRule = (node: NodeProto, shapes: KnownShapes) => Work;

/** Operator key → rule. */
export type WorkTable = Readonly<Record<string, WorkRule>>;

export const NO_WORK: Work = { macs: 0, flops: 0 };

/** Work of multiply-accumulates, and of `flops` beside them. A bias is the start of each sum and costs nothing more. */
export function multiplied(macs: number, flops = 0): Work {
  return { macs, flops: 2 * macs + flops };
}

/** @param count multiply-accumulates of a node */
export function macRule(count: (node: NodeProto, shapes: KnownShapes) => number): WorkRule {
  return (node, shapes) => multiplied(count(node, shapes));
}

/** @param count FLOPs of a node that multiplies and accumulates nothing */
export function flopRule(count: (node: NodeProto, shapes: KnownShapes) => number): WorkRule {
  return (node, shapes) => ({ macs: 0, flops: count(node, shapes) });
}

/** The same number of FLOPs for each element of the first output. */
export function perOutput(flops: number): WorkRule {
  return flopRule((node, shapes) => flops * shapes.size(node.output[0]));
}

/** The same number of FLOPs for each element of the first input. */
export function perInput(flops: number): WorkRule {
  return flopRule((node, shapes) => flops * shapes.size(node.input[0]));
}

/** One table for several operators with the same rule. */
export function each(rule: WorkRule, operators: readonly string[]): WorkTable {
  return Object.fromEntries(operators.map((operator) => [operator, rule]));
}

/** The same operators in the domain of ONNX Runtime. */
export function microsoft(table: WorkTable): WorkTable {
  return Object.fromEntries(Object.entries(table).map(([operator, rule]) => [`com.microsoft::${operator}`, rule]));
}

export function isThere(name: string | undefined): name is string {
  return name !== undefined && name !== '';
}

export function product(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total * number, 1);
}
