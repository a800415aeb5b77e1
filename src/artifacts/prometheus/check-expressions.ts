/** Expressions of rules and panels against the metric catalogue and the buckets that the server really has. */

import type { Problems } from '../problems.ts';
import { isCounter, LATENCY_HISTOGRAM, seriesLabels, TARGET_LABELS } from './metrics.ts';
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
  /** The text of the file, to say where in it an expression stands. */
  readonly text: string;
  /** Where in the text to begin to look: names of alerts come more than once. Asked only for a problem. */
  readonly from?: () => number;
}

/** Line of the first of these texts that is in the file, from 1. */
export function lineOfText(text: string, ...needles: readonly string[]): number | undefined {
  for (const needle of needles) {
    const at = text.indexOf(needle);
    if (at !== -1) return text.slice(0, at).split('\n').length;
  }
  return undefined;
}

function lineOf(expression: string, place: string, scope: ExpressionScope): number | undefined {
  const { text } = scope;
  const from = scope.from?.() ?? 0;
  const [first = ''] = expression.split('\n');
  const line = lineOfText(
    text.slice(from),
    JSON.stringify(expression),
    first,
    `alert: ${place}\n`,
    `record: ${place}\n`,
  );
  return line === undefined ? undefined : line + text.slice(0, from).split('\n').length - 1;
}

/** The average of ratios weighs a server without requests like a busy one; each side is summed before it is divided. */
function averagesRatios(expression: string): boolean {
  for (const match of expression.matchAll(/\bavg\b\s*(?:(?:by|without)\s*\([^)]*\)\s*)?\(/g)) {
    let depth = 1;
    let end = match.index + match[0].length;
    for (; end < expression.length && depth > 0; end += 1) {
      if (expression[end] === '(') depth += 1;
      else if (expression[end] === ')') depth -= 1;
    }
    const inside = expression.slice(match.index + match[0].length, end);
    if (/rate\([^)]*\)\s*\)*\s*\/[^/]*rate\(/s.test(inside)) return true;
  }
  return false;
}

/** @param place what the expression belongs to, e.g. an alert or a panel */
export function checkExpression(expression: unknown, place: string, scope: ExpressionScope): void {
  const { file, problems } = scope;
  if (typeof expression !== 'string' || expression.trim() === '') {
    problems.invalid(file, `${place} has no expression`);
    return;
  }
  if (averagesRatios(expression)) {
    problems.invalid(file, `${place} averages ratios; sum each side before dividing`, lineOf(expression, place, scope));
  }
  try {
    const { selectors } = readPromql(withoutVariables(expression));
    for (const selector of selectors) checkSelector(selector, expression, place, scope);
  } catch (error) {
    const line = lineOf(expression, place, scope);
    problems.invalid(file, `the expression of ${place} does not parse: ${(error as Error).message}`, line);
  }
}

function checkSelector(
  { metric, matchers, hasRange }: Selector,
  expression: string,
  place: string,
  scope: ExpressionScope,
): void {
  const { file, problems, recorded, boundsMs, model } = scope;
  const line = () => lineOf(expression, place, scope);
  const isRecorded = recorded.has(metric);
  const labels = isRecorded ? ['model'] : seriesLabels(metric);
  if (labels === undefined || (metric.startsWith(LATENCY_HISTOGRAM) && boundsMs.length === 0)) {
    const found = line();
    problems.add('METRIC_UNKNOWN', { file, metric, place }, found === undefined ? file : `${file}:${found}`);
    return;
  }
  if (isCounter(metric) && !hasRange) {
    problems.invalid(file, `${place} reads the counter ${metric} without rate() or increase()`, line());
  }
  for (const { label, value } of matchers) {
    if (![...labels, ...TARGET_LABELS].includes(label)) {
      problems.invalid(file, `${place} selects ${metric} by ${label}, a label that it does not have`, line());
    }
    if (label === 'model' && value !== model && value !== 'any')
      problems.disagrees(file, `model in ${place}`, value, model, line());
    if (label === 'le' && value !== '+Inf' && !value.split('|').every((bound) => boundsMs.includes(Number(bound)))) {
      problems.disagrees(file, `bucket in ${place}`, value, [...boundsMs], line());
    }
  }
}
