/** A unit test for promtool that goes with the rules: each alert is seen to stay silent and to fire. */
import { hasLatencyHistogram } from '../../runtime/releases/triton.ts';
import { queueLimit } from '../capacity.ts';
import { sloBoundMs } from '../latency.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { alertingRules } from './alerts.ts';
import { LATENCY_HISTOGRAM } from './metrics.ts';
import { type AlertingRule, type Goal, reachableBurnRates, threshold } from './objective.ts';

interface Series {
  readonly series: string;
  readonly values: string;
}

/** Long enough for the longest `for` of the burn rates, three hours; all others hold for ten minutes at most. */
const BURN_MINUTES = 190;
const OTHER_MINUTES = 30;
const REQUESTS_PER_MINUTE = 1000;

interface Situation {
  readonly name: string;
  readonly input: readonly Series[];
  /** Alerts that fire at the end; all others must be silent. */
  readonly fires: readonly string[];
}

export function rulesTest(facts: ServiceFacts): Record<string, unknown> {
  const alerts = alertingRules(facts, { matchers: {} });
  return {
    rule_files: ['rules.yml'],
    evaluation_interval: '1m',
    tests: situations(facts).map((situation) => ({
      name: situation.name,
      interval: '1m',
      input_series: situation.input,
      alert_rule_test: [...new Set(alerts.map(({ alert }) => alert))].map((alert) => ({
        eval_time: `${situation.fires.some(isBurn) ? BURN_MINUTES : OTHER_MINUTES}m`,
        alertname: alert,
        exp_alerts: situation.fires.includes(alert)
          ? alerts.filter((rule) => rule.alert === alert).map((rule) => expected(rule, facts))
          : [],
      })),
    })),
  };
}

function isBurn(alert: string): boolean {
  return alert.endsWith('BudgetBurn');
}

const INSTANCE = 'a:8002';
const OTHER_INSTANCE = 'b:8002';

function expected({ alert, labels, annotations }: AlertingRule, facts: ServiceFacts): Record<string, unknown> {
  return { exp_labels: { ...seriesLabels(alert, facts), ...labels }, exp_annotations: annotations };
}

/** Labels of an alert that come from the series and not from the rule. */
function seriesLabels(alert: string, facts: ServiceFacts): Record<string, string> {
  const target = { instance: INSTANCE, job: facts.name };
  if (alert === 'NimifyQueueNearlyFull') return { instance: INSTANCE };
  if (alert === 'NimifyGpuMemoryNearlyFull') return { ...target, gpu_uuid: 'a' };
  if (alert === 'NimifyPinnedMemoryNearlyFull') return target;
  if (alert === 'NimifyGpuError') return { gpu: '0', UUID: 'a' };
  return alert === 'NimifyInstanceDown' ? { instance: OTHER_INSTANCE, job: facts.name } : {};
}

function situations(facts: ServiceFacts): Situation[] {
  const hasHistogram = hasLatencyHistogram(facts.serving.tritonTag);
  return [
    { name: 'good requests only', input: traffic(facts, 0, 0), fires: [] },
    { name: 'requests fail', input: traffic(facts, badShare(facts, 'success'), 0), fires: ['NimifyErrorBudgetBurn'] },
    ...(hasHistogram
      ? [
          {
            name: 'requests are slow',
            input: traffic(facts, 0, badShare(facts, 'speed')),
            fires: ['NimifyLatencyBudgetBurn'],
          },
        ]
      : []),
    {
      name: 'the queue fills up',
      input: [
        ...traffic(facts, 0, 0),
        series(facts, 'nv_inference_pending_request_count', constant(queueLimit(facts))),
      ],
      fires: ['NimifyQueueNearlyFull'],
    },
    {
      name: 'one server of two is down',
      input: [...traffic(facts, 0, 0), { series: up(facts, OTHER_INSTANCE), values: constant(0) }],
      fires: ['NimifyInstanceDown'],
    },
    { name: 'no server is there', input: [], fires: ['NimifyServiceAbsent'] },
    {
      name: 'requests wait for most of their time',
      input: [...traffic(facts, 0, 0, 0.75)],
      fires: ['NimifyQueueShareHigh'],
    },
    ...(facts.serving.gpus > 0 ? gpuSituations(facts) : []),
  ];
}

