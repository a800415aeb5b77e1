/** Which sizes the costs take for open dims: what the user gives, then documented defaults. */
import type { Bindings } from '../../onnx/bindings.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';

/** Tokens of a sequence where nobody says how many: the length at which transformers are usually compared. */
const SEQUENCE_LENGTH = 128;

const BATCH = /batch|^n$|^b$/i;
const PAST = /past/i;
const SEQUENCE = /seq|token|^length$|^len$/i;

/** What a symbol is by its name → the size that is taken; the first that fits. */
const DEFAULTS: readonly (readonly [RegExp, number])[] = [
  [BATCH, 1],
  [PAST, 0],
  [SEQUENCE, SEQUENCE_LENGTH],
];

export interface SizesOfDims {
  /** Symbol, or `input:axis` for dims without one → size. */
  readonly bindings: Bindings;
  /** Keys of `bindings` that nobody gave. */
  readonly assumed: readonly string[];
  /** Open dims that have no size. */
  readonly open: readonly string[];
  /** The key of the batch: the first dim of the inputs, when it is open. */
  readonly batch: string | undefined;
}

interface OpenDim {
  readonly key: string;
  readonly isFirst: boolean;
}

/** @param given as `--bind` has it: keys may also be `input:axis` for a dim with a symbol, which then is bound everywhere */
export function sizesOfDims(inputs: readonly TensorInfo[], given: Bindings): SizesOfDims {
  const bindings: Record<string, number> = {};
  for (const [key, size] of Object.entries(given)) bindings[symbolOf(inputs, key)] = size;
  const dims = openDims(inputs);
  const assumed: string[] = [];
  const assume = (key: string, size: number | undefined): void => {
    if (size === undefined || Object.hasOwn(bindings, key)) return;
    bindings[key] = size;
    assumed.push(key);
  };
  for (const { key, isFirst } of dims) if (!isDerived(key)) assume(key, defaultOf(key, isFirst));
  for (const { key } of dims) if (isDerived(key)) assume(key, derived(key, bindings));
  return {
    bindings,
    assumed,
    open: dims.map(({ key }) => key).filter((key) => !Object.hasOwn(bindings, key)),
    batch: batchOf(dims),
  };
}

function symbolOf(inputs: readonly TensorInfo[], key: string): string {
  for (const { name, shape } of inputs) {
    const axis = shape?.findIndex((_, index) => `${name}:${index}` === key) ?? -1;
    const dim = axis < 0 ? undefined : shape?.[axis];
    if (typeof dim === 'string') return dim;
  }
  return key;
}

function openDims(inputs: readonly TensorInfo[]): OpenDim[] {
  const found = new Map<string, OpenDim>();
  for (const { name, shape } of inputs) {
    for (const [axis, dim] of (shape ?? []).entries()) {
      if (typeof dim === 'number') continue;
      const key = dim ?? `${name}:${axis}`;
      if (!found.has(key)) found.set(key, { key, isFirst: axis === 0 });
    }
  }
  return [...found.values()];
}

/** The first dim of an input is its batch unless its name says something else. */
function defaultOf(key: string, isFirst: boolean): number | undefined {
  return DEFAULTS.find(([pattern]) => pattern.test(key))?.[1] ?? (isFirst ? 1 : undefined);
}

function batchOf(dims: readonly OpenDim[]): string | undefined {
  const named = dims.find(({ key }) => BATCH.test(key));
  return (named ?? dims.find(({ key, isFirst }) => isFirst && defaultOf(key, true) === 1))?.key;
}

/** `past_sequence_length + sequence_length`, and `total_sequence_length`, which is the same. */
function isDerived(key: string): boolean {
  return key.includes('+') || /total/i.test(key);
}

function derived(key: string, bindings: Bindings): number | undefined {
  if (!key.includes('+')) return total(bindings);
  const terms = key.split('+').map((term) => {
    const text = term.trim();
    return /^\d+$/.test(text) ? Number(text) : bindings[text];
  });
  const known = terms.filter((term) => term !== undefined);
  return known.length === terms.length ? known.reduce((sum, term) => sum + term, 0) : undefined;
}

function total(bindings: Bindings): number {
  const sizes = Object.entries(bindings).filter(([key]) => !isDerived(key));
  const past = sizes.find(([key]) => PAST.test(key))?.[1] ?? 0;
  const sequence = sizes.find(([key]) => SEQUENCE.test(key) && !PAST.test(key))?.[1];
  return past + (sequence ?? SEQUENCE_LENGTH);
}
