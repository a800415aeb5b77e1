/** Convolution and pooling of (batch, spatial axes…, channels), as some kernels of ONNX Runtime want it. */
import type { Dim } from '../../../build.ts';
import type { Call } from '../../call.ts';
import type { Shape } from '../../types.ts';
import { kernelOf, windowCount, windowsOf } from '../windows.ts';

/** @param weights index of the input with the kernels (output channels first); none for pooling */
export function channelsLast(call: Call, { weights }: { readonly weights?: number }): Shape {
  const shape = call.shape(0);
  if (shape === null) return null;
  if (shape.length < 3) return call.fail(`an input of rank ${shape.length} has no spatial axes`);
  const spatial = shape.slice(1, -1);
  const kernels = weights === undefined ? null : call.shapeOfRank(weights, shape.length);
  if (weights !== undefined && kernels === null) return shape.map((dim, axis) => (axis === 0 ? dim : null));
  const windows = windowsOf(call, kernelOf(call, spatial.length, kernels ?? undefined));
  const isCeil = call.int('ceil_mode', 0) !== 0;
  const sizes = spatial.map((dim, axis) => windowCount(dim, windows, axis, isCeil));
  return [shape[0] as Dim, ...sizes, kernels === null ? (shape.at(-1) as Dim) : (kernels[0] as Dim)];
}
