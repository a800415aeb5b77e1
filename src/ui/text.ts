/** Text on a terminal: what is safe to print, how wide it is, how it is cut and wrapped. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this looks for
const ESCAPE_SEQUENCE = /\u001b\[[0-9;]*m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Names in a model file are written by strangers: control and direction characters are shown as escapes. */
export function safeText(text: string): string {
  return text.replaceAll(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

/** As safeText, but line ends stay line ends. */
export function safeLines(text: string): string {
  return text.split(/\r?\n/).map(safeText).join('\n');
}

/** Cells that the text takes; colour codes take none, East Asian wide characters and emoji take two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text.replaceAll(ESCAPE_SEQUENCE, '')) width += cellsOf(character.codePointAt(0) as number);
  return width;
}

const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

function cellsOf(code: number): number {
  if (code >= 0x300 && code <= 0x36f) return 0;
  return code >= 0x1100 && WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** Cuts text without colour codes to a number of cells; what is cut is shown as `…`, at the end or in the middle. */
export function truncate(text: string, width: number, place: 'end' | 'middle' = 'end'): string {
  if (widthOf(text) <= width) return text;
  if (width <= 1) return '…'.slice(0, Math.max(width, 0));
  const tailWidth = place === 'middle' ? Math.ceil((width - 1) / 2) : 0;
  const characters = [...text];
  return `${take(characters, width - 1 - tailWidth)}…${[...take(characters.toReversed(), tailWidth)].toReversed().join('')}`;
}

function take(characters: readonly string[], width: number): string {
  let result = '';
  let left = width;
  for (const character of characters) {
    left -= cellsOf(character.codePointAt(0) as number);
    if (left < 0) break;
    result += character;
  }
  return result;
}

/** Breaks at spaces; a word that is longer than a line stands in a line of its own, whole, so that it can be copied. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = /^ */.exec(paragraph)?.[0] ?? '';
    let isEmpty = true;
    for (const word of paragraph.split(' ').filter((part) => part !== '')) {
      if (!isEmpty && widthOf(line) + 1 + widthOf(word) > width) {
        lines.push(line);
        line = word;
      } else {
        line += isEmpty ? word : ` ${word}`;
      }
      isEmpty = false;
    }
    return [...lines, line];
  });
}

/** Fills up with spaces to a number of cells. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'left' ? text + space : space + text;
}
