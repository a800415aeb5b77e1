/** Sizes of tensors as requests carry them. */
import { byteLengthOf, DATA_TYPES, type DataType } from '../onnx/data-type.ts';
import { protocolType } from '../runtime/triton/types.ts';
import { batching } from './batching.ts';
import type { ServiceFacts, TensorFacts } from './service-facts.ts';

/**
 * The shape that a request carries, batch included: -1 where any size goes. Triton has no empty shapes: a scalar is
 * [1], one value per row of a batch is [-1, 1]; for a tensor of unknown rank one dimension is all that can be written.
 */
export function requestShape({ shape }: TensorFacts, isBatched: boolean): number[] {
  if (shape === null) return [-1];
  const sizes = shape.map((dim) => (typeof dim === 'number' ? dim : -1));
  if (sizes.length === 0) return [1];
  return isBatched && sizes.length === 1 ? [...sizes, 1] : sizes;
}

/** A tensor as the V2 protocol tells it. A type, not an interface: it becomes part of the arguments of a finding. */
export type RequestTensor = {
  readonly name: string;
  readonly datatype: string;
  /** -1: any size. */
  readonly shape: readonly number[];
};

export function requestTensor(tensor: TensorFacts, facts: ServiceFacts): RequestTensor {
  const shape = requestShape(tensor, batching(facts).maxBatchSize > 0);
  return { name: tensor.name, datatype: protocolType(tensor.dataType), shape };
}

/** Bytes of the largest request that the facts allow, as JSON text of about four times its binary size; null if open. */
export function largestRequestBytes(facts: ServiceFacts): number | null {
  const { maxBatchSize } = batching(facts);
  let total = 0;
  for (const input of facts.model.inputs) {
    const shape = requestShape(input, maxBatchSize > 0);
    if (maxBatchSize > 0) shape[0] = maxBatchSize;
    const bytes = input.dataType in DATA_TYPES ? byteLengthOf(input.dataType as DataType, 1) : null;
    if (bytes === null || shape.includes(-1)) return null;
    total += shape.reduce((product, dim) => product * dim, bytes);
  }
  return 4 * total;
}
