/** Nested lists, as JSON has them, as the tensor of one sample. */
import { NimifyError } from '../../../base/errors.ts';
import type { Dim } from '../../../onnx/build.ts';
import type { HostTensor } from '../../../onnx/tensor.ts';
import type { TensorInfo } from '../../../onnx/value-info.ts';
import { castTensor } from '../cast.ts';
import { describeInput } from '../map-arrays.ts';

type Kind = 'float' | 'integer' | 'bool' | 'string';

const KINDS: Readonly<Record<string, Kind>> = {
  float16: 'float',
  float32: 'float',
  float64: 'float',
  bool: 'bool',
  string: 'string',
};

/** What an element must be, whether it is, and what is stored for it. */
interface ElementRule {
  readonly asks: string;
  accepts(value: unknown): boolean;
}

const RULES: Readonly<Record<Kind, ElementRule>> = {
  float: { asks: 'a finite number', accepts: Number.isFinite },
  integer: { asks: 'a whole number within ±2⁵³', accepts: Number.isSafeInteger },
  bool: { asks: 'true, false, 0 or 1', accepts: (value) => typeof value === 'boolean' || value === 0 || value === 1 },
  string: { asks: 'a text', accepts: (value) => typeof value === 'string' },
};

/**
 * The tensor of `value` for `input`; where only the leading axis of the shape (1 or open) is missing, it is added.
 * @param isText numbers are written as text
 * @param place `data.jsonl:3`, for messages
 * @throws NimifyError DATA_MISMATCH for lists of uneven length, elements of another type, dims that do not fit
 */
export function valueTensor(value: unknown, input: TensorInfo, place: string, isText = false): HostTensor {
  const fail = mismatch(input, place);
  if (input.dataType === null) throw fail('cannot feed an input that is not a tensor');
  const kind = KINDS[input.dataType] ?? 'integer';
  const dims = dimsOf(value);
  const elements: unknown[] = [];
  collect(value, dims, 0, input.name, { elements, kind, isText: isText && kind !== 'string', fail });
  const shaped = shapedDims(dims, input.shape);
  if (shaped === undefined) throw fail(`has the dims [${dims.join(', ')}]`);
  try {
    return castTensor({ ...stored(elements, kind), dims: shaped }, input.dataType);
  } catch (error) {
    throw fail(`does not fit, ${(error as Error).message}`);
  }
}

type Fail = (what: string) => NimifyError;

function dimsOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...(value.length === 0 ? [] : dimsOf(value[0]))] : [];
}

interface Collecting {
  readonly elements: unknown[];
  readonly kind: Kind;
  readonly isText: boolean;
  readonly fail: Fail;
}

function collect(value: unknown, dims: readonly number[], axis: number, path: string, into: Collecting): void {
  if (Array.isArray(value) && axis < dims.length) {
    if (value.length !== dims[axis]) {
      throw into.fail(
        `has lists of uneven length: ${path} has ${value.length} entries where the first has ${dims[axis]}`,
      );
    }
    for (const [index, item] of value.entries()) collect(item, dims, axis + 1, `${path}[${index}]`, into);
    return;
  }
  if (Array.isArray(value) || axis < dims.length) throw into.fail(`has lists of uneven depth at ${path}`);
  const element = into.isText ? numberOf(value as string, into.kind) : value;
  const rule = RULES[into.kind];
  if (!rule.accepts(element)) throw into.fail(`has ${shortened(value)} at ${path}, which is not ${rule.asks}`);
  into.elements.push(element);
}

function numberOf(text: string, kind: Kind): unknown {
  const trimmed = text.trim();
  if (kind === 'bool' && /^(true|false)$/i.test(trimmed)) return trimmed.toLowerCase() === 'true';
  return trimmed === '' ? text : Number(trimmed);
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function stored(elements: readonly unknown[], kind: Kind): Pick<HostTensor, 'dataType' | 'data'> {
  if (kind === 'string') return { dataType: 'string', data: elements as string[] };
  if (kind === 'float') return { dataType: 'float64', data: Float64Array.from(elements as number[]) };
  return { dataType: 'int64', data: BigInt64Array.from(elements as (number | boolean)[], (value) => BigInt(value)) };
}

function shapedDims(dims: readonly number[], shape: readonly Dim[] | null): readonly number[] | undefined {
  if (shape === null) return dims;
  const isOpen = (dim: Dim | undefined) => typeof dim !== 'number' || dim === 1;
  const fits = (candidate: readonly number[]) =>
    candidate.length === shape.length &&
    candidate.every((dim, axis) => typeof shape[axis] !== 'number' || shape[axis] === dim);
  const ones = dims.length === 0 && shape.every(isOpen) ? [shape.map(() => 1)] : [];
  const batched = isOpen(shape[0]) ? [[1, ...dims]] : [];
  return [dims, ...batched, ...ones].find(fits);
}

function mismatch(input: TensorInfo, place: string): Fail {
  return (what) =>
    new NimifyError('DATA_MISMATCH', `${place} ${what}; the input is ${describeInput(input)}.`, {
      hint: 'Mend the line, or bind dynamic dimensions with --bind NAME=SIZE.',
      details: { place, input: input.name },
    });
}
