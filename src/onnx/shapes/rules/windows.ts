/** Windows that slide over the spatial axes of an input, the axes after batch and channel. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { floorDivide, minus, plus, times } from '../dims.ts';

export interface Windows {
  /** One for each spatial axis, dilation included. */
  readonly extents: readonly Dim[];
  readonly strides: readonly number[];
  /** Begins of all spatial axes, then their ends. */
  readonly pads: readonly number[];
  /** `SAME_UPPER`, `SAME_LOWER` and `VALID` take the place of pads. */
  readonly autoPad: string;
}

/** Reads strides, dilations and pads, which must be there for each axis or not at all. */
export function windowsOf(call: Call, kernel: readonly Dim[]): Windows {
  const rank = kernel.length;
  const dilations = listOf(call, 'dilations', rank, 1);
  return {
    extents: kernel.map((size, axis) => plus(times(minus(size, 1), dilations[axis] as number), 1)),
    strides: listOf(call, 'strides', rank, 1),
    pads: listOf(call, 'pads', rank * 2, 0),
    autoPad: call.text('auto_pad', 'NOTSET'),
  };
}

/** `kernel_shape`, or the spatial dims of the weights where the operator has them. */
export function kernelOf(call: Call, spatialRank: number, weights?: readonly Dim[]): readonly Dim[] {
  const kernel = call.ints('kernel_shape') ?? weights?.slice(2) ?? call.fail('it has no kernel_shape');
  if (kernel.length !== spatialRank) call.fail(`a kernel of rank ${kernel.length} meets ${spatialRank} spatial axes`);
  if (kernel.some((size) => typeof size === 'number' && size < 1)) call.fail(`a kernel of [${kernel.map(String)}]`);
  return kernel;
}

export function listOf(call: Call, name: string, length: number, otherwise: number): readonly number[] {
  const list = call.ints(name);
  if (list === undefined || list.length === 0) return Array.from({ length }, () => otherwise);
  if (list.length !== length) call.fail(`${name} has ${list.length} numbers instead of ${length}`);
  if (name !== 'pads' && list.some((one) => one < Math.min(otherwise, 1))) call.fail(`${name} are [${list}]`);
  return list;
}

/**
 * How often the window fits: floor((dim + pads - extent) / stride) + 1, or ceil of it, where a window that would begin
 * in the padding at the end does not count (as PyTorch and ONNX since opset 22 have it).
 */
export function windowCount(dim: Dim, windows: Windows, axis: number, isCeil: boolean): Dim {
  const { extents, strides, pads, autoPad } = windows;
  const stride = strides[axis] as number;
  if (autoPad.startsWith('SAME')) return floorDivide(plus(dim, stride - 1), stride);
  const [before, after] = autoPad === 'VALID' ? [0, 0] : [pads[axis] as number, pads[axis + extents.length] as number];
  const room = minus(plus(dim, before + after), extents[axis] as Dim);
  const count = plus(floorDivide(isCeil ? plus(room, stride - 1) : room, stride), 1);
  if (!isCeil || typeof count !== 'number' || typeof dim !== 'number')
    return isCeil && typeof dim !== 'number' ? null : count;
  return (count - 1) * stride >= dim + before ? count - 1 : count;
}

/** The size whose windows are `dim` many: the way back of `windowCount`, as transposed convolutions and unpooling go it. */
export function windowSpan(dim: Dim, windows: Windows, axis: number, extra = 0): Dim {
  const { extents, strides, pads, autoPad } = windows;
  const stride = strides[axis] as number;
  const extent = extents[axis] as Dim;
  const full = plus(plus(times(minus(dim, 1), stride), extra), extent);
  if (autoPad.startsWith('SAME')) return typeof extent === 'number' ? minus(full, Math.max(extent - stride, 0)) : null;
  if (autoPad === 'VALID') return full;
  return minus(full, (pads[axis] as number) + (pads[axis + extents.length] as number));
}
