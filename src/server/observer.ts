/** What is told about each inference request that was accepted, to the statistics and to the metrics. */

/** Triton's four reasons. Requests that were refused before they were queued are not counted at all, as in Triton. */
export const FAILURE_REASONS = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

export interface Inference {
  /** Items: the batch size, or 1 without batching. */
  readonly batchSize: number;
  /** From the queue to the finished response; the parts below lie inside of it. */
  readonly requestMs: number;
  /** Waiting for the runs before it. */
  readonly queueMs: number;
  /** Moving tensors to the thread of the model and back. */
  readonly computeInputMs: number;
  /** Inside of ONNX Runtime. */
  readonly computeInferMs: number;
  /** Building the response. */
  readonly computeOutputMs: number;
}

export interface InferenceObserver {
  succeeded(inference: Inference): void;
  failed(reason: FailureReason, requestMs: number): void;
}
