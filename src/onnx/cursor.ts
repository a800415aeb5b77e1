/** Reads protobuf's wire format from memory or, window by window, from a file, without ever holding the whole file. */
import { readSync } from 'node:fs';
import { NimifyError } from '../base/errors.ts';
import type { Bytes } from './bytes.ts';

/** Windows of a file grow from the first size to the other while it is read without a gap. */
const FIRST_WINDOW_BYTES = 4 << 10;
const WINDOW_BYTES = 256 << 10;
/** Payloads up to this size are copied into memory, longer ones stay where they are. */
const INLINE_BYTES = 1024;

export const WIRE = { varint: 0, fixed64: 1, delimited: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

/** Where the bytes come from. `path` is given for files and makes ranges possible. */
export type CursorSource =
  | { readonly kind: 'memory'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly file: number; readonly path: string; readonly sizeBytes: number };

/** What one in-memory value may take: the limit that protobuf sets for a whole message. */
const MAX_COPY_BYTES = 2 ** 31 - 1;
/** Up to here a loop is faster than a call of the engine. */
const SHORT_BYTES = 32;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Cursor {
  position = 0;
  readonly sizeBytes: number;
  readonly #source: CursorSource;
  #window: Buffer;
  #windowStart = 0;
  /** What windows of a file are cut from, one after the other: nothing that is read from one outlives it. */
  #room: Buffer | undefined;
  #nextBytes = FIRST_WINDOW_BYTES;

  constructor(source: CursorSource) {
    this.#source = source;
    this.sizeBytes = source.kind === 'memory' ? source.bytes.length : source.sizeBytes;
    this.#window = asBuffer(source.kind === 'memory' ? source.bytes : new Uint8Array(0));
  }

  /** Makes `length` bytes from the position available and returns their index in the window. */
  #need(length: number): number {
    const index = this.position - this.#windowStart;
    if (index >= 0 && index + length <= this.#window.length) return index;
    if (this.position + length > this.sizeBytes || this.#source.kind === 'memory') throw this.truncated(length);
    // Behind a weight that was passed over there is often nothing but the head of the next one.
    const isJump = index < 0 || index > this.#window.length;
    this.#nextBytes = isJump ? FIRST_WINDOW_BYTES : Math.min(this.#nextBytes * 4, WINDOW_BYTES);
    const size = Math.min(Math.max(this.#nextBytes, length), this.sizeBytes - this.position);
    this.#room ??= Buffer.allocUnsafeSlow(WINDOW_BYTES);
    const room = size <= WINDOW_BYTES ? this.#room : Buffer.allocUnsafeSlow(size);
    this.#window = this.#read(this.#source.file, room.subarray(0, size));
    this.#windowStart = this.position;
    return 0;
  }

  /** Fills `bytes` from the position of the file, which stays. */
  #read(file: number, bytes: Buffer): Buffer {
    let got = 0;
    while (got < bytes.length) {
      const count = readSync(file, bytes, got, bytes.length - got, this.position + got);
      if (count === 0) throw this.truncated(bytes.length);
      got += count;
    }
    return bytes;
  }

  #byte(): number {
    let index = this.position - this.#windowStart;
    if (index < 0 || index >= this.#window.length) index = this.#need(1);
    this.position += 1;
    return this.#window[index] as number;
  }

  /** An unsigned 64-bit varint. */
  varint(): bigint {
    const small = this.#smallVarint();
    if (small >= 0) return BigInt(small);
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, result);
    }
    throw this.malformed('a number of more than 10 bytes');
  }

  /** The varint as a number when it has at most 4 bytes, else -1 with the position unchanged. */
  #smallVarint(): number {
    const start = this.position;
    let result = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    this.position = start;
    return -1;
  }

  /** A length or tag: a varint that must fit a safe integer. */
  unsigned(): number {
    const small = this.#smallVarint();
    if (small >= 0) return small;
    const value = this.varint();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.malformed(`the length ${value}`);
    return Number(value);
  }

  /** A signed 64-bit integer in two's complement. */
  int64(): bigint {
    const small = this.#smallVarint();
    if (small >= 0) return smallInteger(small);
    return BigInt.asIntN(64, this.varint());
  }

  /** A signed 64-bit integer as a number; undefined where a number cannot hold it. */
  size(): number | undefined {
    const small = this.#smallVarint();
    if (small >= 0) return small;
    const value = Number(BigInt.asIntN(64, this.varint()));
    return Number.isSafeInteger(value) ? value : undefined;
  }

  float(): number {
    const index = this.#need(4);
    const value = this.#window.readFloatLE(index);
    this.position += 4;
    return value;
  }

  /** Passes over `length` bytes without reading them. */
  skip(length: number): void {
    if (this.position + length > this.sizeBytes) throw this.truncated(length);
    this.position += length;
  }

  /** `length` bytes in memory of their own. */
  copy(length: number): Uint8Array {
    if (length > MAX_COPY_BYTES) throw this.#beyond(`a value of ${length} bytes`);
    if (length > WINDOW_BYTES && this.#source.kind === 'file') return this.#copyLong(this.#source.file, length);
    const index = this.#need(length);
    this.position += length;
    const bytes = new Uint8Array(length);
    if (length > SHORT_BYTES) {
      bytes.set(this.#window.subarray(index, index + length));
      return bytes;
    }
    for (let at = 0; at < length; at += 1) bytes[at] = this.#window[index + at] as number;
    return bytes;
  }

  /** Past the window, so that the bytes are in memory once. */
  #copyLong(file: number, length: number): Uint8Array {
    if (this.position + length > this.sizeBytes) throw this.truncated(length);
    const bytes = this.#read(file, Buffer.allocUnsafeSlow(length));
    this.position += length;
    return new Uint8Array(bytes.buffer);
  }

  /** @throws NimifyError MODEL_LIMIT beyond `limit` bytes */
  string(length: number, limit: number): string {
    if (length === 0) return '';
    if (length > limit) throw this.#beyond(`a text of ${length} bytes`);
    const index = this.#need(length);
    try {
      const isPlain = length <= SHORT_BYTES && isAscii(this.#window, index, index + length);
      const text = isPlain
        ? this.#window.toString('latin1', index, index + length)
        : UTF8.decode(this.#window.subarray(index, index + length));
      this.position += length;
      return text;
    } catch (error) {
      throw this.malformed('text that is not UTF-8', error);
    }
  }

  /** `length` bytes as they are: a copy when short or in memory already, a range of the file otherwise. */
  payload(length: number): Bytes {
    if (this.#source.kind === 'memory' || length <= INLINE_BYTES) return this.copy(length);
    if (this.position + length > this.sizeBytes) throw this.truncated(length);
    const range = { path: this.#source.path, offset: this.position, length };
    this.position += length;
    return range;
  }

  truncated(needed: number): NimifyError {
    return new NimifyError(
      'MODEL_TRUNCATED',
      `${this.#name()} ends at byte ${this.sizeBytes}, but ${needed} bytes are announced at byte ${this.position}.`,
      {
        hint: 'The file was cut while it was copied or downloaded; get it again and compare its size.',
        details: { position: this.position, sizeBytes: this.sizeBytes },
      },
    );
  }

  malformed(what: string, cause?: unknown): NimifyError {
    return new NimifyError('MODEL_MALFORMED', `${this.#name()} has ${what} at byte ${this.position}.`, {
      hint: 'The file is damaged or is not an ONNX model; export or download it again.',
      details: { position: this.position },
      cause,
    });
  }

  #beyond(what: string): NimifyError {
    return new NimifyError('MODEL_LIMIT', `${this.#name()} has ${what} at byte ${this.position}.`, {
      hint: 'No real model needs this; do not trust the file.',
      details: { position: this.position },
    });
  }

  #name(): string {
    return this.#source.kind === 'file' ? this.#source.path : 'The model';
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if ((bytes[at] as number) >= 0x80) return false;
  return true;
}

/** The same objects again and again: lists of axes and of the trees of a forest are full of small numbers. */
const SMALL_INTEGERS: bigint[] = [];
const MAX_SMALL_INTEGER = 1 << 16;

function smallInteger(value: number): bigint {
  if (value >= MAX_SMALL_INTEGER) return BigInt(value);
  SMALL_INTEGERS[value] ??= BigInt(value);
  return SMALL_INTEGERS[value] as bigint;
}
