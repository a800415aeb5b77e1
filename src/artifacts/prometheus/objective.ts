/** The objective as PromQL sees it: selectors, sums, and how fast an error budget may burn. */
import type { ServiceFacts } from '../service-facts.ts';

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}

/** Where the rules run: which matchers narrow them to this service. */
export interface RuleScope {
  /** Added to each selector and kept in sums: releases of one model may share a Prometheus in Kubernetes. */
  readonly matchers: Readonly<Record<string, string>>;
}

interface BurnRate {
  readonly long: string;
  readonly short: string;
  readonly factor: number;
  readonly for: string;
  readonly severity: 'critical' | 'warning';
}

/** 2 %, 5 %, 10 % and 10 % of the error budget of 30 days, spent within the long window. */
const BURN_RATES: readonly BurnRate[] = [
  { long: '1h', short: '5m', factor: 14.4, for: '2m', severity: 'critical' },
  { long: '6h', short: '30m', factor: 6, for: '15m', severity: 'critical' },
  { long: '1d', short: '2h', factor: 3, for: '1h', severity: 'warning' },
  { long: '3d', short: '6h', factor: 1, for: '3h', severity: 'warning' },
];

export const ERROR_RATIO = 'model:nimify_error_ratio';
export const SLOW_RATIO = 'model:nimify_slow_ratio';

/** What requests have to be: answered, or answered in time. */
export type Goal = 'success' | 'speed';

/** 0–1, share of requests that may miss the goal. */
export function errorBudget({ slo }: ServiceFacts, goal: Goal): number {
  const { availabilityRatio, latencyRatio } = slo;
  return Number((1 - (goal === 'speed' ? (latencyRatio ?? availabilityRatio) : availabilityRatio)).toPrecision(6));
}

/** Burn rates whose threshold can be reached: a ratio never exceeds 1. */
export function reachableBurnRates(facts: ServiceFacts, goal: Goal): readonly BurnRate[] {
  return BURN_RATES.filter(({ factor }) => threshold(facts, goal, factor) < 1);
}

/** Share of bad requests above which the budget burns `factor` times too fast. */
export function threshold(facts: ServiceFacts, goal: Goal, factor: number): number {
  return Number((factor * errorBudget(facts, goal)).toPrecision(6));
}

/** Matchers as they stand between braces. */
export function selector(facts: ServiceFacts, scope: RuleScope, extra: readonly string[] = []): string {
  return `{${[...equal({ model: facts.name, ...scope.matchers }), ...extra].join(',')}}`;
}

/** Matchers for series of the target and not of the model. */
export function targetSelector(facts: ServiceFacts, scope: RuleScope): string {
  return `{${equal({ job: facts.name, ...scope.matchers }).join(',')}}`;
}

function equal(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
}

/** Prometheus 2 keeps the bound as Triton writes it (100), Prometheus 3 stores it as a float (100.0). */
export function bucketMatcher(boundMs: number): string {
  return `le=~"${boundMs}|${boundMs}.0"`;
}

/** Sums over versions and GPUs before anything is divided: a GPU model has two series of each family. */
export function sumRate(metric: string, braces: string, window: string, scope: RuleScope): string {
  return `sum by (${['model', ...Object.keys(scope.matchers)].join(', ')}) (rate(${metric}${braces}[${window}]))`;
}
