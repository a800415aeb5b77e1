/** What `nimify create` prints for people. */
import type { Finding } from '../../base/findings.ts';
import { formatBytes } from '../../base/units.ts';
import type { CreateResult } from '../../pipeline/requests.ts';
import { findingList } from '../findings.ts';
import { facts, headline, page, prose, table, title } from '../layout.ts';
import type { Style } from '../style.ts';
import { candidateTable } from './candidates.ts';

/** @param folder the service folder as it is typed in a next command */
export function createReport(style: Style, result: CreateResult, findings: readonly Finding[], folder: string): string {
  const { service, isDryRun } = result;
  const outcome = isDryRun
    ? `${service.name} would be written to ${folder} (dry run: nothing was).`
    : `${service.name} is ready in ${folder}.`;
  return page(
    headline(style, outcome),
    candidateTable(style, result.candidates, result.chosen),
    why(style, result.reason),
    artifacts(style, result),
    findingList(style, findings),
    isDryRun ? [] : next(style, result, folder),
  );
}

function why(style: Style, reason: string): string[] {
  return reason === '' ? [] : [title(style, 'Why'), ...prose(style, reason)];
}

/** One line per artifact: how many files and which. */
function artifacts(style: Style, { artifacts: files }: CreateResult): string[] {
  const byId = new Map<string, { paths: string[]; sizeBytes: number }>();
  for (const { id, path, sizeBytes } of files) {
    const entry = byId.get(id) ?? { paths: [], sizeBytes: 0 };
    entry.paths.push(path);
    entry.sizeBytes += sizeBytes;
    byId.set(id, entry);
  }
  const rows = [...byId].map(([id, { paths, sizeBytes }]) => [
    id,
    formatBytes(sizeBytes),
    { text: paths.join(' '), tone: 'dim' as const },
  ]);
  if (rows.length === 0) return [];
  return [
    title(style, 'Artifacts'),
    ...table(style, [{ title: '' }, { title: '', align: 'right' }, { title: '', shrink: 'wrap' }], rows),
  ];
}

function next(style: Style, { versionId }: CreateResult, folder: string): string[] {
  return facts(style, [
    ['Catalog', versionId ?? undefined],
    ['Next', { text: `nimify serve ${folder}`, tone: 'cyan' }],
    ['', { text: `nimify validate ${folder}`, tone: 'cyan' }],
  ]);
}
