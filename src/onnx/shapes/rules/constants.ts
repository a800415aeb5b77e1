/** Operators that make a tensor from attributes, or from nothing but the sizes of another. */
import type { Dim } from '../../build.ts';
import { type DataType, dataTypeOf } from '../../data-type.ts';
import type { Call } from '../call.ts';
import { floorDivide, minus, plus } from '../dims.ts';
import { MAX_RANK, type RuleTable, type Shape, tensor } from '../types.ts';
import { fixed } from './makers.ts';

export const CONSTANTS: RuleTable = {
  Constant: (call) => [constantType(call)],
  ConstantOfShape: (call) => {
    const value = call.attribute('value')?.t;
    return [tensor(value === undefined ? 'float32' : (dataTypeOf(value.dataType) ?? null), shapeFromInput(call, 0))];
  },
  EyeLike: (call) => [tensor(call.dataTypeAttribute('dtype') ?? call.dataType(0), call.shapeOfRank(0, 2))],
  Range: (call) => [tensor(call.commonDataType(), [rangeLength(call)])],
  Shape: (call) => {
    const axes = shapeAxes(call);
    return [tensor('int64', [axes === null ? null : axes.end - axes.start])];
  },
  Size: fixed('int64', []),
};

/** Attributes of Constant that hold one element or a list of them. */
const PLAIN: Readonly<Record<string, readonly [DataType, (call: Call, name: string) => Shape]>> = {
  value_float: ['float32', () => []],
  value_floats: ['float32', (call, name) => [call.floats(name)?.length ?? 0]],
  value_int: ['int64', () => []],
  value_ints: ['int64', (call, name) => [call.ints(name)?.length ?? 0]],
  value_string: ['string', () => []],
  value_strings: ['string', (call, name) => [call.attribute(name)?.strings.length ?? 0]],
};

function constantType(call: Call) {
  const dense = call.attribute('value')?.t;
  if (dense !== undefined) return tensor(dataTypeOf(dense.dataType) ?? null, dense.dims);
  const sparse = call.attribute('sparse_value')?.sparseTensor;
  if (sparse !== undefined) return tensor(dataTypeOf(sparse.values?.dataType) ?? null, sparse.dims);
  const name = Object.keys(PLAIN).find((key) => call.attribute(key) !== undefined);
  if (name === undefined) return call.fail('it has no value');
  const [dataType, shape] = PLAIN[name] as (typeof PLAIN)[string];
  return tensor(dataType, shape(call, name));
}

/** The shape that a list of sizes asks for; its length alone tells the rank. Negative sizes are not for the caller. */
export function shapeFromInput(call: Call, index: number): Shape {
  const list = call.list(index);
  if (list !== null) return list;
  const length = call.shapeOfRank(index, 1)?.[0];
  return typeof length === 'number' && length <= MAX_RANK ? Array.from({ length }, () => null) : null;
}

/** Which dims `Shape` gives: all of them before opset 15. Null when the rank is not known. */
export function shapeAxes(call: Call): { readonly start: number; readonly end: number } | null {
  const rank = call.rank(0);
  if (rank === null) return null;
  const clamp = (axis: number): number => Math.min(Math.max(axis < 0 ? axis + rank : axis, 0), rank);
  const start = clamp(call.int('start', 0));
  return { start, end: Math.max(clamp(call.int('end', rank)), start) };
}

/** max(ceil((limit - start) / delta), 0), for sizes that are symbols when the step is 1. */
function rangeLength(call: Call): Dim {
  const [start, limit, delta] = [call.element(0), call.element(1), call.element(2)];
  if (delta === 0) return call.fail('its step is 0');
  if (typeof start === 'number' && typeof limit === 'number' && typeof delta === 'number') {
    return Math.max(Math.ceil((limit - start) / delta), 0);
  }
  if (typeof delta !== 'number' || !Number.isInteger(delta) || delta < 1) return null;
  return floorDivide(plus(minus(limit, start), delta - 1), delta);
}
