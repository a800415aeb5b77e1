/** The statistics extension of the V2 protocol: counts and nanoseconds since the model was loaded. */
import type { Clock } from '../base/clock.ts';
import type { FailureReason, Inference, InferenceObserver } from './observer.ts';

interface Sum {
  count: number;
  ns: number;
}

const PARTS = ['compute_input', 'compute_infer', 'compute_output'] as const;
type Part = (typeof PARTS)[number];

type BatchSums = Record<Part, Sum>;

/** One entry of `model_stats`, without name and version. Leaves are `{count, ns}`. */
export interface StatisticsDocument {
  readonly last_inference: number;
  readonly inference_count: number;
  readonly execution_count: number;
  readonly inference_stats: Readonly<Record<string, Readonly<Sum>>>;
  readonly response_stats: Readonly<Record<string, never>>;
  readonly batch_stats: readonly ({ readonly batch_size: number } & Readonly<BatchSums>)[];
  readonly memory_usage: readonly never[];
}

export class Statistics implements InferenceObserver {
  readonly #clock: Clock;
  readonly #sums: Record<'success' | 'fail' | 'queue' | Part, Sum> = {
    success: zero(),
    fail: zero(),
    queue: zero(),
    ...zeroParts(),
  };
  readonly #batches = new Map<number, BatchSums>();
  #lastInferenceMs = 0;
  #inferenceCount = 0;
  #executionCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  succeeded(inference: Inference): void {
    this.#lastInferenceMs = this.#clock.now().getTime();
    this.#inferenceCount += inference.batchSize;
    this.#executionCount += 1;
    add(this.#sums.success, inference.requestMs);
    add(this.#sums.queue, inference.queueMs);
    const batch = this.#batches.get(inference.batchSize) ?? zeroParts();
    this.#batches.set(inference.batchSize, batch);
    for (const sums of [this.#sums, batch]) {
      add(sums.compute_input, inference.computeInputMs);
      add(sums.compute_infer, inference.computeInferMs);
      add(sums.compute_output, inference.computeOutputMs);
    }
  }

  failed(_reason: FailureReason, requestMs: number): void {
    add(this.#sums.fail, requestMs);
  }

  document(): StatisticsDocument {
    return {
      last_inference: this.#lastInferenceMs,
      inference_count: this.#inferenceCount,
      execution_count: this.#executionCount,
      inference_stats: { ...this.#sums, cache_hit: zero(), cache_miss: zero() },
      response_stats: {},
      batch_stats: [...this.#batches]
        .sort(([a], [b]) => a - b)
        .map(([batchSize, sums]) => ({ batch_size: batchSize, ...sums })),
      memory_usage: [],
    };
  }
}

function zero(): Sum {
  return { count: 0, ns: 0 };
}

function zeroParts(): BatchSums {
  return { compute_input: zero(), compute_infer: zero(), compute_output: zero() };
}

function add(sum: Sum, durationMs: number): void {
  sum.count += 1;
  sum.ns += Math.max(0, Math.round(durationMs * 1e6));
}
