/** What a text model takes of a tokenized text, by the names that Hugging Face exporters give. */
import type { DataType } from '../../onnx/data-type.ts';
import type { HostTensor } from '../../onnx/tensor.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { Tokens } from './encode.ts';

const SOURCES: Readonly<Record<string, (tokens: Tokens) => readonly number[]>> = {
  input_ids: ({ ids }) => ids,
  attention_mask: ({ mask }) => mask,
  token_type_ids: ({ typeIds }) => typeIds,
  position_ids: ({ ids }) => ids.map((_, index) => index),
};

const INTEGERS: ReadonlySet<DataType | null> = new Set<DataType | null>(['int64', 'int32']);

/** Keys and values of tokens before these, as decoders keep them: [batch, heads, tokens, size]. A text begins without any. */
const PAST = /^past_key_values\.|^past_key_\d|^past_value_\d|^past_\d/;
/** Whether a decoder that has both branches takes the one with a past. */
const BRANCH = 'use_cache_branch';

/** True when tokens are all that the model takes: integers of [batch, length], `input_ids` among them. */
export function takesTokens(inputs: readonly TensorInfo[]): boolean {
  return (
    inputs.some(({ name }) => name === 'input_ids') &&
    inputs.every((input) => isTokenInput(input) || isPast(input) || isBranch(input))
  );
}

function isTokenInput({ name, dataType, shape }: TensorInfo): boolean {
  return Object.hasOwn(SOURCES, name) && INTEGERS.has(dataType) && (shape === null || shape.length === 2);
}

function isPast({ name, dataType, shape }: TensorInfo): boolean {
  const [batch, heads, tokens, size] = shape ?? [];
  const isOpen = typeof batch !== 'number' && typeof tokens !== 'number';
  return (
    PAST.test(name) &&
    shape?.length === 4 &&
    isOpen &&
    typeof heads === 'number' &&
    typeof size === 'number' &&
    (dataType === 'float32' || dataType === 'float16')
  );
}

function isBranch({ name, dataType }: TensorInfo): boolean {
  return name === BRANCH && dataType === 'bool';
}

/** How many tokens the model takes where its shape fixes it. */
export function fixedLength(inputs: readonly TensorInfo[]): number | undefined {
  const length = inputs.find(({ name }) => name === 'input_ids')?.shape?.[1];
  return typeof length === 'number' ? length : undefined;
}

/** Input → tensor of [1, length]; an empty past where the model takes one. */
export function tokenFeeds(inputs: readonly TensorInfo[], tokens: Tokens): Record<string, HostTensor> {
  return Object.fromEntries(inputs.map((input) => [input.name, tensorFor(input, tokens)]));
}

function tensorFor(input: TensorInfo, tokens: Tokens): HostTensor {
  const { name, dataType, shape } = input;
  if (isBranch(input)) return { dataType: 'bool', dims: [1], data: Uint8Array.of(0) };
  if (isPast(input)) {
    const dims = [1, Number(shape?.[1]), 0, Number(shape?.[3])];
    return dataType === 'float16'
      ? { dataType, dims, data: new Uint16Array(0) }
      : { dataType: 'float32', dims, data: new Float32Array(0) };
  }
  const values = SOURCES[name]?.(tokens) ?? [];
  const data = dataType === 'int32' ? Int32Array.from(values) : BigInt64Array.from(values, BigInt);
  return { dataType: dataType ?? 'int64', dims: [1, values.length], data };
}
