/** The listing of a tar archive, header by header. Sources: POSIX pax, GNU tar manual. */
import { type ByteSource, latin1, utf8 } from '../source.ts';
import { type ArchiveEntry, MAX_NAME_BYTES } from './entry.ts';

export interface TarListing {
  readonly entries: readonly ArchiveEntry[];
  /** True when the archive ends in the middle of an entry or a header is damaged. */
  readonly isDamaged: boolean;
  /** True when there are more entries than were asked for. */
  readonly isCut: boolean;
}

const BLOCK_BYTES = 512;
/** An extended header holds a path, the target of a link and some numbers. */
const MAX_EXTENDED_BYTES = 4 * MAX_NAME_BYTES;

const KINDS: Readonly<Record<string, ArchiveEntry['kind']>> = {
  '1': 'hard link',
  '2': 'symbolic link',
  '3': 'device',
  '4': 'device',
  '5': 'folder',
  '6': 'pipe',
};

interface Overrides {
  name?: string;
  target?: string;
}

export function listTar(source: ByteSource, maxEntries: number): TarListing {
  const entries: ArchiveEntry[] = [];
  let overrides: Overrides = {};
  let at = 0;
  while (at + BLOCK_BYTES <= source.sizeBytes) {
    const header = source.read(at, BLOCK_BYTES).slice();
    if (header[0] === 0) return { entries, isDamaged: false, isCut: false };
    if (!hasChecksum(header)) return { entries, isDamaged: true, isCut: false };
    const size = number(header, 124, 12);
    const type = String.fromCharCode(header[156] ?? 0);
    const body = at + BLOCK_BYTES;
    at = body + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
    if (EXTENDED.has(type)) overrides = extend(overrides, type, source.read(body, Math.min(size, MAX_EXTENDED_BYTES)));
    else if (type !== 'g') {
      if (entries.length >= maxEntries) return { entries, isDamaged: false, isCut: true };
      entries.push(entryOf(header, type, size, overrides));
      overrides = {};
    }
  }
  return { entries, isDamaged: at > source.sizeBytes, isCut: false };
}

/** pax header, GNU long name, GNU long link. */
const EXTENDED: ReadonlySet<string> = new Set(['x', 'L', 'K']);

function extend(before: Overrides, type: string, bytes: Uint8Array): Overrides {
  const text = utf8(bytes);
  if (type === 'L') return { ...before, name: text.replace(/\0.*$/s, '') };
  if (type === 'K') return { ...before, target: text.replace(/\0.*$/s, '') };
  const name = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1];
  const target = /(?:^|\n)\d+ linkpath=([^\n]*)\n/.exec(text)?.[1];
  return { ...before, ...(name !== undefined && { name }), ...(target !== undefined && { target }) };
}

function entryOf(header: Uint8Array, type: string, size: number, overrides: Overrides): ArchiveEntry {
  const prefix = latin1(header.subarray(257, 262)) === 'ustar' ? text(header, 345, 155) : '';
  const plain = text(header, 0, 100);
  const target = overrides.target ?? text(header, 157, 100);
  return {
    name: overrides.name ?? (prefix === '' ? plain : `${prefix}/${plain}`),
    kind: KINDS[type] ?? 'file',
    ...(target === '' ? {} : { target }),
    storedBytes: size,
    unpackedBytes: size,
  };
}

/** The sum of all bytes of the header, its own field taken for spaces: what tells a tar from a text that says ustar. */
export function hasChecksum(header: Uint8Array): boolean {
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  return sum === number(header, 148, 8);
}

/** Octal digits, or base 256 for large sizes. */
function number(header: Uint8Array, offset: number, length: number): number {
  if (((header[offset] ?? 0) & 0x80) !== 0) {
    return header.subarray(offset + 1, offset + length).reduce((value, byte) => value * 256 + byte, 0);
  }
  const digits = /[0-7]+/.exec(latin1(header.subarray(offset, offset + length)))?.[0];
  return digits === undefined ? 0 : Number.parseInt(digits, 8);
}

function text(header: Uint8Array, offset: number, length: number): string {
  const bytes = header.subarray(offset, offset + length);
  const end = bytes.indexOf(0);
  return utf8(end < 0 ? bytes : bytes.subarray(0, end));
}
