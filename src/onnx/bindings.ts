/** Sizes that the user gives for dynamic dimensions: `batch=1`, `input:2=320`. */
import { NimifyError } from '../base/errors.ts';
import type { Dim } from './build.ts';
import type { TensorInfo } from './value-info.ts';

export type Bindings = Readonly<Record<string, number>>;

/**
 * The inputs with their dynamic dimensions replaced where `bind` names them by symbol or by `input:axis`; the latter wins.
 * @throws NimifyError USAGE for a key that names no dynamic dimension, a size that is no positive integer, or another
 *   size for a fixed dimension
 */
export function bindInputs(inputs: readonly TensorInfo[], bind: Bindings): TensorInfo[] {
  for (const [key, size] of Object.entries(bind)) checkBinding(inputs, key, size);
  return inputs.map((input) => ({
    ...input,
    shape: input.shape?.map((dim, axis) => boundDim(input.name, dim, axis, bind)) ?? null,
  }));
}

/** What `--bind` may name in these inputs: symbols, and `input:axis` for dimensions without one. */
export function bindableNames(inputs: readonly TensorInfo[]): string[] {
  const names = inputs.flatMap(({ name, shape }) =>
    (shape ?? []).flatMap((dim, axis) => (typeof dim === 'number' ? [] : [dim ?? `${name}:${axis}`])),
  );
  return [...new Set(names)];
}

function boundDim(name: string, dim: Dim, axis: number, bind: Bindings): Dim {
  if (typeof dim === 'number') return dim;
  return sizeOf(bind, `${name}:${axis}`) ?? (dim === null ? null : (sizeOf(bind, dim) ?? dim));
}

function sizeOf(bind: Bindings, key: string): number | undefined {
  return Object.hasOwn(bind, key) ? bind[key] : undefined;
}

function checkBinding(inputs: readonly TensorInfo[], key: string, size: number): void {
  const place = inputs
    .flatMap((input) => (input.shape ?? []).map((dim, axis) => ({ dim, key: `${input.name}:${axis}` })))
    .find((candidate) => candidate.dim === key || candidate.key === key);
  const names = bindableNames(inputs);
  const hint =
    names.length === 0 ? 'All inputs have fixed shapes; leave --bind out.' : `These can be bound: ${names.join(', ')}.`;
  const details = { key, size, bindable: names };
  if (place === undefined) {
    throw new NimifyError('USAGE', `--bind ${key}=${size} names no dimension of the inputs.`, { hint, details });
  }
  if (typeof place.dim === 'number' && place.dim !== size) {
    throw new NimifyError('USAGE', `--bind ${key}=${size} contradicts the model, where it is ${place.dim}.`, {
      hint,
      details,
    });
  }
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new NimifyError('USAGE', `--bind ${key}=${size} is not a size.`, { hint: 'Give a whole number.', details });
  }
}
