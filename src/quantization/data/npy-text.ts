/** Fixed-width text of NumPy arrays. */

/** `U`: UTF-32 code points, `S`: bytes. */
export type TextKind = 'U' | 'S';

export interface TextLayout {
  readonly kind: TextKind;
  /** Code points or bytes per element. */
  readonly width: number;
  readonly isBigEndian: boolean;
  readonly count: number;
}

/** Trailing NULs are padding, as for NumPy. Bytes are read as UTF-8. */
export function decodeText(raw: Uint8Array, layout: TextLayout): string[] {
  const decodeOne = layout.kind === 'S' ? bytesText : codePointText;
  return Array.from({ length: layout.count }, (_, index) => decodeOne(raw, index, layout));
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function bytesText(raw: Uint8Array, index: number, { width }: TextLayout): string {
  let end = (index + 1) * width;
  while (end > index * width && raw[end - 1] === 0) end -= 1;
  try {
    return decoder.decode(raw.subarray(index * width, end));
  } catch {
    throw new Error(`its text ${index} is not UTF-8`);
  }
}

function codePointText(raw: Uint8Array, index: number, { width, isBigEndian }: TextLayout): string {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const points = Array.from({ length: width }, (_, at) => view.getUint32((index * width + at) * 4, !isBigEndian));
  const end = points.findLastIndex((point) => point !== 0) + 1;
  if (points.some((point) => point > 0x10ffff)) throw new Error(`its text ${index} has a code point beyond Unicode`);
  return String.fromCodePoint(...points.slice(0, end));
}
