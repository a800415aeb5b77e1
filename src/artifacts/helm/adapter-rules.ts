/**
 * Rules for prometheus-adapter, which turns series into metrics of pods that an HPA can read. Sums on both sides before
 * dividing: the mean of ratios, and the `1 + delta` of NVIDIA's example, report too little (triton server#8979).
 */
export const QUEUE_TIME_METRIC = 'nimify_queue_time_us';
export const PENDING_METRIC = 'nv_inference_pending_request_count';

/** At least four scrapes. */
export const RATE_WINDOW_SECONDS = 120;

const SELECTED = '{<<.LabelMatchers>>}';
const GROUPED = 'sum by (<<.GroupBy>>)';
const PODS = { namespace: { resource: 'namespace' }, pod: { resource: 'pod' } };

/** The same for every service: a cluster needs them once. */
export function adapterRules(): unknown {
  const matchers = '{namespace!="",pod!=""}';
  const rate = (metric: string) => `${GROUPED} (rate(${metric}${SELECTED}[${RATE_WINDOW_SECONDS / 60}m]))`;
  const rule = (series: string, as: string, metricsQuery: string) => ({
    seriesQuery: `${series}${matchers}`,
    resources: { overrides: PODS },
    name: { as },
    metricsQuery,
  });
  const queued = rate('nv_inference_queue_duration_us');
  const answered = rate('nv_inference_request_success');
  return {
    rules: {
      custom: [
        rule(PENDING_METRIC, PENDING_METRIC, `${GROUPED} (${PENDING_METRIC}${SELECTED})`),
        rule('nv_inference_queue_duration_us', QUEUE_TIME_METRIC, `${queued} / clamp_min(${answered}, 1e-9)`),
      ],
    },
  };
}
