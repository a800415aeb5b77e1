/** Panels as a table: what is asked, in which unit, how wide. Positions follow from the order. */
import { hasLatencyHistogram } from '../../runtime/releases/triton.ts';
import { batching } from '../batching.ts';
import { queueLimit } from '../capacity.ts';
import { sloBoundMs } from '../latency.ts';
import { LATENCY_HISTOGRAM } from '../prometheus/metrics.ts';
import { bucketMatcher, errorBudget, type Goal } from '../prometheus/objective.ts';
import type { ServiceFacts } from '../service-facts.ts';

interface PanelSpec {
  readonly title: string;
  readonly type: 'stat' | 'timeseries';
  readonly unit: string;
  readonly width: number;
  readonly description?: string;
  readonly isStacked?: boolean;
  readonly max?: number;
  /** A line to compare with: a limit or an objective. */
  readonly limit?: number;
  /** Legend → expression. */
  readonly queries: Readonly<Record<string, string>>;
}

const COLUMNS = 24;
/** Chosen in the dashboard, so that it works in every Grafana. */
export const DATASOURCE = { type: 'prometheus', uid: '$' + '{datasource}' } as const;
const HEIGHTS = { stat: 4, timeseries: 8 } as const;

const OF_MODEL = 'model=~"$model",instance=~"$instance"';
const OF_INSTANCE = 'instance=~"$instance"';
const SUCCESS = 'nv_inference_request_success';
const FAILURE = 'nv_inference_request_failure';

function rate(metric: string, extra = '', by = ''): string {
  const grouping = by === '' ? 'sum' : `sum by (${by})`;
  return `${grouping} (rate(${metric}{${OF_MODEL}${extra}}[$__rate_interval]))`;
}

export function panels(facts: ServiceFacts): Record<string, unknown>[] {
  const specs = [...overview(facts), ...requests(facts), ...queue(facts), ...machine(facts)];
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  return specs.map((spec, index) => {
    const height = HEIGHTS[spec.type];
    if (x + spec.width > COLUMNS || (x > 0 && height !== rowHeight)) {
      x = 0;
      y += rowHeight;
    }
    const gridPos = { h: height, w: spec.width, x, y };
    x += spec.width;
    rowHeight = height;
    return panel(spec, index + 1, gridPos);
  });
}

function panel(spec: PanelSpec, id: number, gridPos: Record<string, number>): Record<string, unknown> {
  const lines = {
    fillOpacity: spec.isStacked ? 30 : 10,
    showPoints: 'never',
    stacking: { mode: spec.isStacked ? 'normal' : 'none' },
  };
  const limit = spec.limit === undefined ? {} : { thresholdsStyle: { mode: 'dashed' } };
  const steps = [
    { color: 'green', value: null },
    ...(spec.limit === undefined ? [] : [{ color: 'red', value: spec.limit }]),
  ];
  return {
    id,
    type: spec.type,
    title: spec.title,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: {
      defaults: {
        unit: spec.unit,
        min: 0,
        ...(spec.max === undefined ? {} : { max: spec.max }),
        thresholds: { mode: 'absolute', steps },
        ...(spec.type === 'timeseries' ? { custom: { ...lines, ...limit } } : {}),
      },
      overrides: [],
    },
    options: spec.type === 'stat' ? STAT_OPTIONS : TIMESERIES_OPTIONS,
    targets: Object.entries(spec.queries).map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      editorMode: 'code',
      expr,
      legendFormat,
      range: true,
    })),
  };
}

const STAT_OPTIONS = { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, graphMode: 'area' };
const TIMESERIES_OPTIONS = {
  legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
  tooltip: { mode: 'multi', sort: 'desc' },
};

function overview(facts: ServiceFacts): PanelSpec[] {
  const hasHistogram = hasLatencyHistogram(facts.serving.tritonTag);
  return [
    {
      title: 'Servers up',
      type: 'stat',
      unit: 'short',
      width: 6,
      queries: { up: `sum(up{job="${facts.name}",${OF_INSTANCE}})` },
    },
    {
      title: 'Requests',
      type: 'stat',
      unit: 'reqps',
      width: 6,
      queries: { requests: `${rate(SUCCESS)} + ${rate(FAILURE)}` },
    },
    {
      title: 'Successful',
      type: 'stat',
      unit: 'percentunit',
      width: 6,
      max: 1,
      description: 'Of accepted requests. Those refused before (bad shape, full queue) are in no counter of Triton.',
      queries: { successful: `${rate(SUCCESS)} / (${rate(SUCCESS)} + ${rate(FAILURE)})` },
    },
    hasHistogram
      ? {
          title: `Within ${sloBoundMs(facts)} ms`,
          type: 'stat',
          unit: 'percentunit',
          width: 6,
          max: 1,
          queries: { 'within the objective': withinObjective(facts) },
        }
      : { title: 'Average latency', type: 'stat', unit: 'µs', width: 6, queries: { average: average('request') } },
  ];
}

