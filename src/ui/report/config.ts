/** What `nimify config …` prints for people. */
import { type Cell, page, prose, table } from '../layout.ts';
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

export function explainReport(style: Style, settings: readonly ExplainedSetting[], filePath: string | null): string {
  const rows = settings.map(({ key, value, source, flag, environment }): Cell[] => {
    const isDefault = source === 'default';
    return [
      key,
      { text: shown(value), tone: isDefault ? 'plain' : 'bold' },
      isDefault ? { text: source, tone: 'dim' } : { text: source, tone: 'cyan' },
      { text: flag ?? environment, tone: 'dim' },
    ];
  });
  const file =
    filePath === null ? 'No configuration file was found; nimify config init writes one.' : `File: ${filePath}`;
  const columns = [
    { title: 'Setting' },
    { title: 'Value', shrink: 'wrap' as const },
    { title: 'From', shrink: 'cut' as const },
    { title: 'Change with', shrink: 'cut' as const },
  ];
  return page(table(style, columns, rows), prose(style, file, 'dim'));
}

function shown(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') || '(none)' : value === null ? 'null' : String(value);
}
