/** The bytes of one zip entry, whole or its beginning, within a limit. */
import { Inflate } from 'fflate';
import { type ByteSource, MemorySource, PartSource } from '../source.ts';
import type { ZipEntry } from './zip.ts';

/** Deflate makes at most 1 032 bytes of one, so that a step stays below 5 MB. */
const STEP_BYTES = 4 << 10;

/**
 * Up to `maxBytes` of the entry.
 * @returns undefined for methods other than stored and deflated, and for bytes that cannot be inflated
 */
export function openEntry(source: ByteSource, entry: ZipEntry, maxBytes: number): ByteSource | undefined {
  if (entry.dataOffset === undefined || entry.isEncrypted) return undefined;
  const stored = new PartSource(source, entry.dataOffset, entry.storedBytes);
  if (entry.method === 0) return stored;
  return entry.method === 8 ? inflate(stored, maxBytes) : undefined;
}

function inflate(stored: ByteSource, maxBytes: number): ByteSource | undefined {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const stream = new Inflate((piece) => {
    pieces.push(piece);
    length += piece.length;
  });
  try {
    for (let at = 0; at < stored.sizeBytes && length < maxBytes; at += STEP_BYTES) {
      stream.push(stored.read(at, STEP_BYTES).slice(), at + STEP_BYTES >= stored.sizeBytes);
    }
  } catch {
    if (length === 0) return undefined;
  }
  return new MemorySource(joined(pieces, Math.min(length, maxBytes)));
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece.subarray(0, length - at), at);
    at += Math.min(piece.length, length - at);
  }
  return bytes;
}