function withinObjective(facts: ServiceFacts): string {
  return `${rate(`${LATENCY_HISTOGRAM}_bucket`, `,${bucketMatcher(sloBoundMs(facts))}`)} / ${rate(`${LATENCY_HISTOGRAM}_count`)}`;
}

function average(part: string): string {
  return `${rate(`nv_inference_${part}_duration_us`)} / ${rate(SUCCESS)}`;
}

function requests(facts: ServiceFacts): PanelSpec[] {
  const quantile = (q: number) => `histogram_quantile(${q}, ${rate(`${LATENCY_HISTOGRAM}_bucket`, '', 'le')})`;
  const percentiles: PanelSpec = {
    title: 'Latency',
    type: 'timeseries',
    unit: 'ms',
    width: 12,
    limit: sloBoundMs(facts),
    description: 'Estimated within buckets of whole milliseconds; the dashed line is the objective.',
    queries: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) },
  };
  return [
    {
      title: 'Requests by outcome',
      type: 'timeseries',
      unit: 'reqps',
      width: 12,
      isStacked: true,
      queries: { success: rate(SUCCESS), 'failed: {{reason}}': rate(FAILURE, '', 'reason') },
    },
    ...(hasLatencyHistogram(facts.serving.tritonTag) ? [percentiles] : []),
    {
      title: 'Where the time goes, average per request',
      type: 'timeseries',
      unit: 'µs',
      width: 12,
      isStacked: true,
      queries: {
        queue: average('queue'),
        'copy in': average('compute_input'),
        inference: average('compute_infer'),
        'copy out': average('compute_output'),
      },
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
    errors: `${rate(FAILURE)} / (${rate(SUCCESS)} + ${rate(FAILURE)}) / ${budget('success')}`,
    ...(hasLatencyHistogram(facts.serving.tritonTag)
      ? { 'slow requests': `(1 - ${withinObjective(facts)}) / ${budget('speed')}` }
      : {}),
  };
}

function queue(facts: ServiceFacts): PanelSpec[] {
  const { maxBatchSize } = batching(facts);
  const waiting = `sum by (instance) (nv_inference_pending_request_count{${OF_MODEL}})`;
  return [
    {
      title: 'Requests waiting',
      type: 'timeseries',
      unit: 'short',
      width: 8,
      limit: queueLimit(facts),
      description:
        maxBatchSize > 0
          ? 'At the dashed line the server begins to answer 503.'
          : 'Without batching the queue has no limit.',
      queries: { '{{instance}}': waiting },
    },
    {
      title: 'Average batch',
      type: 'timeseries',
      unit: 'short',
      width: 8,
      queries: { 'inferences per execution': `${rate('nv_inference_count')} / ${rate('nv_inference_exec_count')}` },
    },
    {
      title: 'Share of time in the queue',
      type: 'timeseries',
      unit: 'percentunit',
      width: 8,
      max: 1,
      queries: { queue: `${rate('nv_inference_queue_duration_us')} / ${rate('nv_inference_request_duration_us')}` },
    },
  ];
}

function machine(facts: ServiceFacts): PanelSpec[] {
  const gauge = (title: string, unit: string, queries: PanelSpec['queries'], max?: number): PanelSpec => ({
    title,
    type: 'timeseries',
    unit,
    width: 12,
    queries,
    ...(max === undefined ? {} : { max }),
  });
  const load = `max by (model, instance) (nv_model_load_duration_secs{${OF_MODEL}})`;
  return [
    gauge('CPU of the node', 'percentunit', { '{{instance}}': `nv_cpu_utilization{${OF_INSTANCE}}` }, 1),
    gauge('Time to load the model', 's', { '{{instance}}': load }),
    ...(facts.serving.gpus === 0
      ? []
      : [
          gauge(
            'GPU utilization',
            'percentunit',
            { '{{instance}} {{gpu_uuid}}': `nv_gpu_utilization{${OF_INSTANCE}}` },
            1,
          ),
          gauge('GPU memory', 'bytes', {
            'used {{gpu_uuid}}': `nv_gpu_memory_used_bytes{${OF_INSTANCE}}`,
            'total {{gpu_uuid}}': `nv_gpu_memory_total_bytes{${OF_INSTANCE}}`,
          }),
        ]),
  ];
}
