/**
 * The listing of a zip archive, without unpacking it. Both places where a zip describes an entry are read, because loaders
 * differ in which one they believe. Source: PKWARE APPNOTE.TXT 6.3.10.
 */
import { type ByteSource, latin1, littleEndian, utf8 } from '../source.ts';
import { type ArchiveEntry, MAX_NAME_BYTES } from './entry.ts';

export interface ZipEntry extends ArchiveEntry {
  /** 0 = stored, 8 = deflated. */
  readonly method: number;
  readonly isEncrypted: boolean;
  /** Where its bytes begin; undefined where the local header is not there. */
  readonly dataOffset: number | undefined;
}

export interface ZipListing {
  readonly entries: readonly ZipEntry[];
  /** How the archive contradicts itself, as predicates. */
  readonly contradictions: readonly string[];
  /** Entries that are there beyond those that were read. */
  readonly omitted: number;
}

const END_SIGNATURE = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64_SIGNATURE = 0x06064b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
/** The end record and the longest comment. */
const END_SEARCH_BYTES = 22 + 0xffff;
const ALL_ONES = 0xffffffff;

export function listZip(source: ByteSource, maxEntries: number): ZipListing {
  const end = findEnd(source);
  if (end === undefined) return { entries: [], contradictions: ['has no directory at its end'], omitted: 0 };
  const contradictions: string[] = [];
  const entries: ZipEntry[] = [];
  let at = end.directory;
  let count = 0;
  while (count < end.count && littleEndian(source, at, 4) === CENTRAL_SIGNATURE) {
    count += 1;
    const { entry, next } = readEntry(source, at, contradictions);
    if (entries.length < maxEntries) entries.push(entry);
    at = next;
    if (count > maxEntries) break;
  }
  if (count < end.count && count <= maxEntries) contradictions.push(`promises ${end.count} entries and has ${count}`);
  contradictions.push(...overlaps(entries));
  return { entries, contradictions: [...new Set(contradictions)], omitted: Math.max(0, end.count - entries.length) };
}

function findEnd(source: ByteSource): { directory: number; count: number } | undefined {
  const start = Math.max(0, source.sizeBytes - END_SEARCH_BYTES);
  for (let at = source.sizeBytes - 22; at >= start; at -= 1) {
    if (source.byte(at) !== 0x50 || littleEndian(source, at, 4) !== END_SIGNATURE) continue;
    const count = littleEndian(source, at + 10, 2);
    const directory = littleEndian(source, at + 16, 4);
    if (count !== 0xffff && directory !== ALL_ONES) return { directory, count };
    return findEnd64(source, at) ?? { directory, count };
  }
  return undefined;
}

function findEnd64(source: ByteSource, end: number): { directory: number; count: number } | undefined {
  if (littleEndian(source, end - 20, 4) !== END64_LOCATOR) return undefined;
  const at = littleEndian(source, end - 12, 8);
  if (littleEndian(source, at, 4) !== END64_SIGNATURE) return undefined;
  return { count: littleEndian(source, at + 32, 8), directory: littleEndian(source, at + 48, 8) };
}

function readEntry(source: ByteSource, at: number, contradictions: string[]): { entry: ZipEntry; next: number } {
  const u16 = (offset: number): number => littleEndian(source, at + offset, 2);
  const u32 = (offset: number): number => littleEndian(source, at + offset, 4);
  const [nameLength, extraLength, commentLength] = [u16(28), u16(30), u16(32)];
  const isUtf8 = (u16(8) & 0x800) !== 0;
  const nameBytes = source.read(at + 46, Math.min(nameLength, MAX_NAME_BYTES));
  const name = isUtf8 ? utf8(nameBytes) : latin1(nameBytes);
  const sizes = zip64Sizes(source, at + 46 + nameLength, extraLength, [u32(24), u32(20), u32(42)]);
  const [unpackedBytes, storedBytes, localOffset] = sizes;
  const fields = { flags: u16(8), method: u16(10), madeBy: u16(4) >>> 8, mode: u32(38) >>> 16 };
  const dataOffset = readLocal(source, localOffset, { name, ...fields }, contradictions);
  const entry: ZipEntry = {
    name,
    kind: kindOf(name, fields.madeBy, fields.mode),
    storedBytes,
    unpackedBytes,
    method: fields.method,
    isEncrypted: (fields.flags & 1) !== 0,
    dataOffset,
  };
  return { entry, next: at + 46 + nameLength + extraLength + commentLength };
}

