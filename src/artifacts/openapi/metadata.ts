/** Inputs and outputs as the server tells them at GET /v2/models/<name>. */
import { tritonType } from '../../runtime/triton/types.ts';
import { batching } from '../batching.ts';
import { servedTensors } from '../served-tensors.ts';
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';
import { requestShape } from '../tensors.ts';

/** A type, not an interface: it becomes part of the arguments of a finding. */
export type MetadataTensor = {
  readonly name: string;
  readonly datatype: string;
  /** -1: any size. */
  readonly shape: readonly number[];
};

export function metadataTensors(
  facts: ServiceFacts,
): Readonly<Record<'inputs' | 'outputs', readonly MetadataTensor[]>> {
  const isBatched = batching(facts).maxBatchSize > 0;
  const describe = (tensor: TensorFacts): MetadataTensor => ({
    name: tensor.name,
    datatype: tritonType(tensor.dataType)?.protocol ?? 'INVALID',
    shape: requestShape(tensor, isBatched),
  });
  return {
    inputs: servedTensors(facts, 'inputs').map(describe),
    outputs: servedTensors(facts, 'outputs').map(describe),
  };
}
