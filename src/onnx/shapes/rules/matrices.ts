/** Products of matrices. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { broadcastShapes } from '../dims.ts';
import { type RuleTable, type Shape, tensor } from '../types.ts';

export const MATRICES: RuleTable = {
  Det: (call) => [tensor(call.dataType(0), call.shape(0)?.slice(0, -2) ?? null)],
  MatMul: (call) => [tensor(call.commonDataType(), matMulShape(call, 0, 1))],
  Gemm: (call) => [tensor(call.commonDataType(), gemmShape(call, 0, 1))],
};

export function gemmShape(call: Call, left: number, right: number): Shape {
  const [a, b] = [call.shapeOfRank(left, 2), call.shapeOfRank(right, 2)];
  if (a === null || b === null) return null;
  return [a[call.int('transA', 0) ? 1 : 0] as Dim, b[call.int('transB', 0) ? 0 : 1] as Dim];
}

/** numpy.matmul: lists count as a row on the left and as a column on the right, which the result does not have. */
export function matMulShape(call: Call, left: number, right: number): Shape {
  return multiplied(call, call.shape(left), call.shape(right));
}

export function multiplied(call: Call, a: Shape, b: Shape): Shape {
  if (a === null || b === null) return null;
  if (a.length === 0 || b.length === 0) return call.fail('a scalar is no matrix');
  const rows = a.length === 1 ? [] : [a.at(-2) as Dim];
  const columns = b.length === 1 ? [] : [b.at(-1) as Dim];
  const [inner, other] = [a.at(-1) as Dim, (b.length === 1 ? b[0] : b.at(-2)) as Dim];
  if (typeof inner === 'number' && typeof other === 'number' && inner !== other) {
    call.fail(`${inner} columns of the first matrix meet ${other} rows of the second`);
  }
  const batch = broadcastShapes([a.slice(0, -2), b.slice(0, -2)]) as readonly Dim[];
  return [...batch, ...rows, ...columns];
}
