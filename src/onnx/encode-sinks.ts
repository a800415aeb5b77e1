/** Where the encoder puts what it walks over: one sink measures, the other writes into exactly the room that was measured. */
import type { Bytes } from './bytes.ts';

/** Bytes in memory up to here are copied between the others; longer ones become a piece of their own. */
const MAX_INLINE_BYTES = 1024;

export interface Sink {
  tag(number: number, wire: number): void;
  /** A 64-bit integer; negative ones in two's complement. */
  varint(value: number | bigint): void;
  /** Four bytes, little-endian. */
  float(value: number): void;
  /** Its length in UTF-8, and the text. */
  text(value: string): void;
  /** The length of what `write` puts into this sink, and that. */
  nested(write: () => void): void;
  append(bytes: Bytes): void;
}

export class SizeSink implements Sink {
  sizeBytes = 0;
  /** Of them those that do not become a piece of their own. */
  inlineBytes = 0;
  /** Sizes of nested messages in the order in which they begin. */
  readonly nestedSizes: number[] = [];

  tag(number: number, wire: number): void {
    this.varint(number * 8 + wire);
  }

  varint(value: number | bigint): void {
    this.#add(varintLength(value));
  }

  float(): void {
    this.#add(4);
  }

  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.#add(varintLength(length) + length);
  }

  nested(write: () => void): void {
    const slot = this.nestedSizes.push(0) - 1;
    const before = this.sizeBytes;
    write();
    const size = this.sizeBytes - before;
    this.nestedSizes[slot] = size;
    this.varint(size);
  }

  append(bytes: Bytes): void {
    if (isInline(bytes)) this.#add(bytes.length);
    else this.sizeBytes += bytes.length;
  }

  #add(count: number): void {
    this.sizeBytes += count;
    this.inlineBytes += count;
  }
}

export class ByteSink implements Sink {
  readonly #pieces: Bytes[] = [];
  readonly #nestedSizes: readonly number[];
  readonly #buffer: Buffer;
  #nested = 0;
  /** Where the piece in the making begins, and where it goes on. */
  #start = 0;
  #at = 0;

  constructor({ inlineBytes, nestedSizes }: SizeSink) {
    this.#buffer = Buffer.allocUnsafeSlow(inlineBytes);
    this.#nestedSizes = nestedSizes;
  }

  tag(number: number, wire: number): void {
    this.varint(number * 8 + wire);
  }

  varint(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value <= MAX_INT32) {
      let rest = value;
      for (; rest > 0x7f; rest >>>= 7) this.#byte((rest & 0x7f) | 0x80);
      this.#byte(rest);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 0x7fn; rest >>= 7n) this.#byte(Number(rest & 0x7fn) | 0x80);
    this.#byte(Number(rest));
  }

  float(value: number): void {
    this.#at = this.#buffer.writeFloatLE(value, this.#at);
  }

  text(value: string): void {
    this.varint(Buffer.byteLength(value));
    this.#at += this.#buffer.write(value, this.#at);
  }

  nested(write: () => void): void {
    this.varint(this.#nestedSizes[this.#nested] as number);
    this.#nested += 1;
    write();
  }

  append(bytes: Bytes): void {
    if (isInline(bytes)) {
      this.#buffer.set(bytes, this.#at);
      this.#at += bytes.length;
      return;
    }
    this.#flush();
    this.#pieces.push(bytes);
  }

  finish(): readonly Bytes[] {
    this.#flush();
    return this.#pieces;
  }

  #byte(value: number): void {
    this.#buffer[this.#at] = value;
    this.#at += 1;
  }

  #flush(): void {
    if (this.#at > this.#start) this.#pieces.push(this.#buffer.subarray(this.#start, this.#at));
    this.#start = this.#at;
  }
}

const MAX_INT32 = 2 ** 31 - 1;

function varintLength(value: number | bigint): number {
  let length = 1;
  if (typeof value === 'number' && value >= 0 && value <= MAX_INT32) {
    for (let rest = value >>> 7; rest > 0; rest >>>= 7) length += 1;
    return length;
  }
  for (let rest = BigInt.asUintN(64, BigInt(value)) >> 7n; rest > 0n; rest >>= 7n) length += 1;
  return length;
}

function isInline(bytes: Bytes): bytes is Uint8Array {
  return bytes instanceof Uint8Array && bytes.length <= MAX_INLINE_BYTES;
}
