/** What `nimify generate` prints for people. */
import type { Finding } from '../../base/findings.ts';
import type { GenerateResult } from '../../pipeline/requests.ts';
import { findingList } from '../findings.ts';
import { type Cell, facts, headline, page, table } from '../layout.ts';
import type { Style } from '../style.ts';
import { fileCount } from './places.ts';

export function generateReport(
  style: Style,
  result: GenerateResult,
  findings: readonly Finding[],
  folder: string,
): string {
  const rows = [
    ...result.written.map((path): Cell[] => [{ text: '~', tone: 'yellow' }, path]),
    ...result.removed.map((path): Cell[] => [{ text: '-', tone: 'red' }, path]),
  ];
  return page(
    headline(style, outcome(result, folder)),
    rows.length === 0 ? [] : table(style, [{ title: '' }, { title: '', shrink: 'cut' }], rows),
    findingList(style, findings),
    facts(style, [['Unchanged', String(result.unchanged)]]),
  );
}

function outcome({ written, removed, isDryRun }: GenerateResult, folder: string): string {
  if (written.length + removed.length === 0) return `${folder} is up to date.`;
  const parts = [
    ...(written.length === 0 ? [] : [`${fileCount(written)} written`]),
    ...(removed.length === 0 ? [] : [`${fileCount(removed)} removed`]),
  ].join(', ');
  return isDryRun
    ? `${folder}: ${parts.replaceAll(/written|removed/g, 'would be $&')} (dry run: nothing was).`
    : `${folder}: ${parts}.`;
}
