/** How long one instance of a model takes for batches of growing size, on this machine. */
import { median, percentile } from '../../evaluation/percentile.ts';
import type { HostTensor, TensorData } from '../../onnx/tensor.ts';
import type { Feeds } from '../../runtime/feeds.ts';
import { openSession, type RuntimeSession } from '../../runtime/session.ts';
import type { PipelineDeps } from '../requests.ts';
import type { BatchFigures } from './plan.ts';

export interface Curve {
  readonly threads: number;
  readonly loadMs: number;
  /** Resident memory that loading and running added to this process; null where it shrank. */
  readonly memoryMiB: number | null;
  readonly batches: readonly BatchFigures[];
}

export interface CurveRequest {
  readonly modelPath: string;
  readonly feeds: Feeds;
  /** 0: the model takes one request at a time. */
  readonly maxBatchSize: number;
  readonly threads: number;
  /** Larger batches are not tried once one takes longer than this. */
  readonly limitMs: number;
}

const WARM_UP_RUNS = 3;
const MIN_RUNS = 20;
const MAX_RUNS = 200;
/** For one batch size. */
const ENOUGH_MS = 1000;
const MIB = 2 ** 20;

/** Batch sizes 1, 2, 4 … and the largest; the feeds of one request are repeated along the batch. */
export async function measureCurve(request: CurveRequest, deps: PipelineDeps): Promise<Curve> {
  const before = process.memoryUsage().rss;
  const started = deps.clock.monotonicMs();
  const session = await (deps.openSession ?? openSession)(request.modelPath, { threads: request.threads });
  const loadMs = deps.clock.monotonicMs() - started;
  try {
    const batches: BatchFigures[] = [];
    for (const batchSize of batchSizes(request.maxBatchSize)) {
      const figures = await measureBatch(session, repeated(request.feeds, batchSize, request.maxBatchSize > 0), deps);
      batches.push({ batchSize, ...figures });
      if (figures.p99Ms > request.limitMs) break;
    }
    const added = Math.round((process.memoryUsage().rss - before) / MIB);
    return { threads: request.threads, loadMs: rounded(loadMs), memoryMiB: added > 0 ? added : null, batches };
  } finally {
    await session.release();
  }
}

export function batchSizes(maxBatchSize: number): number[] {
  const sizes = [1];
  for (let size = 2; size < maxBatchSize; size *= 2) sizes.push(size);
  return maxBatchSize > 1 ? [...sizes, maxBatchSize] : sizes;
}

async function measureBatch(
  session: RuntimeSession,
  feeds: Feeds,
  { clock, signal }: PipelineDeps,
): Promise<Omit<BatchFigures, 'batchSize'>> {
  for (let run = 0; run < WARM_UP_RUNS; run += 1) await session.run(feeds);
  const times: number[] = [];
  const begun = clock.monotonicMs();
  while (times.length < MIN_RUNS || (times.length < MAX_RUNS && clock.monotonicMs() - begun < ENOUGH_MS)) {
    signal.throwIfAborted();
    const started = clock.monotonicMs();
    await session.run(feeds);
    times.push(Math.max(1e-3, clock.monotonicMs() - started));
  }
  return { p50Ms: rounded(median(times)), p99Ms: rounded(percentile(times, 0.99)) };
}

/** The feeds of one request as a batch; a sample of several rows counts by its first. */
export function repeated(feeds: Feeds, batchSize: number, isBatched: boolean): Feeds {
  if (!isBatched) return feeds;
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, repeatTensor(tensor, batchSize)]));
}

function repeatTensor({ dataType, dims, data }: HostTensor, times: number): HostTensor {
  const [rows = 1, ...rest] = dims;
  const size = data.length / Math.max(1, rows);
  const shape = { dataType, dims: [times, ...rest] };
  if (Array.isArray(data)) {
    return { ...shape, data: Array.from({ length: times }, () => data.slice(0, size)).flat() };
  }
  const row = data.slice(0, size);
  const target = new (data.constructor as new (length: number) => Exclude<TensorData, string[]>)(size * times);
  for (let index = 0; index < times; index += 1) target.set(row as never, index * size);
  return { ...shape, data: target };
}

function rounded(ms: number): number {
  return Number(ms.toPrecision(4));
}
