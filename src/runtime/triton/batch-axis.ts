/**
 * Whether Triton may join requests. Its ONNX Runtime backend refuses max_batch_size > 0 unless the first dimension of
 * every input and output is dynamic (CompareDimsSupported); that it also means the batch is for us to judge.
 */

/** Of a tensor that keeps requests apart. */
type BatchingReason = 'scalar' | 'fixed' | 'rank-unknown' | 'other-axis';

export interface BatchingBlocker {
  readonly tensor: string;
  readonly reason: BatchingReason;
}

interface Shaped {
  readonly name: string;
  readonly shape: readonly (number | string | null)[] | null;
}

// Names that exporters invent for outputs; they say nothing about which axis it is.
const INVENTED = /^unk_|_dim_\d+$|^dynamic_axes|^Dynamic|^\?|^s\d+$/;

/** The first input or output that cannot be batched; null where all can. */
export function batchingBlocker(inputs: readonly Shaped[], outputs: readonly Shaped[]): BatchingBlocker | null {
  const symbol = batchSymbol(inputs);
  for (const tensor of [...inputs, ...outputs]) {
    const reason = reasonOf(tensor, symbol);
    if (reason !== null) return { tensor: tensor.name, reason };
  }
  return null;
}

/** Name of the first axis of the first input that has a telling one. */
function batchSymbol(inputs: readonly Shaped[]): string | undefined {
  return inputs.map(({ shape }) => shape?.[0]).find((dim) => isTelling(dim));
}

function reasonOf({ shape }: Shaped, symbol: string | undefined): BatchingReason | null {
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
