/** How wide text is in a font without serifs, about: SVG does not wrap or cut. */

/** Widths in em after DejaVu Sans, the widest of the usual system fonts: what fits there fits everywhere. */
const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/[ijl'|]/, 0.29],
  [/[ .,:;!fI()[\]/\\]/, 0.36],
  [/[rt"`-]/, 0.41],
  [/[cszJ_]/, 0.54],
  [/[a-z0-9]/, 0.63],
  [/[A-Z#&?$]/, 0.71],
];
const WIDE = /[mwMW@%…→×+=<>~]/;
const WIDE_EM = 0.9;

const BOLD = 1.1;

/** @returns pixels */
export function textWidth(text: string, sizePx: number, isBold = false): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? WIDE_EM : (emOf(character) ?? 1);
  return width * sizePx * (isBold ? BOLD : 1);
}

function emOf(character: string): number | undefined {
  return WIDTHS.find(([characters]) => characters.test(character))?.[1];
}

/** Cut to a width, at the end or in the middle; what is cut is shown as `…`. */
export function fitText(text: string, widthPx: number, sizePx: number, options: FitOptions = {}): string {
  const { isBold = false, place = 'end' } = options;
  // Nothing longer fits, however narrow its characters are.
  if (text.length <= 2 * LONGEST && textWidth(text, sizePx, isBold) <= widthPx) return text;
  const characters = [...text.slice(0, LONGEST)];
  const ending = [...text.slice(-LONGEST)];
  for (let kept = characters.length - 1; kept > 0; kept -= 1) {
    const tail = place === 'middle' ? Math.ceil(kept * 0.6) : 0;
    const cut = `${characters.slice(0, kept - tail).join('')}…${tail > 0 ? ending.slice(-tail).join('') : ''}`;
    if (textWidth(cut, sizePx, isBold) <= widthPx) return cut;
  }
  return '…';
}

const LONGEST = 120;

interface FitOptions {
  readonly isBold?: boolean;
  /** Where the cut is made. */
  readonly place?: 'end' | 'middle';
}
