/** Packed bytes in memory, within a budget. */
import { type FlateStreamHandler, Gunzip, Inflate } from 'fflate';
import { type ByteSource, MemorySource, PartSource } from '../source.ts';
import type { ZipEntry } from './zip.ts';

/** Deflate makes at most 1 032 bytes of one, so that a step stays below 5 MB. */
const STEP_BYTES = 4 << 10;

export interface InflateBudget {
  /** Bytes that may still be made; counted down. */
  inflatedBytes: number;
}

/**
 * The bytes of an entry, as far as the budget goes.
 * @returns undefined for methods other than stored and deflated, for damaged bytes, and when the budget is spent
 */
export function openEntry(source: ByteSource, entry: ZipEntry, budget: InflateBudget): ByteSource | undefined {
  if (entry.dataOffset === undefined || entry.isEncrypted) return undefined;
  const stored = new PartSource(source, entry.dataOffset, entry.storedBytes);
  if (entry.method === 0) return stored;
  return entry.method === 8 ? inflate(stored, budget, (handler) => new Inflate(handler))?.source : undefined;
}

export interface Inflated {
  readonly source: ByteSource;
  /** False where the budget ended before the bytes did. */
  readonly isWhole: boolean;
}

/** Undefined for what is no gzip inside. */
export function inflateGzip(source: ByteSource, budget: InflateBudget): Inflated | undefined {
  return inflate(source, budget, (handler) => new Gunzip(handler));
}

interface Stream {
  push(chunk: Uint8Array, isLast?: boolean): void;
}

function inflate(
  packed: ByteSource,
  budget: InflateBudget,
  open: (handler: FlateStreamHandler) => Stream,
): Inflated | undefined {
  const most = budget.inflatedBytes;
  const pieces: Uint8Array[] = [];
  let length = 0;
  let at = 0;
  const stream = open((piece) => {
    pieces.push(piece);
    length += piece.length;
  });
  try {
    for (; at < packed.sizeBytes && length < most; at += STEP_BYTES) {
      stream.push(packed.read(at, STEP_BYTES).slice(), at + STEP_BYTES >= packed.sizeBytes);
    }
  } catch {
    if (length === 0) return undefined;
  }
  budget.inflatedBytes -= Math.min(length, most);
  if (most <= 0) return undefined;
  const isWhole = at >= packed.sizeBytes && length <= most;
  return { source: new MemorySource(joined(pieces, Math.min(length, most))), isWhole };
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
