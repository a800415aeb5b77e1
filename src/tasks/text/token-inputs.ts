/** What a text model takes of a tokenized text, by the names that Hugging Face exporters give. */
import type { DataType } from '../../onnx/data-type.ts';
import type { HostTensor } from '../../onnx/tensor.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { Tokens } from './tokenizer.ts';

const SOURCES: Readonly<Record<string, (tokens: Tokens) => readonly number[]>> = {
  input_ids: ({ ids }) => ids,
  attention_mask: ({ mask }) => mask,
  token_type_ids: ({ typeIds }) => typeIds,
  position_ids: ({ ids }) => ids.map((_, index) => index),
};

const INTEGERS: ReadonlySet<DataType | null> = new Set<DataType | null>(['int64', 'int32']);

/** True when tokens are all that the model takes: integers of [batch, length], `input_ids` among them. */
export function takesTokens(inputs: readonly TensorInfo[]): boolean {
  return inputs.some(({ name }) => name === 'input_ids') && inputs.every(isTokenInput);
}

function isTokenInput({ name, dataType, shape }: TensorInfo): boolean {
  return Object.hasOwn(SOURCES, name) && INTEGERS.has(dataType) && (shape === null || shape.length === 2);
}

/** How many tokens the model takes where its shape fixes it. */
export function fixedLength(inputs: readonly TensorInfo[]): number | undefined {
  const length = inputs.find(({ name }) => name === 'input_ids')?.shape?.[1];
  return typeof length === 'number' ? length : undefined;
}

/** Input → tensor of [1, length]. */
export function tokenFeeds(inputs: readonly TensorInfo[], tokens: Tokens): Record<string, HostTensor> {
  return Object.fromEntries(
    inputs.map(({ name, dataType }) => {
      const values = SOURCES[name]?.(tokens) ?? [];
      const data = dataType === 'int32' ? Int32Array.from(values) : BigInt64Array.from(values, BigInt);
      return [name, { dataType: dataType ?? 'int64', dims: [1, values.length], data }];
    }),
  );
}
