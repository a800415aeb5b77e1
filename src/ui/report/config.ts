/** What `nimify config …` prints for people. */
import { type Cell, type Column, page, prose, table } from '../layout.ts';
import type { Style } from '../style.ts';

export interface ExplainedSetting {
  readonly key: string;
  readonly value: unknown;
  /** `default`, or where the value comes from. */
  readonly source: string;
  readonly environment: string;
  readonly flag: string | null;
  readonly description: string;
}

export function explainReport(
  style: Style,
  settings: readonly ExplainedSetting[],
  filePath: string | null,
  warnings: readonly string[],
): string {
  // Names of variables are long; in a narrow terminal --json has them.
  const isWide = !style.isTty || style.columns >= 120;
  const rows = settings.map(({ key, value, source, flag, environment }): Cell[] => {
    const isDefault = source === 'default';
    return [
      key,
      { text: shown(value), tone: isDefault ? 'plain' : 'bold' },
      { text: source, tone: isDefault ? 'dim' : 'cyan' },
      ...(isWide ? [{ text: [environment, flag].filter(Boolean).join(', '), tone: 'dim' as const }] : []),
    ];
  });
  const columns: Column[] = [
    { title: 'Setting' },
    { title: 'Value', shrink: 'wrap' },
    { title: 'From' },
    ...(isWide ? [{ title: 'Change with' }] : []),
  ];
  const file =
    filePath === null ? 'No configuration file was found; nimify config init writes one.' : `File: ${filePath}`;
  return page(
    table(style, columns, rows),
    prose(style, file, 'dim'),
    warnings.flatMap((text) => prose(style, `▲ ${text}`, 'yellow')),
  );
}

function shown(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') || '(none)' : value === null ? 'null' : String(value);
}
