/**
 * Requests that the model answers before it counts as ready. A failing one keeps the server from ever being ready, so
 * they are made only where shapes and values cannot be wrong.
 */
import { configType, tritonType } from '../../runtime/triton/types.ts';
import type { Batching } from '../batching.ts';
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';
import { requestShape } from '../tensors.ts';
import { isSequenceBatched } from './sequence.ts';
import { enumName, type TextMessage } from './text-format.ts';

export interface Warmup {
  readonly samples: readonly TextMessage[];
  /** Why there are none. */
  readonly omitted: string | null;
}

export function warmup(facts: ServiceFacts, plan: Batching): Warmup {
  const omitted = reasonAgainst(facts, plan);
  if (omitted !== null) return { samples: [], omitted };
  const sizes = plan.maxBatchSize > 1 ? [1, plan.maxBatchSize] : [1];
  return { samples: sizes.map((size) => sample(facts, plan, size)), omitted: null };
}

function reasonAgainst(facts: ServiceFacts, plan: Batching): string | null {
  if (isSequenceBatched(facts)) return 'a request without a sequence has no state';
  for (const input of facts.model.inputs) {
    if (tritonType(input.dataType) === undefined) return `${input.name} has a type that Triton does not know`;
    if (dimsOf(input, plan).some((dim) => dim < 1)) {
      return `${input.name} is dynamic beyond the batch, and a size chosen here could be one that the model refuses`;
    }
    // A lone number steers the model (a sampling rate, a length, a threshold); zero need not be legal for it.
    if (plan.maxBatchSize === 0 && input.shape?.length === 0) {
      return `${input.name} is a scalar whose legal values are not known`;
    }
  }
  return null;
}

function dimsOf(input: TensorFacts, plan: Batching): number[] {
  const shape = requestShape(input, plan.maxBatchSize > 0);
  return plan.maxBatchSize > 0 ? shape.slice(1) : shape;
}

function sample(facts: ServiceFacts, plan: Batching, batchSize: number): TextMessage {
  return {
    name: `batch-${batchSize}`,
    batch_size: batchSize,
    inputs: facts.model.inputs.map((input) => ({
      key: input.name,
      value: {
        data_type: enumName(configType(input.dataType)),
        dims: dimsOf(input, plan),
        zero_data: true,
      },
    })),
  };
}
