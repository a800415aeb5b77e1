/** What `nimify create` prints for people. */
import type { Finding, FindingCode } from '../../base/findings.ts';
import { formatBytes } from '../../base/units.ts';
import type { QuantizationReport } from '../../pipeline/quantization-report.ts';
import type { CreateResult } from '../../pipeline/requests.ts';
import { findingList } from '../findings.ts';
import { type Column, facts, headline, page, prose, table, title } from '../layout.ts';
import type { Style } from '../style.ts';
import { candidateTable } from './candidates.ts';
import { fileCount, placeOf } from './places.ts';
import { searchBlocks } from './search.ts';
import { sizingBlock } from './sizing.ts';

/** What stands below the table of candidates is not said twice. */
const TOLD_BY_THE_TABLE: ReadonlySet<FindingCode> = new Set([
  'METHOD_SKIPPED',
  'METHOD_FAILED',
  'CANDIDATE_REJECTED',
  'BUDGET_NOT_MET',
]);

/**
 * @param folder the service folder as it is typed in a next command
 * @param report of a search: its table stands instead of that of the candidates
 */
export function createReport(
  style: Style,
  result: CreateResult,
  findings: readonly Finding[],
  folder: string,
  report?: QuantizationReport,
): string {
  const { service, isDryRun } = result;
  const outcome = isDryRun
    ? `${service.name} would be written to ${folder} (dry run: nothing was).`
    : `${service.name} is ready in ${folder}.`;
  return page(
    headline(style, outcome),
    ...(report?.budget
      ? searchBlocks(style, { ...report, reason: result.reason })
      : [candidateTable(style, result.candidates, result.chosen), why(style, result.reason)]),
    sizingBlock(style, result.sizing),
    artifacts(style, result),
    findingList(
      style,
      findings.filter(({ code }) => !TOLD_BY_THE_TABLE.has(code)),
    ),
    isDryRun ? [] : next(style, result, folder),
  );
}

function why(style: Style, reason: string): string[] {
  return reason === '' ? [] : [title(style, 'Why'), ...prose(style, reason)];
}

/** One line per artifact: how many files, how large, and where; `--json` lists every file. */
function artifacts(style: Style, { artifacts: files }: CreateResult): string[] {
  if (files.length === 0) return [];
  const ids = [...new Set(files.map(({ id }) => id))];
  const rows = ids.map((id) => {
    const own = files.filter((file) => file.id === id);
    const sizeBytes = own.reduce((sum, file) => sum + file.sizeBytes, 0);
    const paths = own.map(({ path }) => path);
    return [id, fileCount(paths), formatBytes(sizeBytes), { text: placeOf(paths), tone: 'dim' as const }];
  });
  const columns: Column[] = [
    { title: '' },
    { title: '', align: 'right' },
    { title: '', align: 'right' },
    { title: '', shrink: 'cut' },
  ];
  return [title(style, 'Artifacts'), ...table(style, columns, rows)];
}

function next(style: Style, { versionId }: CreateResult, folder: string): string[] {
  return facts(style, [
    ['Catalog', versionId ?? undefined],
    ['Next', { text: `nimify serve ${folder}`, tone: 'cyan' }],
    ['', { text: `nimify validate ${folder}`, tone: 'cyan' }],
  ]);
}
