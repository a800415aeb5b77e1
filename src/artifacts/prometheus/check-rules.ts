/** Judges groups of rules, wherever they stand: rules.yml, the file of the chart, a PrometheusRule. */
import { isMap, isNode, isSeq, parseDocument } from 'yaml';
import type { ServiceFiles } from '../artifact.ts';
import { sloBoundMs } from '../latency.ts';
import { at, listAt, type Problems, textAt } from '../problems.ts';
import { servedBoundsMs } from '../served-bounds.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { checkExpression } from './check-expressions.ts';
import { LATENCY_HISTOGRAM } from './metrics.ts';

/** @param content the parsed file, with `groups` at its top */
export function checkRuleGroups(
  content: unknown,
  file: string,
  files: ServiceFiles,
  facts: ServiceFacts,
  problems: Problems,
): void {
  const rules = listAt(content, 'groups').flatMap((group) => listAt(group, 'rules'));
  if (rules.length === 0) {
    problems.invalid(file, 'has no rules');
    return;
  }
  const recorded = new Set(rules.map((rule) => textAt(rule, 'record')).filter(Boolean));
  const boundsMs = servedBoundsMs(files, facts);
  const text = files.get(file) ?? '';
  let starts: readonly number[] | undefined;
  for (const [index, rule] of rules.entries()) {
    const from = () => {
      starts ??= ruleStarts(text);
      return starts[index] ?? 0;
    };
    const place = textAt(rule, 'alert') || textAt(rule, 'record');
    if (place === '') problems.invalid(file, 'has a rule that is neither an alert nor a recording');
    checkExpression(at(rule, 'expr'), place, { file, problems, recorded, boundsMs, model: facts.name, text, from });
    checkAlert(rule, (problem) => problems.invalid(file, problem, text.slice(0, from()).split('\n').length));
  }
  if (boundsMs.length === 0 || rules.some((rule) => readsObjective(textAt(rule, 'expr'), facts))) return;
  problems.disagrees(file, `bucket of ${LATENCY_HISTOGRAM}`, null, sloBoundMs(facts));
}

/** Where each rule begins in the text, in the order of the file. */
function ruleStarts(text: string): number[] {
  const groups = parseDocument(text).get('groups', true);
  if (!isSeq(groups)) return [];
  return groups.items.flatMap((group) => {
    const rules = isMap(group) ? group.get('rules', true) : undefined;
    return isSeq(rules) ? rules.items.map((rule) => (isNode(rule) ? (rule.range?.[0] ?? 0) : 0)) : [];
  });
}

/** An alert without `for` fires at the first odd scrape; one without a severity goes to nobody. */
function checkAlert(rule: unknown, wrong: (problem: string) => void): void {
  const alert = textAt(rule, 'alert');
  if (alert === '') return;
  if (textAt(rule, 'for') === '') wrong(`${alert} has no for, so that one odd scrape fires it`);
  if (textAt(rule, 'labels', 'severity') === '') wrong(`${alert} has no label severity`);
}

function readsObjective(expression: string, facts: ServiceFacts): boolean {
  const [, bounds = ''] = /_bucket\{[^}]*\ble=~?"([^"]*)"/.exec(expression) ?? [];
  return bounds.split('|').some((bound) => Number(bound) === sloBoundMs(facts));
}

/** Names that the recording rules of a file make. */
export function recordedIn(content: unknown): ReadonlySet<string> {
  const rules = listAt(content, 'groups').flatMap((group) => listAt(group, 'rules'));
  return new Set(rules.map((rule) => textAt(rule, 'record')).filter(Boolean));
}
