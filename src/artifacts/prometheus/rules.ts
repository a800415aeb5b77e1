/**
 * Recording and alerting rules of one service: multi-window, multi-burn-rate alerts on the objective (Google SRE
 * Workbook, chapter 5), and alerts for what Triton's own counters cannot see. No annotation has a `{{ }}` in it, so the
 * same text goes through Helm.
 */
import { hasLatencyHistogram } from '../../runtime/releases/triton.ts';
import { sloBoundMs } from '../latency.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { alertingRules } from './alerts.ts';
import { LATENCY_HISTOGRAM } from './metrics.ts';
import {
  bucketMatcher,
  ERROR_RATIO,
  errorBudget,
  type RecordingRule,
  type RuleGroup,
  type RuleScope,
  SLOW_RATIO,
  selector,
  sumRate,
} from './objective.ts';

const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;

export function ruleGroups(facts: ServiceFacts, scope: RuleScope): RuleGroup[] {
  return [
    { name: `${facts.name}-objective`, rules: recordingRules(facts, scope) },
    { name: `${facts.name}-alerts`, rules: alertingRules(facts, scope) },
  ];
}

function recordingRules(facts: ServiceFacts, scope: RuleScope): RecordingRule[] {
  const hasHistogram = hasLatencyHistogram(facts.serving.tritonTag);
  return WINDOWS.flatMap((window) => [
    { record: `${ERROR_RATIO}:rate${window}`, expr: errorRatio(facts, scope, window) },
    ...(hasHistogram ? [{ record: `${SLOW_RATIO}:rate${window}`, expr: slowRatio(facts, scope, window) }] : []),
  ]).concat(summaryRules(facts, scope));
}

/** For dashboards and reports: the rate of requests, how well batches form, and what is left of the budget of three days. */
function summaryRules(facts: ServiceFacts, scope: RuleScope): RecordingRule[] {
  const sum = (metric: string) => sumRate(metric, selector(facts, scope), '5m', scope);
  const spent = `${ERROR_RATIO}:rate3d${selector(facts, scope)} / ${errorBudget(facts, 'success') || 1}`;
  return [
    {
      record: 'model:nimify_requests:rate5m',
      expr: `${sum('nv_inference_request_success')}\n+\n${sum('nv_inference_request_failure')}`,
    },
    {
      record: 'model:nimify_batch_size:rate5m',
      expr: `${sum('nv_inference_count')}\n/\n${sum('nv_inference_exec_count')}`,
    },
    { record: 'model:nimify_error_budget_left:ratio3d', expr: `1 - ${spent}` },
  ];
}

/** Requests that fail before they are accepted (bad shape, full queue) are in neither counter: a lower bound. */
function errorRatio(facts: ServiceFacts, scope: RuleScope, window: string): string {
  const failed = sumRate('nv_inference_request_failure', selector(facts, scope), window, scope);
  const succeeded = sumRate('nv_inference_request_success', selector(facts, scope), window, scope);
  return `${failed}\n/\n(\n  ${succeeded}\n  +\n  ${failed}\n)`;
}

function slowRatio(facts: ServiceFacts, scope: RuleScope, window: string): string {
  const withinObjective = selector(facts, scope, [bucketMatcher(sloBoundMs(facts))]);
  const fast = sumRate(`${LATENCY_HISTOGRAM}_bucket`, withinObjective, window, scope);
  return `1 - (\n  ${fast}\n  /\n  ${sumRate(`${LATENCY_HISTOGRAM}_count`, selector(facts, scope), window, scope)}\n)`;
}
