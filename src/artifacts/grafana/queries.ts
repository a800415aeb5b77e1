/** The expressions that panels are made of, narrowed by the variables of the dashboard. */
import { sloBoundMs } from '../latency.ts';
import { LATENCY_HISTOGRAM } from '../prometheus/metrics.ts';
import { bucketMatcher } from '../prometheus/objective.ts';
import type { ServiceFacts } from '../service-facts.ts';

export const OF_MODEL = 'model=~"$model",instance=~"$instance"';
export const OF_INSTANCE = 'instance=~"$instance"';
export const SUCCESS = 'nv_inference_request_success';
export const FAILURE = 'nv_inference_request_failure';
export const ALL_REQUESTS = `(${rate(SUCCESS)} + ${rate(FAILURE)})`;

/** A GPU model has two series of each family: they are summed before anything is divided. */
export function rate(metric: string, extra = '', by = ''): string {
  const grouping = by === '' ? 'sum' : `sum by (${by})`;
  return `${grouping} (rate(${metric}{${OF_MODEL}${extra}}[$__rate_interval]))`;
}

/** Average microseconds of a part of a request; durations grow with successes only. */
export function average(part: string): string {
  return `${rate(`nv_inference_${part}_duration_us`)} / ${rate(SUCCESS)}`;
}

export function quantile(q: number): string {
  return `histogram_quantile(${q}, ${rate(`${LATENCY_HISTOGRAM}_bucket`, '', 'le')})`;
}

/** Share of requests within the objective. */
export function withinObjective(facts: ServiceFacts): string {
  return `${rate(`${LATENCY_HISTOGRAM}_bucket`, `,${bucketMatcher(sloBoundMs(facts))}`)} / ${rate(`${LATENCY_HISTOGRAM}_count`)}`;
}

/** Waiting requests of each server. */
export const WAITING = `sum by (instance) (nv_inference_pending_request_count{${OF_MODEL}})`;
