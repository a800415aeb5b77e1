/** What `nimify scan` prints for people: one block per rule, the gravest first. */
import { SEVERITIES, type Severity } from '../../base/findings.ts';
import { formatBytes, formatCount } from '../../base/units.ts';
import type { ScanOutcome, ScanRule } from '../../pipeline/scan.ts';
import { countSeverities, SEVERITY_SIGNS } from '../findings.ts';
import { headline, page, prose } from '../layout.ts';
import { paint, proseWidth, type Style } from '../style.ts';
import { safeText, wrap } from '../text.ts';

/** More places of one rule than this are counted and not listed; `--json` has them all. */
const PER_RULE = 6;

type Result = ScanOutcome['results'][number];

export function scanReport(style: Style, outcome: ScanOutcome): string {
  const { results, rules } = outcome;
  const blocks = rules
    .map((rule) => ({ rule, own: results.filter((result) => result.rule === rule.id) }))
    .sort((a, b) => rank(b.own) - rank(a.own) || (a.rule.id < b.rule.id ? -1 : 1))
    .map(({ rule, own }) => block(style, rule, own));
  return page(headline(style, verdict(outcome)), prose(style, scannedText(outcome), 'dim'), ...blocks);
}

function verdict({ path, results }: ScanOutcome): string {
  const severities = results.map(({ severity }) => severity);
  const isClean = severities.every((severity) => severity === 'info');
  const remarks = severities.length === 0 ? '' : ` (${countSeverities(severities)})`;
  return isClean ? `Nothing harmful found in ${path}${remarks}.` : `${path}: ${countSeverities(severities)}.`;
}

function scannedText({ scanned: { files, models, tensors, bytes } }: ScanOutcome): string {
  const parts = [
    files === 1 ? '1 file' : `${formatCount(files)} files`,
    models === 1 ? '1 model' : `${formatCount(models)} models`,
    `${formatCount(tensors)} tensors`,
    formatBytes(bytes),
  ];
  return `Scanned ${parts.join(', ')}. A scan finds known tricks; it does not prove that a model is harmless.`;
}

function rank(results: readonly Result[]): number {
  return Math.max(...results.map(({ severity }) => SEVERITIES.indexOf(severity)));
}

function block(style: Style, rule: ScanRule, results: readonly Result[]): string[] {
  const severity = SEVERITIES[rank(results)] as Severity;
  const { sign, tone } = SEVERITY_SIGNS[severity];
  const ids = [rule.id, ...rule.cve.slice(0, 3), ...rule.cwe].join(' · ');
  const more = results.length - PER_RULE;
  return [
    `  ${paint(style, tone, sign)} ${paint(style, 'bold', rule.title)}  ${paint(style, 'dim', ids)}`,
    ...results.slice(0, PER_RULE).flatMap((result) => lines(style, result)),
    ...(more > 0 ? [`    ${paint(style, 'dim', `and ${more} more; --json lists all`)}`] : []),
    ...wrap(rule.help, proseWidth(style) - 6).map((line, index) => `    ${index === 0 ? '→' : ' '} ${line}`),
  ];
}

function lines(style: Style, { file, where, message }: Result): string[] {
  const place = where === null ? file : `${file}: ${where}`;
  return [
    ...wrap(safeText(message), proseWidth(style) - 4).map((line) => `    ${line}`),
    `    ${paint(style, 'dim', safeText(place))}`,
  ];
}
