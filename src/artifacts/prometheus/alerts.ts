/** The alerting rules of one service. */
import { hasLatencyHistogram } from '../../runtime/releases/triton.ts';
import { batching } from '../batching.ts';
import { queueLimit } from '../capacity.ts';
import { sloBoundMs } from '../latency.ts';
import { RUNBOOK_FOLDER } from '../layout.ts';
import type { ServiceFacts } from '../service-facts.ts';
import {
  type AlertingRule,
  ERROR_RATIO,
  type Goal,
  type RuleScope,
  reachableBurnRates,
  SLOW_RATIO,
  selector,
  sumRate,
  targetSelector,
  threshold,
} from './objective.ts';

type Severity = 'critical' | 'warning';

/** Share of the queue limit at which requests are about to be refused. */
const QUEUE_ALARM_RATIO = 0.8;

export function alertingRules(facts: ServiceFacts, scope: RuleScope): AlertingRule[] {
  const hasHistogram = hasLatencyHistogram(facts.serving.tritonTag);
  const slow = `requests slower than ${sloBoundMs(facts)} ms`;
  return [
    ...burnAlerts(facts, scope, 'success', 'failing requests'),
    ...(hasHistogram ? burnAlerts(facts, scope, 'speed', slow) : [averageLatencyAlert(facts, scope)]),
    ...queueAlerts(facts, scope),
    ...targetAlerts(facts, scope),
    ...('service' in scope.matchers ? [autoscalerAlert(facts, scope)] : []),
    ...(facts.serving.gpus > 0 ? gpuAlerts(facts, scope) : []),
  ];
}

function rule(
  facts: ServiceFacts,
  alert: string,
  severity: Severity,
  hold: string,
  expr: string,
  summary: string,
  description: string,
): AlertingRule {
  return {
    alert,
    expr,
    for: hold,
    labels: { model: facts.name, severity },
    annotations: { summary: `${facts.name} ${summary}`, description, runbook_url: `${RUNBOOK_FOLDER}/${alert}.md` },
  };
}

const BURNS = {
  success: { alert: 'NimifyErrorBudgetBurn', ratio: ERROR_RATIO },
  speed: { alert: 'NimifyLatencyBudgetBurn', ratio: SLOW_RATIO },
} as const;

function burnAlerts(facts: ServiceFacts, scope: RuleScope, goal: Goal, what: string): AlertingRule[] {
  const { alert, ratio } = BURNS[goal];
  return reachableBurnRates(facts, goal).map(({ long, short, factor, for: hold, severity }) => {
    const limit = threshold(facts, goal, factor);
    const over = (window: string) => `${ratio}:rate${window}${selector(facts, scope)} > ${limit}`;
    const burn = rule(
      facts,
      alert,
      severity,
      hold,
      `${over(long)}\nand\n${over(short)}`,
      `spends its error budget at ${factor} times the allowed rate`,
      `The share of ${what} was above ${limit} over the last ${long} and the last ${short}; the objective allows ${threshold(facts, goal, 1)}.`,
    );
    return { ...burn, labels: { ...burn.labels, window: long } };
  });
}

/** Without the histogram only an average exists, which hides the slow tail: said in the alert itself. */
function averageLatencyAlert(facts: ServiceFacts, scope: RuleScope): AlertingRule {
  const braces = selector(facts, scope);
  const time = sumRate('nv_inference_request_duration_us', braces, '5m', scope);
  const count = sumRate('nv_inference_request_success', braces, '5m', scope);
  return rule(
    facts,
    'NimifyAverageLatencyHigh',
    'warning',
    '10m',
    `${time}\n/\n${count}\n> ${facts.slo.latencyMs * 1000}`,
    'is slower than its objective on average',
    `Triton ${facts.serving.tritonTag} has no latency histogram for this model, so this is an average and single slow requests are not seen.`,
  );
}

