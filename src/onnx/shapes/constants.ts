/** The elements of tensors that a model carries, when they are few: sizes, axes, permutations. Weights are never read. */
import { NimifyError } from '../../base/errors.ts';
import { DATA_TYPES, dataTypeOf } from '../data-type.ts';
import type { TensorProto } from '../proto.ts';
import { elementCount, loadTensor } from '../tensor.ts';
import { numberReader } from '../tensor-numbers.ts';
import type { Known } from './call.ts';
import { MAX_RANK, tensor, type Value } from './types.ts';

/** Elements of a tensor whose values are followed. Lists of sizes have as many as a tensor has axes, tables of few values some more. */
export const MAX_ELEMENTS = 256;

/** The type of a tensor that the model carries; its elements are read when a rule asks for them. */
export function constantOf(initializer: TensorProto): Known {
  let loaded: Value | null | undefined;
  const value = (): Value | null => {
    if (loaded === undefined) loaded = smallValue(initializer);
    return loaded;
  };
  const isSound = initializer.dims.length <= MAX_RANK && initializer.dims.every((dim) => dim >= 0);
  return { type: tensor(dataTypeOf(initializer.dataType) ?? null, isSound ? initializer.dims : null), value };
}

/** Null for a tensor that is too large, not of numbers, or damaged. */
export function smallValue(tensor: TensorProto): Value | null {
  const dataType = dataTypeOf(tensor.dataType);
  if (dataType === undefined || !hasNumbers(dataType) || elementCount(tensor.dims) > MAX_ELEMENTS) return null;
  try {
    const loaded = loadTensor(tensor);
    const read = numberReader(loaded);
    return { dims: loaded.dims, elements: Array.from({ length: elementCount(loaded.dims) }, (_, at) => read(at)) };
  } catch (error) {
    if (error instanceof NimifyError) return null;
    throw error;
  }
}

/** Types whose elements lie in memory one by one as numbers that JavaScript has. */
export function hasNumbers(dataType: keyof typeof DATA_TYPES): boolean {
  const { bits } = DATA_TYPES[dataType];
  return bits !== null && bits >= 8 && !dataType.startsWith('complex') && !dataType.startsWith('float8');
}
