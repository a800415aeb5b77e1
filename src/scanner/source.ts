/** Bytes that are read here and there: a file through a small window, a part of it, or memory. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

export interface ByteSource {
  readonly sizeBytes: number;
  /** Up to `length` bytes; fewer only at the end. Valid until the next read. */
  read(position: number, length: number): Uint8Array;
  /** The byte at `position`, or -1 behind the end. */
  byte(position: number): number;
}

/** Read ahead where one byte follows the other, and where positions jump. */
const WINDOW_BYTES = 64 << 10;
const JUMP_BYTES = 4 << 10;
const NOTHING = new Uint8Array(0);

/** Opens a regular file for `use` and closes it afterwards. A pipe or a device that took its place is not waited for. */
export function withFile<T>(path: string, use: (source: ByteSource) => T): T {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(file);
    return use(new FileSource(file, stats.isFile() ? stats.size : 0));
  } finally {
    closeSync(file);
  }
}

class FileSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #file: number;
  #window: Uint8Array = NOTHING;
  #start = 0;

  constructor(file: number, sizeBytes: number) {
    this.#file = file;
    this.sizeBytes = sizeBytes;
  }

  read(position: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.sizeBytes - position));
    const index = position - this.#start;
    if (index < 0 || index + wanted > this.#window.length) this.#fill(position, wanted);
    const at = position - this.#start;
    return this.#window.subarray(at, at + wanted);
  }

  byte(position: number): number {
    const index = position - this.#start;
    if (index >= 0 && index < this.#window.length) return this.#window[index] as number;
    if (position < 0 || position >= this.sizeBytes) return -1;
    this.#fill(position, 1);
    return this.#window[0] ?? -1;
  }

  #fill(position: number, wanted: number): void {
    const isNext = position === this.#start + this.#window.length;
    const length = Math.max(wanted, isNext ? WINDOW_BYTES : JUMP_BYTES);
    const window = new Uint8Array(Math.max(0, Math.min(length, this.sizeBytes - position)));
    let got = 0;
    while (got < window.length) {
      const count = readSync(this.#file, window, got, window.length - got, position + got);
      if (count === 0) break;
      got += count;
    }
    this.#window = window.subarray(0, got);
    this.#start = position;
  }
}

export class MemorySource implements ByteSource {
  readonly sizeBytes: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.sizeBytes = bytes.length;
  }

  read(position: number, length: number): Uint8Array {
    return this.#bytes.subarray(position, Math.min(position + length, this.sizeBytes));
  }

  byte(position: number): number {
    return this.#bytes[position] ?? -1;
  }
}

/** `length` bytes of another source, from `offset` on. */
export class PartSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #whole: ByteSource;
  readonly #offset: number;

  constructor(whole: ByteSource, offset: number, length: number) {
    this.#whole = whole;
    this.#offset = offset;
    this.sizeBytes = Math.max(0, Math.min(length, whole.sizeBytes - offset));
  }

  read(position: number, length: number): Uint8Array {
    return this.#whole.read(this.#offset + position, Math.max(0, Math.min(length, this.sizeBytes - position)));
  }

  byte(position: number): number {
    return position >= this.sizeBytes ? -1 : this.#whole.byte(this.#offset + position);
  }
}

const UTF8 = new TextDecoder('utf-8');
const LATIN1 = new TextDecoder('latin1');

export function utf8(bytes: Uint8Array): string {
  return UTF8.decode(bytes);
}

export function latin1(bytes: Uint8Array): string {
  return LATIN1.decode(bytes);
}

/** Little-endian; 0 where the bytes end before. Beyond 2^53 the result is not exact. */
export function littleEndian(source: ByteSource, position: number, width: 1 | 2 | 4 | 8): number {
  let value = 0;
  for (let index = width - 1; index >= 0; index -= 1) value = value * 256 + Math.max(0, source.byte(position + index));
  return value;
}
