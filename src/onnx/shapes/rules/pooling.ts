/** Pooling over windows and over whole channels. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { mergeDims } from '../dims.ts';
import { type Rule, type RuleTable, type Shape, tensor } from '../types.ts';
import { shapeFromInput } from './constants.ts';
import { spatialDims } from './convolution.ts';
import { forEach } from './makers.ts';
import { kernelOf, windowCount, windowSpan, windowsOf } from './windows.ts';

const globalPool: Rule = (call) => [
  tensor(call.dataType(0), call.shape(0)?.map((dim, axis) => (axis < 2 ? dim : 1)) ?? null),
];

export const POOLING: RuleTable = {
  ...forEach(['GlobalAveragePool', 'GlobalLpPool', 'GlobalMaxPool'], globalPool),
  ...forEach(['AveragePool', 'LpPool'], (call: Call) => [tensor(call.dataType(0), pooled(call))]),
  MaxPool: (call) => {
    const shape = pooled(call);
    return [tensor(call.dataType(0), shape), tensor('int64', shape)];
  },
  MaxRoiPool: (call) => {
    const [shape, regions] = [call.shapeOfRank(0, 4), call.shapeOfRank(1, 2)];
    const size = call.ints('pooled_shape') ?? [];
    if (size.length !== 2) call.fail(`pooled_shape has ${size.length} numbers instead of 2`);
    return [tensor(call.dataType(0), [regions?.[0] ?? null, shape?.[1] ?? null, ...size])];
  },
  MaxUnpool: (call) => [tensor(call.dataType(0), unpooled(call))],
};

export function pooled(call: Call): Shape {
  const shape = call.shape(0);
  if (shape === null) return null;
  const spatial = spatialDims(call, shape);
  const windows = windowsOf(call, kernelOf(call, spatial.length));
  const isCeil = call.int('ceil_mode', 0) !== 0;
  return [...shape.slice(0, 2), ...spatial.map((dim, axis) => windowCount(dim, windows, axis, isCeil))];
}

function unpooled(call: Call): Shape {
  if (call.hasInput(2)) return shapeFromInput(call, 2);
  const shape = call.shape(0);
  if (shape === null) return null;
  const spatial: readonly Dim[] = spatialDims(call, shape);
  const windows = windowsOf(call, kernelOf(call, spatial.length));
  const channels = mergeDims(call.shape(1)?.[1] ?? null, shape[1] as Dim);
  return [shape[0] as Dim, channels, ...spatial.map((dim, axis) => windowSpan(dim, windows, axis))];
}
