/** Wire format → messages of proto.ts, driven by the schema table. Nothing of the input is dropped. */
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { NimifyError } from '../base/errors.ts';
import type { Bytes } from './bytes.ts';
import { byteLength, loadBytes } from './bytes.ts';
import { type Cursor, WIRE } from './cursor.ts';
import type { Layout, UnknownField } from './layout.ts';
import { LAYOUT, type ModelProto } from './proto.ts';
import { type Field, type MessageName, SCHEMA } from './schema.ts';

/** Messages inside messages; ONNX models stay below 30, protobuf's own limit is 100. */
const MAX_NESTING = 100;
/** Messages in one file: the largest public graphs have below 2 million. */
const MAX_MESSAGES = 20_000_000;

type Target = Record<string, unknown> & { [LAYOUT]?: Layout };

const FIELDS = Object.fromEntries(
  Object.entries(SCHEMA).map(([name, fields]) => [name, new Map<number, Field>(fields.map((f) => [f.number, f]))]),
) as Record<MessageName, Map<number, Field>>;

const REPEATED = Object.fromEntries(
  Object.entries(SCHEMA).map(([name, fields]) => [
    name,
    (fields as readonly Field[]).filter((f) => f.repeated).map((f) => f.name),
  ]),
) as Record<MessageName, string[]>;

/** Reads a ModelProto from the cursor's position to its end. */
export function decodeModel(cursor: Cursor): ModelProto {
  return new Decoder(cursor).message('ModelProto', cursor.sizeBytes, 0) as unknown as ModelProto;
}

class Decoder {
  #messages = 0;
  readonly #cursor: Cursor;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  message(name: MessageName, end: number, depth: number): Target {
    this.#messages += 1;
    if (depth > MAX_NESTING) throw limit(`messages nested deeper than ${MAX_NESTING}`);
    if (this.#messages > MAX_MESSAGES) throw limit(`more than ${MAX_MESSAGES} messages`);
    const target: Target = {};
    for (const list of REPEATED[name]) target[list] = [];
    const record = new LayoutRecord();
    const cursor = this.#cursor;
    while (cursor.position < end) {
      const start = cursor.position;
      const tag = cursor.unsigned();
      const field = FIELDS[name].get(tag >>> 3);
      record.saw(tag >>> 3);
      if (field === undefined) record.unknown.push(this.#unknown(tag, start, end));
      else this.#field(target, field, tag & 7, end, depth, record);
      if (cursor.position > end) throw cursor.malformed(`a field of ${name} that runs over the end of its message`);
    }
    const layout = record.layout();
    if (layout !== undefined) target[LAYOUT] = layout;
    return target;
  }

  #field(target: Target, field: Field, wire: number, end: number, depth: number, record: LayoutRecord): void {
    const cursor = this.#cursor;
    const expected = WIRE_OF[field.kind];
    if (wire === WIRE.delimited && expected !== WIRE.delimited && field.repeated) {
      record.flipped.add(field.number);
      this.#unpack(target, field, this.#length(end));
      return;
    }
    if (wire !== expected) {
      if (expected === WIRE.delimited && field.kind.startsWith('packed') && wire !== WIRE.startGroup) {
        record.flipped.add(field.number);
        target[field.name] = appendElement(target[field.name] as Bytes | undefined, this.#element(field));
        return;
      }
      throw cursor.malformed(`field ${field.number} (${field.name}) in wire form ${wire}`);
    }
    const value = this.#value(field, end, depth);
    if (field.repeated) (target[field.name] as unknown[]).push(value);
    else if (field.kind.startsWith('packed') && target[field.name] !== undefined) {
      target[field.name] = joinBytes(target[field.name] as Bytes, value as Bytes);
    } else target[field.name] = value;
  }

  #length(end: number): number {
    const length = this.#cursor.unsigned();
    const stop = this.#cursor.position + length;
    if (stop > this.#cursor.sizeBytes) throw this.#cursor.truncated(length);
    if (stop > end) throw this.#cursor.malformed(`a length of ${length} that runs over the end of its message`);
    return length;
  }

  #value(field: Field, end: number, depth: number): unknown {
    const cursor = this.#cursor;
    switch (field.kind) {
      case 'int64':
        return cursor.int64();
      case 'size':
        return this.#size(field);
      case 'float':
        return cursor.float();
      case 'string':
        return cursor.string(this.#length(end));
      case 'bytes':
        return cursor.copy(this.#length(end));
      case 'message': {
        const length = this.#length(end);
        return this.message(field.message as MessageName, cursor.position + length, depth + 1);
      }
      default:
        return cursor.payload(this.#length(end));
    }
  }

  #size(field: Field): number {
    const value = this.#cursor.int64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) {
      throw this.#cursor.malformed(`the value ${value} in ${field.name}`);
    }
    return Number(value);
  }

  #unpack(target: Target, field: Field, length: number): void {
    const stop = this.#cursor.position + length;
    const list = target[field.name] as unknown[];
    while (this.#cursor.position < stop) list.push(this.#value(field, stop, 0));
  }

  /** One element of a packed list that was written unpacked, as its packed bytes. */
  #element(field: Field): Uint8Array {
    if (field.kind === 'packed-fixed32') return this.#cursor.copy(4);
    if (field.kind === 'packed-fixed64') return this.#cursor.copy(8);
    return new BinaryWriter().uint64(this.#cursor.varint()).finish();
  }

  #unknown(tag: number, start: number, end: number): UnknownField {
    const cursor = this.#cursor;
    const wire = tag & 7;
    if (tag >>> 3 === 0) throw cursor.malformed('a field with number 0');
    if (wire === WIRE.varint) cursor.varint();
    else if (wire === WIRE.fixed32) cursor.position += 4;
    else if (wire === WIRE.fixed64) cursor.position += 8;
    else if (wire === WIRE.delimited) {
      const length = this.#length(end);
      cursor.position += length;
    } else throw cursor.malformed(`a field in wire form ${wire}`);
    const length = cursor.position - start;
    if (cursor.position > end) throw cursor.truncated(length);
    cursor.position = start;
    return { number: tag >>> 3, bytes: cursor.copy(length) };
  }
}

