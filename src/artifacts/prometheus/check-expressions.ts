/** Expressions of rules and panels against the metric catalogue and the buckets that the server really has. */

import type { Problems } from '../problems.ts';
import { LATENCY_HISTOGRAM, seriesLabels, TARGET_LABELS } from './metrics.ts';
import { readPromql, type Selector, withoutVariables } from './promql.ts';

export interface ExpressionScope {
  readonly file: string;
  readonly problems: Problems;
  /** Names that recording rules make. */
  readonly recorded: ReadonlySet<string>;
  /** Bounds of the latency histogram; empty when the server has none. */
  readonly boundsMs: readonly number[];
  /** Names of models that may stand in a matcher. */
  readonly model: string;
}

/** @param place what the expression belongs to, e.g. an alert or a panel */
export function checkExpression(expression: unknown, place: string, scope: ExpressionScope): void {
  const { file, problems } = scope;
  if (typeof expression !== 'string' || expression.trim() === '') {
    problems.invalid(file, `${place} has no expression`);
    return;
  }
  try {
    const { selectors } = readPromql(withoutVariables(expression));
    for (const selector of selectors) checkSelector(selector, place, scope);
  } catch (error) {
    problems.invalid(file, `the expression of ${place} does not parse: ${(error as Error).message}`);
  }
}

function checkSelector({ metric, matchers }: Selector, place: string, scope: ExpressionScope): void {
  const { file, problems, recorded, boundsMs, model } = scope;
  const isRecorded = recorded.has(metric);
  const labels = isRecorded ? ['model'] : seriesLabels(metric);
  if (labels === undefined || (metric.startsWith(LATENCY_HISTOGRAM) && boundsMs.length === 0)) {
    problems.add('METRIC_UNKNOWN', { file, metric, place }, file);
    return;
  }
  for (const { label, value } of matchers) {
    if (![...labels, ...TARGET_LABELS].includes(label)) {
      problems.invalid(file, `${place} selects ${metric} by ${label}, a label that it does not have`);
    }
    if (label === 'model' && value !== model && value !== 'any')
      problems.disagrees(file, `model in ${place}`, value, model);
    if (label === 'le' && value !== '+Inf' && !value.split('|').every((bound) => boundsMs.includes(Number(bound)))) {
      problems.disagrees(file, `bucket in ${place}`, value, [...boundsMs]);
    }
  }
}
