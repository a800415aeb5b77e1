/**
 * Whether Triton may join requests. Its ONNX Runtime backend refuses max_batch_size > 0 unless the first dimension of
 * every input and output is dynamic (CompareDimsSupported); that it also means the batch is for us to judge.
 */
import type { ServiceFacts, TensorFacts } from './service-facts.ts';

type BatchingBlocker = 'scalar' | 'fixed' | 'rank-unknown' | 'other-axis';

export interface Batching {
  /** 0: off, dims are full shapes. */
  readonly maxBatchSize: number;
  readonly blockedBy: { readonly tensor: string; readonly reason: BatchingBlocker } | null;
}

// Names that exporters invent for outputs; they say nothing about which axis it is.
const INVENTED = /^unk_|_dim_\d+$|^dynamic_axes|^Dynamic|^\?|^s\d+$/;

export function batching(facts: ServiceFacts): Batching {
  const tensors = [...facts.model.inputs, ...facts.model.outputs];
  const symbol = batchSymbol(facts.model.inputs);
  for (const tensor of tensors) {
    const reason = blocker(tensor, symbol);
    if (reason !== null) return { maxBatchSize: 0, blockedBy: { tensor: tensor.name, reason } };
  }
  return { maxBatchSize: facts.serving.maxBatchSize, blockedBy: null };
}

/** Name of the first axis of the first input that has a telling one. */
function batchSymbol(inputs: readonly TensorFacts[]): string | undefined {
  return inputs.map(({ shape }) => shape?.[0]).find((dim) => isTelling(dim));
}

function blocker({ shape }: TensorFacts, symbol: string | undefined): BatchingBlocker | null {
  if (shape === null) return 'rank-unknown';
  const [first] = shape;
  if (first === undefined) return 'scalar';
  if (typeof first === 'number') return 'fixed';
  // A named axis that is not the batch, e.g. [detections, 6]: its rows do not belong to requests.
  return symbol !== undefined && isTelling(first) && first !== symbol ? 'other-axis' : null;
}

function isTelling(dim: string | number | null | undefined): dim is string {
  return typeof dim === 'string' && !INVENTED.test(dim);
}
