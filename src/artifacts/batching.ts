/** Largest batch that the server of a model may form. */
import { type BatchingBlocker, batchingBlocker } from '../runtime/triton/batch-axis.ts';
import type { ServiceFacts } from './service-facts.ts';

export interface Batching {
  /** 0: off, dims are full shapes. */
  readonly maxBatchSize: number;
  readonly blockedBy: BatchingBlocker | null;
}

export function batching(facts: ServiceFacts): Batching {
  const blockedBy = batchingBlocker(facts.model.inputs, facts.model.outputs);
  return { maxBatchSize: blockedBy === null ? facts.serving.maxBatchSize : 0, blockedBy };
}
