/** Latency of two models side by side. */
import type { Clock } from '../base/clock.ts';
import type { Feeds } from '../runtime/feeds.ts';
import type { RuntimeSession } from '../runtime/session.ts';
import type { Evaluation, LatencyFigures } from './evaluation.ts';
import { median, percentile } from './percentile.ts';

type Runner = Pick<RuntimeSession, 'run' | 'provider'>;

export interface LatencyOptions {
  /** Pairs that are measured. */
  readonly runs: number;
  /** As the sessions were opened; written into the result. */
  readonly threads: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onPair?: (done: number) => void;
}

const WARM_UP_PAIRS = 3;

/**
 * Runs both models in pairs on the same inputs, so that a change of clock rate or load hits both; the model that goes
 * first changes from pair to pair.
 * @param feeds at least one; pairs take them in turn
 */
export async function measureLatency(
  original: Runner,
  candidate: Runner,
  feeds: readonly Feeds[],
  options: LatencyOptions,
): Promise<Evaluation['latency']> {
  const times = { original: [] as number[], candidate: [] as number[] };
  for (let pair = -WARM_UP_PAIRS; pair < options.runs; pair += 1) {
    options.signal.throwIfAborted();
    const input = feeds[(pair + WARM_UP_PAIRS) % feeds.length] as Feeds;
    const isOriginalFirst = pair % 2 === 0;
    const first = await timeOf(isOriginalFirst ? original : candidate, input, options.clock);
    const second = await timeOf(isOriginalFirst ? candidate : original, input, options.clock);
    if (pair < 0) continue;
    times.original.push(isOriginalFirst ? first : second);
    times.candidate.push(isOriginalFirst ? second : first);
    options.onPair?.(pair + 1);
  }
  return {
    original: figures(times.original),
    candidate: figures(times.candidate),
    speedup: median(times.original.map((time, pair) => time / (times.candidate[pair] as number))),
    threads: options.threads,
    runs: options.runs,
    ...(candidate.provider === undefined ? {} : { provider: candidate.provider }),
  };
}

/** Never 0: a coarse clock must not make a ratio infinite. */
async function timeOf(session: Runner, feeds: Feeds, clock: Clock): Promise<number> {
  const started = clock.monotonicMs();
  await session.run(feeds);
  return Math.max(clock.monotonicMs() - started, 1e-6);
}

function figures(timesMs: readonly number[]): LatencyFigures {
  return { p50Ms: median(timesMs), p95Ms: percentile(timesMs, 0.95) };
}
