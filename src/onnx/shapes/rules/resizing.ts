/** Operators that sample an image anew. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { times } from '../dims.ts';
import { type Element, type RuleTable, type Shape, tensor } from '../types.ts';
import { checkedAxes } from './reshaping.ts';

export const RESIZING: RuleTable = {
  Resize: (call) => [tensor(call.dataType(0), resized(call))],
  Upsample: (call) => [tensor(call.dataType(0), upsampled(call))],
};

function upsampled(call: Call): Shape {
  const shape = call.shape(0);
  if (shape === null) return null;
  if (call.opset < 7) return scaled(call, shape, [1, 1, call.float('height_scale', 1), call.float('width_scale', 1)]);
  return scaled(call, shape, call.opset < 9 ? (call.floats('scales') ?? null) : call.list(1));
}

/** Either scales or sizes; an empty tensor counts as none. */
function resized(call: Call): Shape {
  const shape = call.shape(0);
  if (shape === null) return null;
  if (call.opset < 11) return scaled(call, shape, call.list(1));
  const given = call.ints('axes');
  const axes = given === undefined ? shape.map((_, axis) => axis) : checkedAxes(call, given, shape.length);
  const hasSizes = call.hasInput(3) && call.shape(3)?.[0] !== 0;
  if (!hasSizes)
    return scaled(
      call,
      shape,
      spread(call, shape, axes, call.list(2), () => 1),
    );
  const sizes = call.list(3);
  if (sizes !== null && sizes.length !== axes.length) {
    call.fail(`${sizes.length} sizes are given for ${axes.length} axes`);
  }
  const fitted = sizes === null ? null : fittedSizes(call, shape, axes, sizes);
  return spread(call, shape, axes, fitted, (axis) => shape[axis] as Dim);
}

/** Numbers for the given axes, and what stands for no change at the others. */
function spread(
  call: Call,
  shape: readonly Dim[],
  axes: readonly number[],
  values: readonly Element[] | null,
  otherwise: (axis: number) => Element,
): readonly Element[] {
  if (values !== null && values.length !== axes.length) {
    call.fail(`${values.length} values are given for ${axes.length} axes`);
  }
  return shape.map((_, axis) => {
    const at = axes.indexOf(axis);
    return at < 0 ? otherwise(axis) : (values?.[at] ?? null);
  });
}

/** floor(dim × scale) */
function scaled(call: Call, shape: readonly Dim[], scales: readonly Element[] | null): Shape {
  if (scales === null) return shape.map(() => null);
  if (scales.length !== shape.length) call.fail(`${scales.length} scales are given for a rank of ${shape.length}`);
  return shape.map((dim, axis) => {
    const scale = scales[axis] as Element;
    if (typeof dim === 'number' && typeof scale === 'number') return Math.floor(dim * scale);
    return typeof scale === 'number' && Number.isInteger(scale) ? times(dim, scale) : null;
  });
}

/** keep_aspect_ratio_policy: one scale for all axes, the smallest or the largest that the sizes ask for. */
function fittedSizes(
  call: Call,
  shape: readonly Dim[],
  axes: readonly number[],
  sizes: readonly Element[],
): readonly Element[] {
  const policy = call.text('keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') return sizes;
  const dims = axes.map((axis) => shape[axis]);
  if (![...dims, ...sizes].every((size) => typeof size === 'number')) return sizes.map(() => null);
  const scales = dims.map((dim, index) => (sizes[index] as number) / (dim as number));
  const scale = policy === 'not_larger' ? Math.min(...scales) : Math.max(...scales);
  return dims.map((dim) => Math.round((dim as number) * scale));
}
