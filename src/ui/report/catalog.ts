/** What `nimify catalog …` prints for people. */
import type { JsonValue } from '../../base/errors.ts';
import { formatBytes } from '../../base/units.ts';
import type { Page, VersionDetail, VersionRecord } from '../../catalog/records.ts';
import { type Cell, type Column, facts, headline, page, prose, table, title } from '../layout.ts';
import type { Style } from '../style.ts';
import { methodText, shortDigest } from './figures.ts';

export interface PageContext {
  /** What was asked for, for an empty page. */
  readonly text?: string;
  /** The command that gives the next page, without its cursor. */
  readonly command: string;
}

export function versionsReport(style: Style, versions: Page<VersionRecord>, context: PageContext): string {
  if (versions.total === 0) return page(prose(style, emptyText(context.text)));
  const isWide = !style.isTty || style.columns >= 110;
  const rows = versions.items.map((version): Cell[] => [
    { text: version.id, tone: 'bold' },
    version.method,
    version.precision,
    formatBytes(version.modelSizeBytes),
    isWide ? formatMinute(version.createdAt) : version.createdAt.slice(0, 10),
    ...(isWide ? [shortDigest(version.modelSha256)] : []),
    { text: version.serviceFolder, tone: 'dim' },
  ]);
  const columns: Column[] = [
    { title: 'Version', shrink: 'cut' },
    { title: 'Method' },
    { title: 'Precision' },
    { title: 'Size', align: 'right' },
    { title: 'Created' },
    ...(isWide ? [{ title: 'Model' }] : []),
    { title: 'Folder', shrink: 'cut' },
  ];
  return page(table(style, columns, rows), more(style, versions, context));
}

function emptyText(text: string | undefined): string {
  return text === undefined
    ? 'The catalog is empty. nimify create MODEL records its first version.'
    : `Nothing in the catalog matches ${text}. nimify catalog list shows all versions.`;
}

function more(style: Style, { items, total, nextCursor }: Page<VersionRecord>, { command }: PageContext): string[] {
  if (nextCursor === null) return [];
  return prose(style, `${items.length} of ${total}. The next ones: ${command} --cursor ${nextCursor}`, 'dim');
}

export function versionReport(style: Style, version: VersionDetail): string {
  const files = version.artifacts.map(({ id, path, sizeBytes, sha256 }) => [
    id,
    path,
    formatBytes(sizeBytes),
    { text: shortDigest(sha256), tone: 'dim' as const },
  ]);
  return page(
    headline(style, version.id),
    facts(style, [
      ['Created', `${formatMinute(version.createdAt)} by nimify ${version.nimifyVersion}`],
      ['Folder', version.serviceFolder],
      [
        'Model',
        `${formatBytes(version.modelSizeBytes)} · ${methodText(version.method, version.recipe)} · ${version.precision}`,
      ],
      ['SHA-256', version.modelSha256],
      ['Source', version.sourceReference],
      ['SHA-256', version.sourceSha256],
      ...figures(version.evaluation),
    ]),
    files.length === 0
      ? []
      : [
          title(style, 'Artifacts'),
          ...table(
            style,
            [{ title: '' }, { title: '', shrink: 'cut' }, { title: '', align: 'right' }, { title: '' }],
            files,
          ),
        ],
    prose(style, `nimify catalog lineage ${version.id} shows what came from what.`, 'dim'),
  );
}

/** The catalog keeps the evaluation as plain JSON; only figures that are there are shown. */
function figures(evaluation: JsonValue | null): (readonly [string, string | undefined])[] {
  const speedup = at(evaluation, 'latency', 'speedup');
  const ratio = at(evaluation, 'size', 'ratio');
  const samples = at(evaluation, 'samples');
  if (typeof speedup !== 'number' || typeof ratio !== 'number') return [];
  return [
    ['Measured', `${speedup.toFixed(2)}× as fast at ${(ratio * 100).toFixed(0)} % of the size, on ${samples} samples`],
  ];
}

function at(value: JsonValue | null, ...path: readonly string[]): JsonValue | undefined {
  let current: JsonValue | undefined = value ?? undefined;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || Array.isArray(current)) return undefined;
    current = (current as Readonly<Record<string, JsonValue>>)[key];
  }
  return current;
}

/** `2026-11-21 08:45` in UTC. */
function formatMinute(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}
