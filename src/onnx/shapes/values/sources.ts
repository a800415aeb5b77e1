/** Elements that come from attributes, from the sizes of tensors, or from counting. */
import type { Call } from '../call.ts';
import { smallValue } from '../constants.ts';
import { plus, product, times } from '../dims.ts';
import { shapeAxes } from '../rules/constants.ts';
import type { Element, ValueRule } from '../types.ts';

export const SOURCES: Readonly<Record<string, ValueRule>> = {
  Constant: (call) => {
    const dense = call.attribute('value')?.t;
    return dense === undefined ? plainConstant(call) : (smallValue(dense)?.elements ?? null);
  },
  ConstantOfShape: (call, dims) => {
    const value = call.attribute('value')?.t;
    const element = value === undefined ? 0 : (smallValue(value)?.elements[0] ?? null);
    return repeated(element, dims);
  },
  Range: (call, dims) => {
    const [start, delta] = [call.element(0), call.element(2)];
    return Array.from({ length: dims[0] as number }, (_, index) => plus(start, times(delta, index)));
  },
  Shape: (call) => {
    const axes = shapeAxes(call);
    return axes === null ? null : (call.shape(0)?.slice(axes.start, axes.end) ?? null);
  },
  Size: (call) => {
    const shape = call.shape(0);
    return shape === null ? null : [product(shape)];
  },
};

function plainConstant(call: Call): readonly Element[] | null {
  const [int, float] = [call.int('value_int'), call.attribute('value_float')?.f];
  if (int !== undefined) return [int];
  if (float !== undefined) return [float];
  return call.ints('value_ints') ?? call.floats('value_floats') ?? null;
}

function repeated(element: Element, dims: readonly number[]): readonly Element[] {
  return Array.from({ length: dims.reduce((total, dim) => total * dim, 1) }, () => element);
}