function gpuSituations(facts: ServiceFacts): Situation[] {
  const labels = `job="${facts.name}",instance="${INSTANCE}"`;
  const full = (metric: string, extra = ''): Series[] => [
    { series: `${metric}_used_bytes{${labels}${extra}}`, values: constant(99) },
    { series: `${metric}_total_bytes{${labels}${extra}}`, values: constant(100) },
  ];
  const quiet = traffic(facts, 0, 0);
  return [
    {
      name: 'the memory of a GPU is full',
      input: [...quiet, ...full('nv_gpu_memory', ',gpu_uuid="a"')],
      fires: ['NimifyGpuMemoryNearlyFull'],
    },
    {
      name: 'the pool of pinned memory is full',
      input: [...quiet, ...full('nv_pinned_memory_pool')],
      fires: ['NimifyPinnedMemoryNearlyFull'],
    },
    {
      name: 'a GPU reports an error',
      input: [...quiet, { series: 'DCGM_FI_DEV_XID_ERRORS{gpu="0",UUID="a"}', values: constant(79) }],
      fires: ['NimifyGpuError'],
    },
  ];
}

/** Bad requests per minute, as a share, that trips every burn rate that can be tripped. */
function badShare(facts: ServiceFacts, goal: Goal): number {
  const highest = Math.max(...reachableBurnRates(facts, goal).map(({ factor }) => threshold(facts, goal, factor)));
  return Math.min(1, Math.ceil(highest * 1.2 * REQUESTS_PER_MINUTE + 1) / REQUESTS_PER_MINUTE);
}

function traffic(facts: ServiceFacts, failedShare: number, slowShare: number, queueShare = 0): Series[] {
  const failed = Math.round(failedShare * REQUESTS_PER_MINUTE);
  const slow = Math.round(slowShare * REQUESTS_PER_MINUTE);
  // Both ways in which Prometheus writes the bound.
  const bound = sloBoundMs(facts);
  return [
    { series: up(facts, INSTANCE), values: constant(1) },
    series(facts, 'nv_inference_request_success', counter(REQUESTS_PER_MINUTE - failed)),
    series(facts, 'nv_inference_request_failure', counter(failed), 'reason="BACKEND"'),
    series(facts, 'nv_inference_request_failure', counter(0), 'reason="REJECTED"'),
    series(facts, 'nv_inference_request_duration_us', counter(REQUESTS_PER_MINUTE)),
    series(facts, 'nv_inference_queue_duration_us', counter(queueShare * REQUESTS_PER_MINUTE)),
    series(
      facts,
      `${LATENCY_HISTOGRAM}_bucket`,
      counter(REQUESTS_PER_MINUTE - slow),
      `le="${slow > 0 ? `${bound}.0` : bound}"`,
    ),
    series(facts, `${LATENCY_HISTOGRAM}_count`, counter(REQUESTS_PER_MINUTE)),
  ];
}

function up(facts: ServiceFacts, instance: string): string {
  return `up{job="${facts.name}",instance="${instance}"}`;
}

function series(facts: ServiceFacts, metric: string, values: string, extra?: string): Series {
  const labels = [`model="${facts.name}"`, 'version="1"', `instance="${INSTANCE}"`, ...(extra ? [extra] : [])];
  return { series: `${metric}{${labels.join(',')}}`, values };
}

function counter(perMinute: number): string {
  return `0+${perMinute}x${BURN_MINUTES}`;
}

function constant(value: number): string {
  return `${value}+0x${BURN_MINUTES}`;
}
