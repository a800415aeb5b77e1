/** Bytes that may still lie in their file, or that are made while they are written. */
import { closeSync, openSync, readSync } from 'node:fs';
import { NimifyError, readError } from '../base/errors.ts';

/** A range of a file. The file must not change while the range is in use. */
export interface FileRange {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** Bytes that nobody has made yet: values of a tensor that are computed from those of another one. */
export interface ProducedBytes {
  readonly length: number;
  /**
   * Makes them from the beginning, in pieces that together have `length`. A piece ends between two values, and is only
   * valid until the next one is asked for.
   */
  produce(): Iterable<Uint8Array>;
}

export type Bytes = Uint8Array | FileRange | ProducedBytes;

/** Pieces in which ranges are read and copied: no more of a file is in memory at once, and that stays in the cache. */
export const TILE_BYTES = 512 << 10;

export function isFileRange(bytes: Bytes): bytes is FileRange {
  return 'path' in bytes;
}

export function isProduced(bytes: Bytes): bytes is ProducedBytes {
  return 'produce' in bytes;
}

export function byteLength(bytes: Bytes): number {
  return bytes.length;
}

/** The whole payload in memory, at offset 0 of a buffer of its own or of the given one. */
export function loadBytes(bytes: Bytes): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  const result = new Uint8Array(bytes.length);
  let position = 0;
  for (const tile of tiles(bytes)) {
    result.set(tile, position);
    position += tile.length;
  }
  return result;
}

/** The payload piece by piece; a piece is only valid until the next one is asked for. */
export function* tiles(bytes: Bytes, tileBytes = TILE_BYTES): Generator<Uint8Array> {
  if (isProduced(bytes)) return yield* bytes.produce();
  if (bytes instanceof Uint8Array) {
    for (let at = 0; at < bytes.length; at += tileBytes) yield bytes.subarray(at, at + tileBytes);
    return;
  }
  const reader = openReader(bytes);
  try {
    const buffer = new Uint8Array(Math.min(tileBytes, bytes.length));
    for (let done = 0; done < bytes.length; done += buffer.length) {
      const tile = buffer.subarray(0, bytes.length - done);
      reader.read(done, tile);
      yield tile;
    }
  } finally {
    reader.close();
  }
}

/** Parts of a payload, in any order. */
export interface PartReader {
  /** Fills `target` with what begins at `position` of the payload. */
  read(position: number, target: Uint8Array): void;
  close(): void;
}

/** @throws NimifyError when the file cannot be opened, and MODEL_TRUNCATED while reading */
export function openReader(bytes: Uint8Array | FileRange): PartReader {
  if (bytes instanceof Uint8Array) {
    return {
      read: (position, target) => target.set(bytes.subarray(position, position + target.length)),
      close: () => undefined,
    };
  }
  const file = openFile(bytes.path);
  return {
    read: (position, target) => {
      if (readFully(file, target, bytes.offset + position) < target.length) throw shorter(bytes);
    },
    close: () => closeSync(file),
  };
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw readError(error, path);
  }
}

function readFully(file: number, target: Uint8Array, position: number): number {
  let got = 0;
  while (got < target.length) {
    const count = readSync(file, target, got, target.length - got, position + got);
    if (count === 0) break;
    got += count;
  }
  return got;
}

export function shorter(range: FileRange): NimifyError {
  return new NimifyError('MODEL_TRUNCATED', `${range.path} ends before byte ${range.offset + range.length}.`, {
    hint: 'The file changed or was cut while it was read; copy it again.',
    details: { path: range.path, offset: range.offset, length: range.length },
  });
}
