/** The dashboard for whoever is on call: traffic, errors, latency, saturation, and what is left of the budget. */
import { hasLatencyHistogram } from '../../runtime/releases/triton.ts';
import { batching } from '../batching.ts';
import { queueLimit } from '../capacity.ts';
import { sloBoundMs } from '../latency.ts';
import { LATENCY_HISTOGRAM } from '../prometheus/metrics.ts';
import { errorBudget, type Goal } from '../prometheus/objective.ts';
import type { ServiceFacts } from '../service-facts.ts';
import type { PanelSpec } from './panels.ts';
import {
  ALL_REQUESTS,
  average,
  FAILURE,
  OF_INSTANCE,
  quantile,
  rate,
  SUCCESS,
  WAITING,
  withinObjective,
} from './queries.ts';

export function overviewPanels(facts: ServiceFacts): PanelSpec[] {
  return [...summary(facts), ...requests(facts), ...latency(facts), ...saturation(facts)];
}

function summary(facts: ServiceFacts): PanelSpec[] {
  const { availabilityRatio, latencyRatio } = facts.slo;
  const stat = { type: 'stat', width: 4 } as const;
  const share = { ...stat, unit: 'percentunit', max: 1, isFloor: true } as const;
  return [
    { ...stat, title: 'Servers up', unit: 'short', queries: { up: `sum(up{job="${facts.name}",${OF_INSTANCE}})` } },
    { ...stat, title: 'Requests', unit: 'reqps', queries: { requests: ALL_REQUESTS } },
    {
      ...share,
      title: 'Successful',
      limit: availabilityRatio,
      description: 'Of accepted requests. Those refused before (bad shape, full queue) are in no counter of Triton.',
      queries: { successful: `${rate(SUCCESS)} / ${ALL_REQUESTS}` },
    },
    hasLatencyHistogram(facts.serving.tritonTag)
      ? {
          ...share,
          title: `Within ${sloBoundMs(facts)} ms`,
          limit: latencyRatio ?? availabilityRatio,
          queries: { 'within the objective': withinObjective(facts) },
        }
      : { ...stat, title: 'Average latency', unit: 'µs', queries: { average: average('request') } },
    {
      ...share,
      title: 'Error budget left',
      limit: 0.25,
      description: 'Of what the objective allows in three days; below zero it is overspent.',
      queries: { left: 'model:nimify_error_budget_left:ratio3d{model=~"$model"}' },
    },
    { ...stat, title: 'Waiting now', unit: 'short', queries: { waiting: `sum(${WAITING})` } },
  ];
}

function requests(facts: ServiceFacts): PanelSpec[] {
  return [
    {
      title: 'Requests by outcome',
      type: 'timeseries',
      unit: 'reqps',
      width: 12,
      isStacked: true,
      queries: { success: rate(SUCCESS), 'failed: {{reason}}': rate(FAILURE, '', 'reason') },
    },
    {
      title: 'Error budget burn rate',
      type: 'timeseries',
      unit: 'short',
      width: 12,
      limit: 1,
      description: 'Above 1 the budget of 30 days does not last for 30 days.',
      queries: budgetQueries(facts),
    },
  ];
}

function budgetQueries(facts: ServiceFacts): Record<string, string> {
  const budget = (goal: Goal) => errorBudget(facts, goal) || 1;
  return {
    errors: `${rate(FAILURE)} / ${ALL_REQUESTS} / ${budget('success')}`,
    ...(hasLatencyHistogram(facts.serving.tritonTag)
      ? { 'slow requests': `(1 - ${withinObjective(facts)}) / ${budget('speed')}` }
      : {}),
  };
}

function latency(facts: ServiceFacts): PanelSpec[] {
  if (!hasLatencyHistogram(facts.serving.tritonTag)) return [];
  const buckets = `sum by (le) (increase(${LATENCY_HISTOGRAM}_bucket{model=~"$model",${OF_INSTANCE}}[$__rate_interval]))`;
  return [
    {
      title: 'Latency',
      type: 'timeseries',
      unit: 'ms',
      width: 12,
      limit: sloBoundMs(facts),
      description: 'Estimated within buckets of whole milliseconds; the dashed line is the objective.',
      queries: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) },
    },
    {
      title: 'Requests by latency',
      type: 'heatmap',
      unit: 'ms',
      width: 12,
      description: 'Upper bounds of the buckets, in milliseconds.',
      queries: { '{{le}}': buckets },
    },
  ];
}

function saturation(facts: ServiceFacts): PanelSpec[] {
  const isBounded = batching(facts).maxBatchSize > 0;
  return [
    {
      title: 'Requests waiting',
      type: 'timeseries',
      unit: 'short',
      width: 12,
      limit: queueLimit(facts),
      description: isBounded
        ? 'At the dashed line the server begins to answer 503.'
        : 'Without batching the queue has no limit.',
      queries: { '{{instance}}': WAITING },
    },
    {
      title: 'Share of time in the queue',
      type: 'timeseries',
      unit: 'percentunit',
      width: 12,
      max: 1,
      limit: 0.5,
      queries: { queue: `${rate('nv_inference_queue_duration_us')} / ${rate('nv_inference_request_duration_us')}` },
    },
  ];
}
