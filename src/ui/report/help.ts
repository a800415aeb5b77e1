/** The tables behind `nimify help data`, `nimify help errors`, `nimify help exit-codes` and `nimify help rules`. */
import type { DataFormatLine } from '../../pipeline/data-formats.ts';
import type { ScanRule } from '../../pipeline/scan.ts';
import { SEVERITY_SIGNS } from '../findings.ts';
import { page, prose, table } from '../layout.ts';
import type { Style } from '../style.ts';

export function errorsReport(
  style: Style,
  errors: readonly { readonly code: string; readonly exitCode: number; readonly summary: string }[],
): string {
  const rows = errors.map(({ code, exitCode, summary }) => [
    { text: code, tone: 'bold' as const },
    String(exitCode),
    summary,
  ]);
  return page(
    table(
      style,
      [{ title: 'Error' }, { title: 'Exit', align: 'right' }, { title: 'What happened', shrink: 'wrap' }],
      rows,
    ),
  );
}

export function exitCodesReport(
  style: Style,
  codes: readonly { readonly exitCode: number; readonly meaning: string }[],
): string {
  const rows = codes.map(({ exitCode, meaning }) => [{ text: String(exitCode), tone: 'bold' as const }, meaning]);
  return page(
    table(style, [{ title: 'Exit', align: 'right' }, { title: 'Meaning' }], rows),
    prose(
      style,
      'In the JSON document, ok is true exactly when the exit code is 0. nimify alone prints its help and ends with 0; nimify serve ends with 0 after Ctrl-C.',
      'dim',
    ),
  );
}

export function dataReport(style: Style, formats: readonly DataFormatLine[]): string {
  const rows = formats.map(({ format, reads }) => [{ text: format, tone: 'bold' as const }, reads]);
  return page(
    table(style, [{ title: 'Data' }, { title: 'How it becomes samples', shrink: 'wrap' }], rows),
    prose(
      style,
      'A path names a file or a folder of one kind. A report says how the data was prepared; --bind NAME=SIZE fixes what is open.',
      'dim',
    ),
  );
}

export function rulesReport(style: Style, rules: readonly ScanRule[]): string {
  const rows = rules.map(({ id, title, severity, isAllowable }) => [
    { text: SEVERITY_SIGNS[severity].sign, tone: SEVERITY_SIGNS[severity].tone },
    { text: id, tone: 'bold' as const },
    isAllowable ? title : `${title} (never allowed)`,
  ]);
  return page(
    table(style, [{ title: '' }, { title: 'Rule' }, { title: 'What was found', shrink: 'wrap' }], rows),
    prose(style, 'nimify create refuses what has ✗ unless its rule is given with --allow RULE.', 'dim'),
  );
}
