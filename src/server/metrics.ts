/** Triton's metrics by their exact names, in a registry of their own. */
import { cpus, freemem, totalmem } from 'node:os';
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { HostedModel } from './hosted-model.ts';
import { FAILURE_REASONS, type InferenceObserver } from './observer.ts';

/** Bounds of the latency histogram in whole milliseconds. Triton's own (100 to 5000) are too coarse for small models. */
const LATENCY_BUCKETS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500];

const LABELS = ['model', 'version'] as const;
type Label = (typeof LABELS)[number];
type Labels = Readonly<Record<Label, string>>;

/** Name without `nv_inference_`, and its help. They only grow, and durations only for requests that succeeded. */
const COUNTERS = {
  request_success: 'Number of successful inference requests, all batch sizes',
  count: 'Number of inferences performed (does not include cached requests)',
  exec_count: 'Number of model executions performed (does not include cached requests)',
  request_duration_us: 'Cumulative inference request duration in microseconds (includes cached requests)',
  queue_duration_us: 'Cumulative inference queuing duration in microseconds (includes cached requests)',
  compute_input_duration_us: 'Cumulative compute input duration in microseconds (does not include cached requests)',
  compute_infer_duration_us: 'Cumulative compute inference duration in microseconds (does not include cached requests)',
  compute_output_duration_us:
    'Cumulative inference compute output duration in microseconds (does not include cached requests)',
} as const;

type CounterName = keyof typeof COUNTERS;

interface Families {
  readonly counters: Readonly<Record<CounterName, Counter<Label>>>;
  readonly failures: Counter<Label | 'reason'>;
  readonly latency: Histogram<Label>;
}

export interface Metrics {
  /** The exposition, without its content type. */
  text(): Promise<string>;
}

/** Makes every series at 0, so that rates are right from the first request, and watches the models from then on. */
export async function makeMetrics(models: readonly HostedModel[]): Promise<Metrics> {
  const prometheus = await import('prom-client');
  const registry = new prometheus.Registry();
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new prometheus.Counter({ name: `nv_inference_${name}`, help, labelNames: [...labelNames], registers: [registry] });
  const families: Families = {
    counters: Object.fromEntries(
      Object.entries(COUNTERS).map(([name, help]) => [name, counter(name, help, LABELS)]),
    ) as Families['counters'],
    failures: counter('request_failure', 'Number of failed inference requests, all batch sizes', [...LABELS, 'reason']),
    latency: new prometheus.Histogram({
      name: 'nv_inference_first_response_histogram_ms',
      help: 'Duration from request to first response in milliseconds',
      labelNames: LABELS,
      buckets: bucketsOf(models),
      registers: [registry],
    }),
  };
  addModelGauges(prometheus.Gauge, registry, models);
  addNodeGauges(prometheus.Gauge, registry);
  for (const model of models) model.observers.push(observe(families, labelsOf(model)));
  return { text: () => registry.metrics() };
}

/** One family has one set of bounds here, so that models share the bounds that any of them asks for. */
function bucketsOf(models: readonly HostedModel[]): number[] {
  const bounds = models.flatMap(({ served }) => served.latencyBucketsMs ?? LATENCY_BUCKETS_MS);
  return [...new Set(bounds)].sort((a, b) => a - b);
}

function observe({ counters, failures, latency }: Families, labels: Labels): InferenceObserver {
  for (const family of Object.values(counters)) family.inc(labels, 0);
  for (const reason of FAILURE_REASONS) failures.inc({ ...labels, reason }, 0);
  latency.zero(labels);
  const add = (name: CounterName, value: number): void => counters[name].inc(labels, value);
  const addTime = (name: CounterName, durationMs: number): void =>
    add(name, Math.max(0, Math.floor(durationMs * 1000)));
  return {
    succeeded(inference) {
      add('request_success', 1);
      add('count', inference.batchSize);
      add('exec_count', 1);
      addTime('request_duration_us', inference.requestMs);
      addTime('queue_duration_us', inference.queueMs);
      addTime('compute_input_duration_us', inference.computeInputMs);
      addTime('compute_infer_duration_us', inference.computeInferMs);
      addTime('compute_output_duration_us', inference.computeOutputMs);
      latency.observe(labels, Math.max(0, Math.floor(inference.requestMs)));
    },
    failed(reason) {
      failures.inc({ ...labels, reason });
    },
  };
}

function addModelGauges(Gauges: typeof Gauge, registry: Registry, models: readonly HostedModel[]): void {
  const add = (name: string, help: string, read: (model: HostedModel) => number): void => {
    const gauge = new Gauges({
      name,
      help,
      labelNames: [...LABELS],
      registers: [registry],
      collect: () => {
        for (const model of models) gauge.set(labelsOf(model), read(model));
      },
    });
  };
  add(
    'nv_inference_pending_request_count',
    'Instantaneous number of pending requests awaiting execution per-model.',
    ({ pendingCount }) => pendingCount,
  );
  add('nv_model_load_duration_secs', 'Model load time in seconds', ({ loadMs }) => loadMs / 1000);
}

/** Of the whole machine, not of the container, as in Triton. */
function addNodeGauges(Gauges: typeof Gauge, registry: Registry): void {
  let before = cpuTimes();
  const add = (name: string, help: string, read: () => number): void => {
    const gauge: Gauge = new Gauges({ name, help, registers: [registry], collect: () => gauge.set(read()) });
  };
  add('nv_cpu_utilization', 'CPU utilization rate [0.0 - 1.0]', () => {
    const now = cpuTimes();
    const total = now.totalMs - before.totalMs;
    const ratio = total <= 0 ? 0 : 1 - (now.idleMs - before.idleMs) / total;
    before = now;
    return Math.min(1, Math.max(0, ratio));
  });
  add('nv_cpu_memory_total_bytes', 'CPU total memory (RAM), in bytes', totalmem);
  add('nv_cpu_memory_used_bytes', 'CPU used memory (RAM), in bytes', () => totalmem() - freemem());
}

function cpuTimes(): { totalMs: number; idleMs: number } {
  let totalMs = 0;
  let idleMs = 0;
  for (const { times } of cpus()) {
    totalMs += times.user + times.nice + times.sys + times.idle + times.irq;
    idleMs += times.idle;
  }
  return { totalMs, idleMs };
}

function labelsOf({ served }: HostedModel): Labels {
  return { model: served.name, version: served.version };
}
