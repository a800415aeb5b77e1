/**
 * Chooses how a service is run from an objective, a rate of requests and a measured curve. The model is deliberately
 * simple, and errs to the safe side: a request finds its instance busy with a full batch, waits for the batcher, and is
 * answered with a full batch; an instance is planned to be busy 70 % of the time.
 */

/** Time of one run with this many requests joined. */
export interface BatchFigures {
  readonly batchSize: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface SizingRequest {
  readonly latencyMs: number;
  readonly availabilityRatio: number;
  readonly requestsPerSecond: number;
  /** Instances per server × threads of each, with the curve of one of them. */
  readonly setups: readonly Setup[];
  /** Does the model allow batches; without, one request is one run. */
  readonly isBatched: boolean;
}

export interface Setup {
  readonly instanceCount: number;
  readonly threads: number;
  readonly batches: readonly BatchFigures[];
}

export interface SizingOption {
  readonly instanceCount: number;
  readonly threads: number;
  readonly batchSize: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests per second of one server whose instances never rest. */
  readonly capacityRps: number;
  /** Of a request that finds a full batch in work and then goes with a full batch, without queue delay. */
  readonly worstMs: number;
  readonly replicas: number;
  readonly isWithinObjective: boolean;
}

export interface Sizing {
  readonly option: SizingOption;
  readonly maxBatchSize: number;
  readonly maxQueueDelayUs: number;
  readonly maxQueueSize: number;
  readonly instanceCount: number;
  readonly replicas: number;
  readonly pendingTarget: number;
}

/** Share of the time that an instance is planned to be busy: the rest is for bursts. */
export const UTILIZATION = 0.7;
/** From this availability on a single pod would break the objective whenever its node is drained. */
const ALWAYS_THERE = 0.99;

export function sizingOptions(request: SizingRequest): SizingOption[] {
  return request.setups.flatMap((setup) => setup.batches.map((figures) => optionOf(request, setup, figures)));
}

function optionOf(request: SizingRequest, { instanceCount, threads }: Setup, figures: BatchFigures): SizingOption {
  const { batchSize, p50Ms, p99Ms } = figures;
  const capacityRps = (1000 * instanceCount * batchSize) / p50Ms;
  const needed = Math.ceil(request.requestsPerSecond / (UTILIZATION * capacityRps));
  const worstMs = 2 * p99Ms;
  return {
    instanceCount,
    threads,
    batchSize,
    p50Ms,
    p99Ms,
    capacityRps,
    worstMs,
    replicas: Math.max(request.availabilityRatio >= ALWAYS_THERE ? 2 : 1, needed),
    isWithinObjective: worstMs <= request.latencyMs,
  };
}

/** The option with the fewest pods among those within the objective, then the quickest; without any, the quickest. */
function chooseOption(options: readonly SizingOption[]): SizingOption {
  const [best] = [...options].sort(
    (a, b) =>
      Number(b.isWithinObjective) - Number(a.isWithinObjective) ||
      (a.isWithinObjective ? a.replicas - b.replicas : 0) ||
      a.worstMs - b.worstMs,
  );
  if (best === undefined) throw new RangeError('A service was sized from no measurement.');
  return best;
}

export function sizing(request: SizingRequest): Sizing {
  const option = chooseOption(sizingOptions(request));
  const { batchSize, instanceCount, capacityRps, worstMs, replicas } = option;
  const slackMs = Math.max(0, request.latencyMs - worstMs);
  const perInstance = request.requestsPerSecond / (replicas * instanceCount);
  // Longer than it takes the rest of a batch to arrive would be waiting for nobody; half of the slack stays free.
  const fillMs = ((batchSize - 1) * 1000) / perInstance;
  const delayMs = request.isBatched && batchSize > 1 ? Math.min(slackMs / 2, fillMs) : 0;
  const roomMs = Math.max(0, request.latencyMs - option.p99Ms - delayMs);
  return {
    option,
    maxBatchSize: batchSize,
    maxQueueDelayUs: Math.round(delayMs * 1000),
    maxQueueSize: Math.max(instanceCount * batchSize, Math.floor((capacityRps * roomMs) / 1000)),
    instanceCount,
    replicas,
    pendingTarget: Math.max(1, Math.ceil((UTILIZATION * capacityRps * (delayMs + option.p50Ms / 2)) / 1000)),
  };
}