/** Sizes of all ones stand in the zip64 field of the extras, in this order. */
function zip64Sizes(
  source: ByteSource,
  extras: number,
  length: number,
  sizes: readonly [number, number, number],
): [number, number, number] {
  const result: [number, number, number] = [...sizes];
  let at = extras;
  while (at + 4 <= extras + length) {
    const size = littleEndian(source, at + 2, 2);
    if (littleEndian(source, at, 2) === 1) {
      let from = at + 4;
      for (const index of [0, 1, 2] as const) {
        if (sizes[index] !== ALL_ONES || from + 8 > at + 4 + size) continue;
        result[index] = littleEndian(source, from, 8);
        from += 8;
      }
    }
    at += 4 + size;
  }
  return result;
}

/** S_IFMT of sys/stat.h: link, folder, character device, block device, pipe. */
const FILE_KINDS: ReadonlyMap<number, ArchiveEntry['kind']> = new Map([
  [0xa000, 'symbolic link'],
  [0x4000, 'folder'],
  [0x2000, 'device'],
  [0x6000, 'device'],
  [0x1000, 'pipe'],
]);

/** Unix keeps the mode in the upper half of the external attributes. */
function kindOf(name: string, madeBy: number, mode: number): ArchiveEntry['kind'] {
  if (name.endsWith('/')) return 'folder';
  if (madeBy !== 3 && madeBy !== 19) return 'file';
  return FILE_KINDS.get(mode & 0xf000) ?? 'file';
}

interface CentralFields {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
}

function readLocal(
  source: ByteSource,
  at: number,
  central: CentralFields,
  contradictions: string[],
): number | undefined {
  const shown = JSON.stringify(central.name.slice(0, 100));
  if (littleEndian(source, at, 4) !== LOCAL_SIGNATURE) {
    contradictions.push(`has no header at the place of ${shown}`);
    return undefined;
  }
  const nameLength = littleEndian(source, at + 26, 2);
  const nameBytes = source.read(at + 30, Math.min(nameLength, MAX_NAME_BYTES));
  const flags = littleEndian(source, at + 6, 2);
  const name = (flags & 0x800) !== 0 ? utf8(nameBytes) : latin1(nameBytes);
  if (name !== central.name) {
    contradictions.push(`calls an entry ${shown} in one place and ${JSON.stringify(name.slice(0, 100))} in the other`);
  }
  if (littleEndian(source, at + 8, 2) !== central.method) {
    contradictions.push(`names two methods of compression for ${shown}`);
  }
  if (((flags ^ central.flags) & 1) !== 0) contradictions.push(`calls ${shown} encrypted in one place only`);
  return at + 30 + nameLength + littleEndian(source, at + 28, 2);
}

/** Entries that share bytes are the trick of small bombs that unpack to petabytes. */
function overlaps(entries: readonly ZipEntry[]): string[] {
  const spans = entries
    .flatMap(({ dataOffset, storedBytes, name }) =>
      dataOffset === undefined ? [] : [{ dataOffset, storedBytes, name }],
    )
    .sort((a, b) => a.dataOffset - b.dataOffset);
  for (const [index, span] of spans.entries()) {
    const next = spans[index + 1];
    if (next !== undefined && span.dataOffset + span.storedBytes > next.dataOffset) {
      return [
        `lets ${JSON.stringify(span.name.slice(0, 100))} overlap with ${JSON.stringify(next.name.slice(0, 100))}`,
      ];
    }
  }
  return [];
}
