/** The few shapes that reports are made of: sections, facts, tables. All return lines without line ends. */
import { paint, proseWidth, type Style, type Tone } from './style.ts';
import { pad, safeText, truncate, widthOf, wrap } from './text.ts';

/** A piece of text with a tone; plain strings are printed as they are. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Gives way when the table is wider than the terminal: cut in the middle, or wrapped. */
  readonly shrink?: 'cut' | 'wrap';
}

const INDENT = '  ';
const GAP = '  ';
/** Narrower than this a column says nothing any more. */
const SMALLEST = { cut: 12, wrap: 16 } as const;

function textOf(cell: Cell): string {
  return safeText(typeof cell === 'string' ? cell : cell.text);
}

function painted(style: Style, cell: Cell, text: string): string {
  return typeof cell === 'string' ? text : paint(style, cell.tone, text);
}

/** A line that says what came out, in bold. */
export function headline(style: Style, text: string): string[] {
  return wrap(safeText(text), proseWidth(style)).map((line) => paint(style, 'bold', line));
}

export function title(style: Style, text: string): string {
  return INDENT + paint(style, 'bold', text);
}

/** Label and value in two columns; values that are undefined are left out. */
export function facts(style: Style, items: readonly (readonly [string, Cell | undefined])[]): string[] {
  const shown = items.filter((item): item is readonly [string, Cell] => item[1] !== undefined);
  const width = Math.max(0, ...shown.map(([label]) => widthOf(label)));
  const room = Math.max(proseWidth(style) - width - INDENT.length - GAP.length, SMALLEST.wrap);
  return shown.flatMap(([label, cell]) =>
    wrap(textOf(cell), room).map((line, index) => {
      const head = paint(style, 'dim', pad(index === 0 ? label : '', width));
      return `${INDENT}${head}${GAP}${painted(style, cell, line)}`;
    }),
  );
}

/** A paragraph, indented. */
export function prose(style: Style, text: string, tone: Tone = 'plain'): string[] {
  return wrap(safeText(text), proseWidth(style) - INDENT.length).map((line) => INDENT + paint(style, tone, line));
}

/** Titles in dim, cells aligned. Fits a terminal by shrinking the columns that say so; pipes and files get full cells. */
export function table(style: Style, columns: readonly Column[], rows: readonly (readonly Cell[])[]): string[] {
  const widths = fitWidths(
    style,
    columns,
    columns.map((column, index) =>
      Math.max(widthOf(column.title), ...rows.map((row) => widthOf(textOf(row[index] ?? '')))),
    ),
  );
  const head = columns.map(({ title: name, align }, index) => {
    const cut = truncate(name, widths[index] as number);
    return paint(
      style,
      'dim',
      pad(cut, index === columns.length - 1 && align !== 'right' ? 0 : (widths[index] as number), align),
    );
  });
  const hasHead = columns.some((column) => column.title !== '');
  const body = rows.flatMap((row) => tableRow(style, columns, widths, row));
  return [...(hasHead ? [(INDENT + head.join(GAP)).trimEnd()] : []), ...body];
}

function tableRow(style: Style, columns: readonly Column[], widths: readonly number[], row: readonly Cell[]): string[] {
  const cells = columns.map(({ shrink }, index) => {
    const text = textOf(row[index] ?? '');
    const width = widths[index] as number;
    if (widthOf(text) <= width) return [text];
    if (shrink === 'wrap') return wrap(text, width);
    return [shrink === 'cut' ? truncate(text, width, 'middle') : text];
  });
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const parts = columns.map(({ align }, index) => {
      const text = pad(cells[index]?.[line] ?? '', widths[index] as number, align);
      const last = index === columns.length - 1;
      return painted(style, row[index] ?? '', last ? text.trimEnd() : text);
    });
    return (INDENT + parts.join(GAP)).trimEnd();
  });
}

function fitWidths(style: Style, columns: readonly Column[], wanted: readonly number[]): number[] {
  const widths = [...wanted];
  let excess = widths.reduce((sum, width) => sum + width + GAP.length, INDENT.length - GAP.length) - style.columns;
  if (!style.isTty) return widths;
  for (const kind of ['cut', 'wrap'] as const) {
    const flexible = columns.flatMap((column, index) => (column.shrink === kind ? [index] : []));
    while (excess > 0) {
      const widest = flexible.reduce((a, b) => ((widths[b] as number) > (widths[a] ?? 0) ? b : a), flexible[0] ?? -1);
      if (widest < 0 || (widths[widest] as number) <= SMALLEST[kind]) break;
      widths[widest] = (widths[widest] as number) - 1;
      excess -= 1;
    }
  }
  return widths;
}

/** Joins blocks of lines with an empty line between them; empty blocks leave no gap. */
export function page(...blocks: readonly (readonly string[])[]): string {
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}
