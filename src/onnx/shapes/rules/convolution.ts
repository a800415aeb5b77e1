/** Convolutions, forwards and transposed, of floats and of quantized numbers. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { mergeDims, mergeShapes, times } from '../dims.ts';
import { type RuleTable, type Shape, tensor } from '../types.ts';
import { kernelOf, listOf, windowCount, windowSpan, windowsOf } from './windows.ts';

export const CONVOLUTION: RuleTable = {
  Conv: (call) => [tensor(call.dataType(0), convolved(call, 0, 1))],
  ConvInteger: (call) => [tensor('int32', convolved(call, 0, 1))],
  ConvTranspose: (call) => [tensor(call.dataType(0), transposed(call))],
  DeformConv: (call) => [tensor(call.dataType(0), mergeShapes(convolved(call, 0, 1), offsetShape(call)))],
  QLinearConv: (call) => [tensor(call.dataType(7), convolved(call, 0, 3))],
};

/** Batch, output channels, and how often the kernel fits into each spatial axis. */
export function convolved(call: Call, data: number, weight: number): Shape {
  const shape = call.shape(data);
  if (shape === null) return null;
  const spatial = spatialDims(call, shape);
  const weights = call.shapeOfRank(weight, shape.length);
  if (weights === null && call.ints('kernel_shape') === undefined)
    return shape.map((dim, axis) => (axis === 0 ? dim : null));
  const windows = windowsOf(call, kernelOf(call, spatial.length, weights ?? undefined));
  checkChannels(call, shape[1] as Dim, weights);
  return [shape[0] as Dim, weights?.[0] ?? null, ...spatial.map((dim, axis) => windowCount(dim, windows, axis, false))];
}

/** Each point of the output has an offset of its own. */
function offsetShape(call: Call): Shape {
  return call.shape(2)?.map((dim, axis) => (axis === 1 ? null : dim)) ?? null;
}

export function spatialDims(call: Call, shape: readonly Dim[]): readonly Dim[] {
  if (shape.length < 3) call.fail(`an input of rank ${shape.length} has no spatial axes`);
  return shape.slice(2);
}

/** Each group of input channels meets kernels of its width. */
function checkChannels(call: Call, channels: Dim, weights: Shape): void {
  if (weights !== null) mergeDims(channels, times(weights[1] as Dim, call.int('group', 1)));
}

function transposed(call: Call): Shape {
  const shape = call.shape(0);
  if (shape === null) return null;
  const spatial = spatialDims(call, shape);
  const weights = call.shapeOfRank(1, shape.length);
  const channels = weights === null ? null : times(weights[1] as Dim, call.int('group', 1));
  const given = call.ints('output_shape');
  // Some exporters give batch and channels too; the spatial axes are the last ones.
  if (given !== undefined && given.length >= spatial.length) {
    return [shape[0] as Dim, channels, ...given.slice(-spatial.length)];
  }
  if (weights === null && call.ints('kernel_shape') === undefined)
    return shape.map((dim, axis) => (axis === 0 ? dim : null));
  const windows = windowsOf(call, kernelOf(call, spatial.length, weights ?? undefined));
  const extra = listOf(call, 'output_padding', spatial.length, 0);
  return [shape[0] as Dim, channels, ...spatial.map((dim, axis) => windowSpan(dim, windows, axis, extra[axis]))];
}
