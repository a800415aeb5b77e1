/** Colours and symbols of one stream. */

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
} as const;

export type Tone = keyof typeof CODES | 'plain';

export interface Style {
  /** Cells per line; 80 where the stream does not say. */
  readonly columns: number;
  /** False for pipes and files, where nothing is cut so that it can be searched. */
  readonly isTty: boolean;
  readonly hasColour: boolean;
  readonly hasUnicode: boolean;
}

export function paint(style: Style, tone: Tone, text: string): string {
  if (!style.hasColour || tone === 'plain' || text === '') return text;
  const [on, off] = CODES[tone];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

/** Of the same width as what they replace, so that tables stay aligned. */
const ASCII: ReadonlyMap<string, string> = new Map([
  ['✓', '+'],
  ['✗', 'x'],
  ['●', '*'],
  ['▲', '!'],
  ['·', '-'],
  ['×', 'x'],
  ['…', '.'],
  ['–', '-'],
  ['→', '>'],
  ['←', '<'],
  ['─', '-'],
  ['━', '='],
  ['╸', '>'],
  ['│', '|'],
  ['├', '|'],
  ['└', '`'],
  ['≥', '>'],
]);

/** Reports are written in Unicode; this is the last step for streams that cannot show it. */
export function forStream(style: Style, text: string): string {
  if (style.hasUnicode) return text;
  return text.replaceAll(/[✓✗●▲·×…–→←─━╸│├└≥]/g, (character) => ASCII.get(character) ?? '?');
}

/** Lines of prose are easier to read when they are not longer than this. */
export function proseWidth(style: Style): number {
  return Math.min(style.columns, 100);
}