function queueAlerts(facts: ServiceFacts, scope: RuleScope): AlertingRule[] {
  const braces = selector(facts, scope);
  const limit = queueLimit(facts);
  const waiting = `sum by (${['model', ...Object.keys(scope.matchers), 'instance'].join(', ')}) (nv_inference_pending_request_count${braces})`;
  const rejected = selector(facts, scope, ['reason="REJECTED"']);
  const isBounded = batching(facts).maxBatchSize > 0;
  return [
    rule(
      facts,
      'NimifyQueueNearlyFull',
      'critical',
      '2m',
      `${waiting} >= ${Math.ceil(QUEUE_ALARM_RATIO * limit)}`,
      'has a queue that is nearly full',
      isBounded
        ? `Beyond ${limit} waiting requests the server answers 503, and no counter of Triton counts those answers.`
        : `Triton does not bound the queue of a model without batching; ${limit} waiting requests are far behind.`,
    ),
    rule(
      facts,
      'NimifyQueueShareHigh',
      'warning',
      '10m',
      `${sumRate('nv_inference_queue_duration_us', braces, '5m', scope)}\n/\n${sumRate('nv_inference_request_duration_us', braces, '5m', scope)}\n> 0.5`,
      'spends most of the request time in the queue',
      'More replicas or instances are needed, or a smaller queue delay.',
    ),
    rule(
      facts,
      'NimifyRequestsRejected',
      'warning',
      '5m',
      `${sumRate('nv_inference_request_failure', rejected, '5m', scope)} > 0`,
      'rejects requests',
      'Requests waited in the queue for longer than the timeout that they set.',
    ),
  ];
}

function targetAlerts(facts: ServiceFacts, scope: RuleScope): AlertingRule[] {
  const up = `up${targetSelector(facts, scope)}`;
  return [
    rule(
      facts,
      'NimifyInstanceDown',
      'warning',
      '5m',
      `${up} == 0`,
      'has a server that gives no metrics',
      'The target is known but its scrape fails: the server is starting, overloaded or gone.',
    ),
    rule(
      facts,
      'NimifyServiceAbsent',
      'critical',
      '5m',
      `absent(${up} == 1)`,
      'has no server that gives metrics',
      'No target of this service is up; requests are most likely failing.',
    ),
  ];
}

/** Only in Kubernetes, where the autoscaler is called like the service. */
function autoscalerAlert(facts: ServiceFacts, { matchers }: RuleScope): AlertingRule {
  const { service = '', ...rest } = matchers;
  const braces = `{${Object.entries({ horizontalpodautoscaler: service, ...rest })
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`;
  const of = (metric: string) => `kube_horizontalpodautoscaler_${metric}${braces}`;
  return rule(
    facts,
    'NimifyAutoscalerAtMaximum',
    'warning',
    '15m',
    `${of('status_current_replicas')}\n>=\n${of('spec_max_replicas')}`,
    'has as many pods as its autoscaler may make',
    'Nothing grows any more when the load does.',
  );
}

function gpuAlerts(facts: ServiceFacts, scope: RuleScope): AlertingRule[] {
  const braces = targetSelector(facts, scope);
  const share = (metric: string) => `${metric}_used_bytes${braces}\n/\n${metric}_total_bytes${braces}`;
  return [
    rule(
      facts,
      'NimifyGpuMemoryNearlyFull',
      'warning',
      '10m',
      `${share('nv_gpu_memory')}\n> 0.95`,
      'has a GPU whose memory is nearly full',
      'The arena of ONNX Runtime grows with the largest shapes and does not give memory back.',
    ),
    rule(
      facts,
      'NimifyPinnedMemoryNearlyFull',
      'warning',
      '10m',
      `${share('nv_pinned_memory_pool')}\n> 0.9`,
      'has a pool of pinned memory that is nearly full',
      'Copies between host and GPU become slower when the pool is used up.',
    ),
    rule(
      facts,
      'NimifyGpuError',
      'critical',
      '1m',
      // Of every GPU that the exporter sees: which of them this service uses is not in its labels.
      'DCGM_FI_DEV_XID_ERRORS != 0',
      'may run on a GPU that reports errors',
      'The DCGM exporter reports an XID error of the driver.',
    ),
  ];
}
