import { beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { HostedModel } from '../../src/server/hosted-model.ts';
import { makeMetrics } from '../../src/server/metrics.ts';
import type { Inference } from '../../src/server/observer.ts';

const clock: Clock = { now: () => new Date(1_700_000_000_000), monotonicMs: () => 0 };
const INFERENCE: Inference = {
  batchSize: 3,
  requestMs: 4.9999,
  queueMs: 0.0015,
  computeInputMs: 1.25,
  computeInferMs: 2,
  computeOutputMs: 0.5,
};

function host(name: string, latencyBucketsMs?: number[]): HostedModel {
  const buckets = latencyBucketsMs === undefined ? {} : { latencyBucketsMs };
  return new HostedModel(
    { name, version: '2', path: 'none', maxBatchSize: 8, ...buckets },
    { threads: 1, clock, log: silentLog },
  );
}

let model: HostedModel;
let other: HostedModel;
let series: () => Promise<Map<string, number>>;

beforeEach(async () => {
  model = host('m');
  other = host('n');
  const metrics = await makeMetrics([model, other]);
  series = async () => {
    const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(lines.map((line) => [line.replace(/ [^ ]*$/, ''), Number(line.split(' ').at(-1))]));
  };
});

const COUNTERS = [
  'request_success',
  'count',
  'exec_count',
  'request_duration_us',
  'queue_duration_us',
  'compute_input_duration_us',
  'compute_infer_duration_us',
  'compute_output_duration_us',
];
const REASONS = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'];

describe('the metrics', () => {
  test('a failure counts once under its reason and adds no time', async () => {
    for (const observer of model.observers) observer.failed('BACKEND', 5);
    const after = await series();
    for (const reason of REASONS) {
      const name = `nv_inference_request_failure{model="m",version="2",reason="${reason}"}`;
      expect(after.get(name), reason).toBe(reason === 'BACKEND' ? 1 : 0);
    }
    for (const name of COUNTERS) expect(after.get(`nv_inference_${name}{model="m",version="2"}`), name).toBe(0);
  });

  test('a success counts items, one execution and whole microseconds, for its model only', async () => {
    for (const observer of model.observers) observer.succeeded(INFERENCE);
    const after = await series();
    const of = (name: string): (number | undefined)[] =>
      COUNTERS.map((counter) => after.get(`nv_inference_${counter}{model="${name}",version="2"}`));
    expect(of('m')).toEqual([1, 3, 1, 4999, 1, 1250, 2000, 500]);
    expect(of('n')).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('the histogram counts whole milliseconds, in bounds that a dashboard of nimify knows', async () => {
    for (const observer of model.observers) observer.succeeded(INFERENCE);
    const after = await series();
    const bucket = (bound: string): number | undefined =>
      after.get(`nv_inference_first_response_histogram_ms_bucket{le="${bound}",model="m",version="2"}`);
    const bounds = ['1', '2', '5', '10', '25', '50', '100', '250', '500', '1000', '2500', '+Inf'];
    expect(bounds.map(bucket)).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect(after.get('nv_inference_first_response_histogram_ms_sum{model="m",version="2"}')).toBe(4);
    expect(after.get('nv_inference_first_response_histogram_ms_count{model="n",version="2"}')).toBe(0);
  });

  test('bounds of the config hold; models share them', async () => {
    const metrics = await makeMetrics([host('a', [7, 3]), host('b', [5])]);
    const bounds = [...(await metrics.text()).matchAll(/le="([^"]+)",model="a"/g)].map((match) => match[1]);
    expect(bounds).toEqual(['3', '5', '7', '+Inf']);
  });

  test('gauges of models and of the machine are there', async () => {
    const after = await series();
    expect(after.get('nv_inference_pending_request_count{model="m",version="2"}')).toBe(0);
    expect(after.get('nv_model_load_duration_secs{model="m",version="2"}')).toBe(0);
    expect(after.get('nv_cpu_utilization')).toBeGreaterThanOrEqual(0);
    expect(after.get('nv_cpu_utilization')).toBeLessThanOrEqual(1);
    const total = after.get('nv_cpu_memory_total_bytes') as number;
    expect(total).toBeGreaterThan(1e6);
    expect(after.get('nv_cpu_memory_used_bytes')).toBeLessThan(total);
  });
});

describe('the statistics', () => {
  test('count from nothing', () => {
    expect(model.statistics.document()).toMatchObject({
      last_inference: 0,
      inference_count: 0,
      execution_count: 0,
      batch_stats: [],
      inference_stats: { success: { count: 0, ns: 0 }, cache_hit: { count: 0, ns: 0 } },
    });
  });

  test('keep success and failure, the parts, and the batch sizes apart', () => {
    model.statistics.succeeded(INFERENCE);
    model.statistics.succeeded({ ...INFERENCE, batchSize: 1, computeInferMs: 1 });
    model.statistics.failed('OTHER', 0.5);
    expect(model.statistics.document()).toEqual({
      last_inference: 1_700_000_000_000,
      inference_count: 4,
      execution_count: 2,
      inference_stats: {
        success: { count: 2, ns: 9_999_800 },
        fail: { count: 1, ns: 500_000 },
        queue: { count: 2, ns: 3000 },
        compute_input: { count: 2, ns: 2_500_000 },
        compute_infer: { count: 2, ns: 3_000_000 },
        compute_output: { count: 2, ns: 1_000_000 },
        cache_hit: { count: 0, ns: 0 },
        cache_miss: { count: 0, ns: 0 },
      },
      response_stats: {},
      batch_stats: [
        {
          batch_size: 1,
          compute_input: { count: 1, ns: 1_250_000 },
          compute_infer: { count: 1, ns: 1_000_000 },
          compute_output: { count: 1, ns: 500_000 },
        },
        {
          batch_size: 3,
          compute_input: { count: 1, ns: 1_250_000 },
          compute_infer: { count: 1, ns: 2_000_000 },
          compute_output: { count: 1, ns: 500_000 },
        },
      ],
      memory_usage: [],
    });
  });
});
