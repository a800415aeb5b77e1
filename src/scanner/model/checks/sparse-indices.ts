/** Sparse tensors whose indices lie outside of their dims, are out of order or do not fit their values. */
import { byteLength } from '../../../onnx/bytes.ts';
import { isExternal } from '../../../onnx/external-data.ts';
import type { SparseTensorProto, TensorProto } from '../../../onnx/proto.ts';
import { loadTensor } from '../../../onnx/tensor.ts';
import type { ModelCheck, ModelContext } from '../check.ts';

const INT64 = 7;
/** They are loaded whole; each number of a list of varints becomes a bigint of its own. */
const MAX_RAW_BYTES = 16 << 20;
const MAX_VARINT_BYTES = 2 << 20;
const NONE = new Uint8Array(0);

export const sparseIndices: ModelCheck = {
  rules: ['sparse-index-range'],
  visit: (context) => ({
    sparse(sparse, place) {
      const what = complaint(sparse, context);
      if (what !== undefined) {
        context.report('sparse-index-range', { tensor: sparse.values?.name ?? '(unnamed)', what }, place);
      }
    },
  }),
};

function complaint({ values, indices, dims }: SparseTensorProto, { spend }: ModelContext): string | undefined {
  const count = values?.dims[0] ?? 0;
  if (values !== undefined && values.dims.length !== 1) return `has values of rank ${values.dims.length} and not 1`;
  if (indices === undefined) return count === 0 ? undefined : `has ${count} values and no indices`;
  if (indices.dataType !== INT64) return `has indices of type ${indices.dataType ?? 0} and not int64`;
  const isLinear = indices.dims.length === 1;
  const isSane = isLinear || (indices.dims.length === 2 && indices.dims[1] === dims.length);
  if (!isSane || indices.dims[0] !== count) {
    return `has ${count} values, but indices of the dims [${indices.dims}] for a tensor of rank ${dims.length}`;
  }
  const numbers = readIndices(indices, spend);
  return numbers === undefined ? undefined : badIndex(numbers, isLinear ? [elements(dims)] : dims.map(BigInt));
}

/** Undefined where somebody else reports why they cannot be read, or where they are too many to be looked at. */
function readIndices(indices: TensorProto, spend: ModelContext['spend']): BigInt64Array | undefined {
  const [raw, varints] = [byteLength(indices.rawData ?? NONE), byteLength(indices.int64Data ?? NONE)];
  if (isExternal(indices) || raw > MAX_RAW_BYTES || varints > MAX_VARINT_BYTES || !spend(raw + varints))
    return undefined;
  try {
    return loadTensor(indices).data as BigInt64Array;
  } catch {
    return undefined;
  }
}

/** @param sizes one per column of the indices */
function badIndex(numbers: BigInt64Array, sizes: readonly bigint[]): string | undefined {
  let before = -1n;
  for (let row = 0; row < numbers.length; row += sizes.length) {
    let flat = 0n;
    for (const [column, size] of sizes.entries()) {
      const index = numbers[row + column] as bigint;
      if (index < 0n || index >= size) return `has the index ${index} where the size is ${size}`;
      flat = flat * size + index;
    }
    if (flat <= before) return `has indices that are not in ascending order, at entry ${row / sizes.length}`;
    before = flat;
  }
  return undefined;
}

function elements(dims: readonly number[]): bigint {
  return dims.reduce((product, dim) => product * BigInt(dim), 1n);
}
