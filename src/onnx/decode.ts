/**
 * Wire format → messages of proto.ts, driven by the schema table. Unknown fields and the order are kept; of a scalar that
 * is there twice the last one counts, as protobuf asks.
 */
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { NimifyError } from '../base/errors.ts';
import type { Bytes } from './bytes.ts';
import { loadBytes } from './bytes.ts';
import { type Cursor, WIRE } from './cursor.ts';
import type { Layout, UnknownField } from './layout.ts';
import { LAYOUT, type ModelProto, type TensorProto } from './proto.ts';
import { type Field, type FieldKind, type MessageName, SCHEMA } from './schema.ts';

/** Messages inside messages; ONNX models stay below 30, protobuf's own limit is 100. */
const MAX_NESTING = 100;
/** Tags are 32 bits on the wire: field number times 8, plus the wire form. */
const MAX_TAG = 0xffff_ffff;
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

/** Reads a lone TensorProto, as the `.pb` test data of ONNX holds them. */
export function decodeTensor(cursor: Cursor): TensorProto {
  return new Decoder(cursor).message('TensorProto', cursor.sizeBytes, 0) as unknown as TensorProto;
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
      if (tag > MAX_TAG) throw cursor.malformed(`the field tag ${tag}`);
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
      if (wire === ELEMENT_WIRE[field.kind]) {
        record.flipped.add(field.number);
        target[field.name] = appendBytes(target[field.name] as Bytes | undefined, this.#element(field));
        return;
      }
      throw cursor.malformed(`field ${field.number} (${field.name}) in wire form ${wire}`);
    }
    // Protobuf would merge the two; keeping one of them would hide the other from the checks that follow.
    if (field.kind === 'message' && !field.repeated && target[field.name] !== undefined) {
      throw cursor.malformed(`a second ${field.name} in one message`);
    }
    const value = this.#value(field, end, depth);
    if (field.repeated) (target[field.name] as unknown[]).push(value);
    else if (field.kind.startsWith('packed') && target[field.name] !== undefined) {
      target[field.name] = appendBytes(target[field.name] as Bytes, loadBytes(value as Bytes));
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
        return this.#payload(field, end);
    }
  }

  #payload(field: Field, end: number): Bytes {
    const length = this.#length(end);
    const width = ELEMENT_BYTES[field.kind] ?? 1;
    if (length % width !== 0) throw this.#cursor.malformed(`${length} bytes in ${field.name}`);
    return this.#cursor.payload(length);
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
    if (this.#cursor.position !== stop) throw this.#cursor.malformed(`a packed ${field.name} that ends in an element`);
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
    else if (wire === WIRE.fixed32) cursor.skip(4);
    else if (wire === WIRE.fixed64) cursor.skip(8);
    else if (wire === WIRE.delimited) {
      cursor.skip(this.#length(end));
    } else throw cursor.malformed(`a field in wire form ${wire}`);
    const length = cursor.position - start;
    if (cursor.position > end) throw cursor.truncated(length);
    cursor.position = start;
    return { number: tag >>> 3, bytes: cursor.payload(length) };
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

/** How one element of a packed list is written when it stands alone. */
const ELEMENT_WIRE: Partial<Record<FieldKind, number>> = {
  'packed-fixed32': WIRE.fixed32,
  'packed-fixed64': WIRE.fixed64,
  'packed-varint': WIRE.varint,
};

const ELEMENT_BYTES: Partial<Record<FieldKind, number>> = { 'packed-fixed32': 4, 'packed-fixed64': 8 };

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

/** Lists that come in several pieces grow by doubling: the spare room lies behind the view that the message keeps. */
function appendBytes(before: Bytes | undefined, piece: Uint8Array): Uint8Array {
  const old = before === undefined ? new Uint8Array(0) : loadBytes(before);
  const used = old.length + piece.length;
  if (old.byteOffset === 0 && old.buffer.byteLength >= used) {
    const grown = new Uint8Array(old.buffer, 0, used);
    grown.set(piece, old.length);
    return grown;
  }
  const grown = new Uint8Array(new ArrayBuffer(Math.max(64, used * 2)), 0, used);
  grown.set(old);
  grown.set(piece, old.length);
  return grown;
}

function limit(what: string): NimifyError {
  return new NimifyError('MODEL_LIMIT', `The model has ${what}.`, {
    hint: 'No real model needs this; do not trust the file.',
  });
}
