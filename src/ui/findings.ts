/** Findings as a list for people: the gravest first, each sentence with its code and its place. */
import { type Finding, type FindingCode, SEVERITIES, type Severity } from '../base/findings.ts';
import { FINDING_TEXT } from './finding-text.ts';
import { title } from './layout.ts';
import { paint, proseWidth, type Style, type Tone } from './style.ts';
import { safeText, wrap } from './text.ts';

export const SEVERITY_SIGNS: Readonly<Record<Severity, { readonly sign: string; readonly tone: Tone }>> = {
  error: { sign: '✗', tone: 'red' },
  warning: { sign: '▲', tone: 'yellow' },
  info: { sign: '·', tone: 'cyan' },
};

/** More findings of one code than this are counted and not listed; `--json` has them all. */
const PER_CODE = 5;

export function findingSentence({ code, args }: Finding): string {
  return FINDING_TEXT[code](args);
}

/** Empty without findings. */
export function findingList(style: Style, findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const sorted = [...findings].sort((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
  const seen = new Map<FindingCode, number>();
  const lines: string[] = [];
  for (const item of sorted) {
    const number = (seen.get(item.code) ?? 0) + 1;
    seen.set(item.code, number);
    if (number <= PER_CODE) lines.push(...findingLines(style, item));
  }
  for (const [code, number] of seen) {
    if (number > PER_CODE)
      lines.push(`    ${paint(style, 'dim', `and ${number - PER_CODE} more of ${code}; --json lists all`)}`);
  }
  return [title(style, 'Findings'), ...lines];
}

function findingLines(style: Style, item: Finding): string[] {
  const { sign, tone } = SEVERITY_SIGNS[item.severity];
  const sentence = wrap(safeText(findingSentence(item)), proseWidth(style) - 4);
  const place = item.where === undefined ? '' : ` ${safeText(item.where)}`;
  return [
    ...sentence.map((line, index) => `  ${index === 0 ? paint(style, tone, sign) : ' '} ${line}`),
    `    ${paint(style, 'dim', item.code + place)}`,
  ];
}

/** "2 errors, 1 warning", or "no findings". */
export function findingCounts(findings: readonly Finding[]): string {
  return countSeverities(findings.map(({ severity }) => severity));
}

export function countSeverities(severities: readonly Severity[]): string {
  const parts = SEVERITIES.toReversed().flatMap((severity) => {
    const number = severities.filter((item) => item === severity).length;
    const word = severity === 'info' ? (number === 1 ? 'remark' : 'remarks') : number === 1 ? severity : `${severity}s`;
    return number === 0 ? [] : [`${number} ${word}`];
  });
  return parts.length === 0 ? 'no findings' : parts.join(', ');
}