const WIRE_OF = {
  string: WIRE.delimited,
  bytes: WIRE.delimited,
  int64: WIRE.varint,
  size: WIRE.varint,
  float: WIRE.fixed32,
  'packed-fixed32': WIRE.delimited,
  'packed-fixed64': WIRE.delimited,
  'packed-varint': WIRE.delimited,
  payload: WIRE.delimited,
  message: WIRE.delimited,
} as const;

class LayoutRecord {
  readonly unknown: UnknownField[] = [];
  readonly flipped = new Set<number>();
  readonly #order: number[] = [];
  #last = 0;
  #isAscending = true;

  saw(number: number): void {
    this.#order.push(number);
    if (number < this.#last) this.#isAscending = false;
    this.#last = number;
  }

  layout(): Layout | undefined {
    if (this.#isAscending && this.unknown.length === 0 && this.flipped.size === 0) return undefined;
    return {
      ...(this.#isAscending ? {} : { order: this.#order }),
      ...(this.unknown.length === 0 ? {} : { unknown: this.unknown }),
      ...(this.flipped.size === 0 ? {} : { flipped: this.flipped }),
    };
  }
}

/** Lists written element by element grow by doubling: the spare room lies behind the view that the message keeps. */
function appendElement(before: Bytes | undefined, element: Uint8Array): Uint8Array {
  const old = before === undefined ? new Uint8Array(0) : loadBytes(before);
  const used = old.length + element.length;
  if (old.byteOffset === 0 && old.buffer.byteLength >= used) {
    const grown = new Uint8Array(old.buffer, 0, used);
    grown.set(element, old.length);
    return grown;
  }
  const grown = new Uint8Array(new ArrayBuffer(Math.max(64, used * 2)), 0, used);
  grown.set(old);
  grown.set(element, old.length);
  return grown;
}

function joinBytes(first: Bytes, second: Bytes): Uint8Array {
  const joined = new Uint8Array(byteLength(first) + byteLength(second));
  joined.set(loadBytes(first));
  joined.set(loadBytes(second), byteLength(first));
  return joined;
}

function limit(what: string): NimifyError {
  return new NimifyError('MODEL_LIMIT', `The model has ${what}.`, {
    hint: 'No real model needs this; do not trust the file.',
  });
}
