/** Elements that are folded along axes. */
import type { Call } from '../call.ts';
import { plus, times } from '../dims.ts';
import { reducedAxes } from '../rules/reductions.ts';
import type { Element, ValueRule } from '../types.ts';
import { larger, smaller } from './arithmetic.ts';
import { coordinates, flatIndex } from './layout.ts';

export const REDUCTION_VALUES: Readonly<Record<string, ValueRule>> = {
  ReduceMax: folded(larger),
  ReduceMin: folded(smaller),
  ReduceProd: folded(times),
  ReduceSum: folded(plus),
};

function folded(fold: (a: Element, b: Element) => Element): ValueRule {
  return (call, dims) => reduced(call, dims, fold);
}

/** Nothing is said of an empty list: what it folds to is not the same for all operators. */
function reduced(
  call: Call,
  dims: readonly number[],
  fold: (a: Element, b: Element) => Element,
): readonly Element[] | null {
  const value = call.value(0);
  const axes = value === null ? null : reducedAxes(call);
  if (value === null || axes === null || value.elements.length === 0) return null;
  const keeps = call.int('keepdims', 1) !== 0;
  const sums: (Element | undefined)[] = Array.from(
    { length: dims.reduce((total, dim) => total * dim, 1) },
    () => undefined,
  );
  for (const [index, element] of value.elements.entries()) {
    const at = coordinates(index, value.dims).flatMap((coordinate, axis) =>
      axes.includes(axis) ? (keeps ? [0] : []) : [coordinate],
    );
    const place = flatIndex(at, dims);
    const before = sums[place];
    sums[place] = before === undefined ? element : fold(before, element);
  }
  return sums.map((sum) => sum ?? null);
}
