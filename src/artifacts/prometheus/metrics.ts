/**
 * The metrics that Triton exports (core/src/metrics.cc at r26.07), with type and labels: the only names that generated
 * rules and dashboards may use. Triton's counters carry no `_total` suffix.
 */
export interface MetricFacts {
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly labels: readonly string[];
}

// Per-model families have a second series with gpu_uuid when the model runs on a GPU: sum before dividing.
const MODEL = ['model', 'version', 'gpu_uuid'];
const GPU = ['gpu_uuid'];

const family = (type: MetricFacts['type'], labels: readonly string[], names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { type, labels }]));

export const LATENCY_HISTOGRAM = 'nv_inference_first_response_histogram_ms';

export const METRICS: Readonly<Record<string, MetricFacts>> = {
  ...family('counter', MODEL, [
    'nv_inference_request_success',
    'nv_inference_count',
    'nv_inference_exec_count',
    'nv_inference_request_duration_us',
    'nv_inference_queue_duration_us',
    'nv_inference_compute_input_duration_us',
    'nv_inference_compute_infer_duration_us',
    'nv_inference_compute_output_duration_us',
    'nv_cache_num_hits_per_model',
    'nv_cache_num_misses_per_model',
    'nv_cache_hit_duration_per_model',
    'nv_cache_miss_duration_per_model',
  ]),
  ...family('counter', [...MODEL, 'reason'], ['nv_inference_request_failure']),
  ...family('counter', GPU, ['nv_energy_consumption']),
  ...family('gauge', MODEL, ['nv_inference_pending_request_count', 'nv_model_load_duration_secs']),
  ...family('gauge', GPU, [
    'nv_gpu_utilization',
    'nv_gpu_memory_total_bytes',
    'nv_gpu_memory_used_bytes',
    'nv_gpu_power_usage',
    'nv_gpu_power_limit',
  ]),
  ...family(
    'gauge',
    [],
    [
      'nv_pinned_memory_pool_total_bytes',
      'nv_pinned_memory_pool_used_bytes',
      'nv_cpu_utilization',
      'nv_cpu_memory_total_bytes',
      'nv_cpu_memory_used_bytes',
    ],
  ),
  ...family('histogram', MODEL, [LATENCY_HISTOGRAM]),
  ...family('summary', MODEL, [
    'nv_inference_request_summary_us',
    'nv_inference_queue_summary_us',
    'nv_inference_compute_input_summary_us',
    'nv_inference_compute_infer_summary_us',
    'nv_inference_compute_output_summary_us',
    'nv_cache_hit_summary_per_model',
    'nv_cache_miss_summary_per_model',
  ]),
};

/**
 * What the DCGM exporter gives by default (dcp-metrics-included.csv at 4.5). Its label of the host is not here: it was
 * renamed in 2026 from Hostname to hostname.
 */
const DCGM: Readonly<Record<string, MetricFacts>> = family(
  'gauge',
  ['gpu', 'UUID', 'device', 'modelName'],
  [
    'DCGM_FI_DEV_GPU_UTIL',
    'DCGM_FI_DEV_GPU_TEMP',
    'DCGM_FI_DEV_POWER_USAGE',
    'DCGM_FI_DEV_XID_ERRORS',
    'DCGM_FI_DEV_FB_USED',
    'DCGM_FI_DEV_FB_FREE',
    'DCGM_FI_DEV_FB_RESERVED',
    'DCGM_FI_PROF_GR_ENGINE_ACTIVE',
    'DCGM_FI_PROF_PIPE_TENSOR_ACTIVE',
    'DCGM_FI_PROF_DRAM_ACTIVE',
  ],
);

/** kube-state-metrics, for the autoscaler. */
const KUBERNETES: Readonly<Record<string, MetricFacts>> = family(
  'gauge',
  ['namespace', 'horizontalpodautoscaler'],
  ['kube_horizontalpodautoscaler_status_current_replicas', 'kube_horizontalpodautoscaler_spec_max_replicas'],
);

/** Series that Prometheus itself makes for each target. */
const PROMETHEUS_METRICS: readonly string[] = ['up', 'ALERTS', 'scrape_duration_seconds', 'scrape_samples_scraped'];

/** Labels that the scrape adds: Prometheus always, the operator in Kubernetes. */
export const TARGET_LABELS: readonly string[] = [
  'instance',
  'job',
  'namespace',
  'pod',
  'service',
  'endpoint',
  'container',
];

const SUFFIXES = {
  counter: [],
  gauge: [],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['_sum', '_count'],
} as const satisfies Record<MetricFacts['type'], readonly string[]>;

/** Series name → its labels, suffixes of histograms and summaries included. */
const SERIES = new Map<string, readonly string[]>(PROMETHEUS_METRICS.map((name) => [name, []]));
for (const [name, { type, labels }] of Object.entries({ ...METRICS, ...DCGM, ...KUBERNETES })) {
  if (type !== 'histogram') SERIES.set(name, type === 'summary' ? [...labels, 'quantile'] : labels);
  for (const suffix of SUFFIXES[type]) SERIES.set(name + suffix, suffix === '_bucket' ? [...labels, 'le'] : labels);
}

/** Labels of a series that can be scraped; undefined when no such series exists. */
export function seriesLabels(name: string): readonly string[] | undefined {
  return SERIES.get(name);
}

/** Series that only grow, until a server restarts: their value says nothing, their rate does. */
export function isCounter(name: string): boolean {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  const { type } = METRICS[name] ?? METRICS[base] ?? { type: 'gauge' };
  return type === 'counter' || (type === 'histogram' && name !== base);
}
