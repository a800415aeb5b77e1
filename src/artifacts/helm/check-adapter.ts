/** Judges the rules for prometheus-adapter: each makes a metric of pods that an autoscaler may rely on. */
import { listAt, type Problems, textAt } from '../problems.ts';
import { checkExpression } from '../prometheus/check-expressions.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { YamlFile } from '../yaml-file.ts';
import { PENDING_METRIC, QUEUE_TIME_METRIC, RATE_WINDOW_SECONDS } from './adapter-rules.ts';
import { CHART_FILES } from './chart-files.ts';

const RULES = ['rules', 'custom'] as const;

export function checkAdapterRules(facts: ServiceFacts, problems: Problems): void {
  const file = YamlFile.read(CHART_FILES.adapter, problems);
  if (file === undefined) return;
  const rules = listAt(file.value, ...RULES);
  const names = rules.map((rule) => textAt(rule, 'name', 'as'));
  for (const metric of [PENDING_METRIC, QUEUE_TIME_METRIC]) {
    if (!names.includes(metric)) file.invalid(RULES, `makes no metric ${metric}, which templates/hpa.yaml asks for`);
  }
  for (const [index, rule] of rules.entries()) checkRule(file, rule, index, facts, problems);
}

function checkRule(file: YamlFile, rule: unknown, index: number, facts: ServiceFacts, problems: Problems): void {
  const name = textAt(rule, 'name', 'as');
  const query = textAt(rule, 'metricsQuery');
  const path = [...RULES, index];
  const text = asPromql(problems.read(CHART_FILES.adapter) ?? '');
  const scope = {
    file: CHART_FILES.adapter,
    problems,
    recorded: new Set<string>(),
    boundsMs: [],
    model: facts.name,
    text,
  };
  // Alone it names the series to look at; here it stands where a counter may stand.
  checkExpression(`rate(${textAt(rule, 'seriesQuery')}[2m])`, `seriesQuery of ${name}`, scope);
  checkExpression(asPromql(query), `metricsQuery of ${name}`, scope);
  for (const label of ['namespace', 'pod']) {
    if (textAt(rule, 'resources', 'overrides', label, 'resource') !== label) {
      file.invalid([...path, 'resources'], `does not say that the label ${label} is the ${label} of ${name}`);
    }
  }
  for (const problem of queryProblems(query)) file.invalid([...path, 'metricsQuery'], `${name} ${problem}`);
}

/** What the adapter puts in, so that PromQL can be read. */
function asPromql(query: string): string {
  return query.replaceAll('<<.GroupBy>>', 'pod').replaceAll('<<.LabelMatchers>>', 'pod="any"');
}

function* queryProblems(query: string): Generator<string> {
  if (/\bavg\s*[(b]/.test(query)) yield 'is a mean of series, of which a model on a GPU has two and one is always zero';
  if (/\b1\s*\+|\+\s*1\b/.test(query)) yield 'adds one to what it divides by, and reports too little';
  if (!query.includes('<<.GroupBy>>')) yield 'is not summed by <<.GroupBy>>, so every pod gets the same value';
  if ((query.match(/\bsum by/g) ?? []).length < query.split('/').length) yield 'divides before it sums';
  for (const [, amount, unit] of query.matchAll(/\[(\d+)([sm])\]/g)) {
    const window = Number(amount) * (unit === 'm' ? 60 : 1);
    if (window < RATE_WINDOW_SECONDS / 2) yield `looks at ${window} s, fewer than four scrapes`;
  }
}
