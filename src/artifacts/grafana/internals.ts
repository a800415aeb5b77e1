/** The dashboard for whoever tunes the model: where the time goes, how batches form, each server for itself. */
import { batching } from '../batching.ts';
import type { ServiceFacts } from '../service-facts.ts';
import type { PanelSpec } from './panels.ts';
import { average, OF_INSTANCE, OF_MODEL, rate, SUCCESS } from './queries.ts';

const LINES = { type: 'timeseries', width: 12 } as const;

export function internalsPanels(facts: ServiceFacts): PanelSpec[] {
  return [
    ...time(),
    ...batches(facts),
    ...servers(),
    ...(facts.serving.responseCacheMiB > 0 ? cache() : []),
    ...node(),
  ];
}

function time(): PanelSpec[] {
  const parts = {
    queue: 'queue',
    'copy in': 'compute_input',
    inference: 'compute_infer',
    'copy out': 'compute_output',
  } as const;
  const shares = Object.entries(parts).map(([legend, part]) => [
    legend,
    `${rate(`nv_inference_${part}_duration_us`)} / ${rate('nv_inference_request_duration_us')}`,
  ]);
  return [
    {
      ...LINES,
      title: 'Where the time goes, average per request',
      unit: 'µs',
      isStacked: true,
      queries: Object.fromEntries(Object.entries(parts).map(([legend, part]) => [legend, average(part)])),
    },
    {
      ...LINES,
      title: 'Where the time goes, as shares',
      unit: 'percentunit',
      isStacked: true,
      max: 1,
      queries: Object.fromEntries(shares),
    },
  ];
}

function batches(facts: ServiceFacts): PanelSpec[] {
  const { maxBatchSize } = batching(facts);
  return [
    {
      ...LINES,
      title: 'Average batch',
      unit: 'short',
      ...(maxBatchSize > 0 ? { limit: maxBatchSize } : {}),
      description:
        maxBatchSize > 0
          ? 'The dashed line is max_batch_size: near it a larger one may pay, near 1 the queue delay buys nothing.'
          : 'This model takes one request at a time.',
      queries: { 'inferences per execution': `${rate('nv_inference_count')} / ${rate('nv_inference_exec_count')}` },
    },
    {
      ...LINES,
      title: 'Inferences and executions',
      unit: 'ops',
      queries: { inferences: rate('nv_inference_count'), executions: rate('nv_inference_exec_count') },
    },
  ];
}

function servers(): PanelSpec[] {
  const perServer = (metric: string) => rate(metric, '', 'instance');
  return [
    { ...LINES, title: 'Requests per server', unit: 'reqps', queries: { '{{instance}}': perServer(SUCCESS) } },
    {
      ...LINES,
      title: 'Inference time per server',
      unit: 'µs',
      description: 'One server above the others has a slow node or a noisy neighbour.',
      queries: { '{{instance}}': `${perServer('nv_inference_compute_infer_duration_us')} / ${perServer(SUCCESS)}` },
    },
  ];
}

/** Hits are counted beside the requests of the model, and do not count as inferences. */
function cache(): PanelSpec[] {
  const [hits, misses] = [rate('nv_cache_num_hits_per_model'), rate('nv_cache_num_misses_per_model')];
  return [
    {
      ...LINES,
      title: 'Answered by the cache',
      unit: 'percentunit',
      max: 1,
      queries: { hits: `${hits} / (${hits} + ${misses})` },
    },
    { ...LINES, title: 'Lookups in the cache', unit: 'ops', isStacked: true, queries: { hits, misses } },
  ];
}

function node(): PanelSpec[] {
  const load = `max by (model, instance) (nv_model_load_duration_secs{${OF_MODEL}})`;
  const ofInstance = (metric: string) => `${metric}{${OF_INSTANCE}}`;
  return [
    {
      ...LINES,
      title: 'CPU of the node',
      unit: 'percentunit',
      max: 1,
      queries: { '{{instance}}': ofInstance('nv_cpu_utilization') },
    },
    { ...LINES, title: 'Time to load the model', unit: 's', queries: { '{{instance}}': load } },
    {
      ...LINES,
      title: 'Memory of the node',
      unit: 'bytes',
      description: 'Of the whole machine, not of the container.',
      queries: {
        'used {{instance}}': ofInstance('nv_cpu_memory_used_bytes'),
        'total {{instance}}': ofInstance('nv_cpu_memory_total_bytes'),
      },
    },
  ];
}
