/**
 * Wire format → messages of proto.ts, driven by the schema table. Unknown fields and the order are kept; of a scalar that
 * is there twice the last one counts, as protobuf asks.
 */
import type { Bytes } from './bytes.ts';
import { loadBytes } from './bytes.ts';
import { type Cursor, WIRE } from './cursor.ts';
import { type Layout, Occurrences, type UnknownField } from './layout.ts';
import { LAYOUT, type ModelProto, type TensorProto } from './proto.ts';
import { type Field, type FieldKind, type MessageName, SCHEMA } from './schema.ts';
import { beyondLimit, COST, MAX_NAME_BYTES, MAX_TEXT_BYTES, StructureBudget } from './structure-budget.ts';

/** Messages inside messages; ONNX models stay below 30, protobuf's own limit is 100. */
const MAX_NESTING = 100;
/** Tags are 32 bits on the wire: field number times 8, plus the wire form. */
const MAX_TAG = 0xffff_ffff;

type Target = Record<string, unknown> & { [LAYOUT]?: Layout };

/** What the schema says of one message, as the loop over its fields needs it. */
interface Plan {
  readonly name: MessageName;
  /** Field number → field. */
  readonly fields: readonly (Field | undefined)[];
  readonly lists: readonly string[];
  /** All lists, undefined: copying it is faster than adding one after the other. */
  readonly template: Readonly<Record<string, undefined>>;
  /** What an empty one takes of memory. */
  readonly cost: number;
}

const PLANS = Object.fromEntries(
  Object.entries(SCHEMA).map(([name, known]) => {
    const fields: (Field | undefined)[] = [];
    for (const field of known as readonly Field[]) fields[field.number] = field;
    const lists = (known as readonly Field[]).filter((field) => field.repeated).map((field) => field.name);
    const template = Object.fromEntries(lists.map((list) => [list, undefined]));
    return [name, { name, fields, lists, template, cost: COST.message + COST.list * lists.length } as Plan];
  }),
) as Record<MessageName, Plan>;

/** Reads a ModelProto from the cursor's position to its end. */
export function decodeModel(cursor: Cursor): ModelProto {
  return new Decoder(cursor).message('ModelProto', cursor.sizeBytes, 0) as unknown as ModelProto;
}

/** Reads a lone TensorProto, as the `.pb` test data of ONNX holds them. */
export function decodeTensor(cursor: Cursor): TensorProto {
  return new Decoder(cursor).message('TensorProto', cursor.sizeBytes, 0) as unknown as TensorProto;
}

class Decoder {
  readonly #cursor: Cursor;
  readonly #budget = new StructureBudget();
  /** Field numbers as they come, those of outer messages before those of inner ones. */
  readonly #order: number[] = [];

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  message(name: MessageName, end: number, depth: number): Target {
    const plan = PLANS[name];
    if (depth > MAX_NESTING) throw beyondLimit(`messages nested deeper than ${MAX_NESTING}`);
    this.#budget.charge(plan.cost);
    const target: Target = { ...plan.template };
    for (const list of plan.lists) target[list] = [];
    const cursor = this.#cursor;
    const seen = new Occurrences(this.#order);
    while (cursor.position < end) {
      const start = cursor.position;
      const tag = cursor.unsigned();
      if (tag > MAX_TAG) throw cursor.malformed(`the field tag ${tag}`);
      this.#budget.charge(COST.field);
      seen.note(tag >>> 3);
      const field = plan.fields[tag >>> 3];
      if (field === undefined) seen.noteUnknown(this.#unknown(tag, start, end));
      else this.#field(target, field, tag & 7, end, depth, seen);
      if (cursor.position > end) throw cursor.malformed(`a field of ${name} that runs over the end of its message`);
    }
    const layout = seen.layout();
    if (layout !== undefined) target[LAYOUT] = layout;
    return target;
  }

  #field(target: Target, field: Field, wire: number, end: number, depth: number, seen: Occurrences): void {
    const cursor = this.#cursor;
    const expected = WIRE_OF[field.kind];
    if (wire === WIRE.delimited && expected !== WIRE.delimited && field.repeated) {
      seen.noteFlipped(field.number);
      this.#unpack(target, field, this.#length(end));
      return;
    }
    if (wire !== expected) {
      if (wire !== ELEMENT_WIRE[field.kind])
        throw cursor.malformed(`field ${field.number} (${field.name}) in wire form ${wire}`);
      seen.noteFlipped(field.number);
      target[field.name] = this.#elements(field, end, target[field.name] as Bytes | undefined);
      return;
    }
    // Protobuf would merge the two; keeping one of them would hide the other from the checks that follow.
    if (field.kind === 'message' && !field.repeated && target[field.name] !== undefined) {
      throw cursor.malformed(`a second ${field.name} in one message`);
    }
    const value = this.#value(field, end, depth);
    if (field.repeated) this.#append(target, field, value);
    else if (field.kind.startsWith('packed') && target[field.name] !== undefined) {
      target[field.name] = appendBytes(target[field.name] as Bytes, loadBytes(value as Bytes));
    } else target[field.name] = value;
  }

  /** Short lists are the rule: they are kept without the spare room that a growing array has. */
  #append(target: Target, field: Field, value: unknown): void {
    this.#budget.charge(COST.element);
    const list = target[field.name] as unknown[];
    if (list.length === 0) target[field.name] = [value];
    else if (list.length < 4) target[field.name] = list.concat([value]);
    else list.push(value);
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
        this.#budget.charge(COST.bigint);
        return cursor.int64();
      case 'size':
        return this.#size(field);
      case 'float':
        return cursor.float();
      case 'string':
        return this.#text(end, MAX_NAME_BYTES);
      case 'text':
        return this.#text(end, MAX_TEXT_BYTES);
      case 'bytes':
        return this.#bytes(end);
      case 'message': {
        const length = this.#length(end);
        return this.message(field.message as MessageName, cursor.position + length, depth + 1);
      }
      default:
        return this.#payload(field, end);
    }
  }

  /** V8 keeps two bytes per character as soon as one of them is beyond Latin-1. */
  #text(end: number, limit: number): string {
    const length = this.#length(end);
    this.#budget.charge(COST.text + 2 * Math.min(length, limit));
    return this.#cursor.string(length, limit);
  }

  #bytes(end: number): Uint8Array {
    const length = this.#length(end);
    this.#budget.charge(COST.bytes + length);
    return this.#cursor.copy(length);
  }

  #payload(field: Field, end: number): Bytes {
    const length = this.#length(end);
    const width = ELEMENT_BYTES[field.kind] ?? 1;
    this.#budget.charge(COST.bytes);
    if (length % width !== 0) throw this.#cursor.malformed(`${length} bytes in ${field.name}`);
    return this.#cursor.payload(length);
  }

  #size(field: Field): number {
    const value = this.#cursor.size();
    if (value === undefined) throw this.#cursor.malformed(`a number beyond 2^53 in ${field.name}`);
    return value;
  }

  #unpack(target: Target, field: Field, length: number): void {
    const stop = this.#cursor.position + length;
    const list = target[field.name] as unknown[];
    while (this.#cursor.position < stop) {
      this.#budget.charge(COST.element);
      list.push(this.#value(field, stop, 0));
    }
    if (this.#cursor.position !== stop) throw this.#cursor.malformed(`a packed ${field.name} that ends in an element`);
  }

  /** A packed list that was written element by element: as many as follow each other, in packed form behind `before`. */
  #elements(field: Field, end: number, before: Bytes | undefined): Uint8Array {
    const cursor = this.#cursor;
    const width = ELEMENT_BYTES[field.kind];
    const tag = field.number * 8 + (ELEMENT_WIRE[field.kind] as number);
    let packed = before === undefined ? new Uint8Array(0) : loadBytes(before);
    let used = packed.length;
    for (;;) {
      this.#budget.charge(COST.looseElement);
      if (packed.length - used < MAX_ELEMENT_BYTES)
        packed = extended(packed, Math.ceil(1.25 * used) + MAX_ELEMENT_BYTES);
      if (width === undefined) used = putVarint(packed, used, cursor.varint());
      else {
        packed.set(cursor.copy(width), used);
        used += width;
      }
      const next = cursor.position;
      if (next >= end || cursor.unsigned() !== tag) {
        cursor.position = next;
        return packed.subarray(0, used);
      }
    }
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
    this.#budget.charge(COST.unknownField);
    return { number: tag >>> 3, bytes: cursor.payload(length) };
  }
}

const WIRE_OF = {
  string: WIRE.delimited,
  text: WIRE.delimited,
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

/** A varint of 64 bits is the longest. */
const MAX_ELEMENT_BYTES = 10;

const ELEMENT_BYTES: Partial<Record<FieldKind, number>> = { 'packed-fixed32': 4, 'packed-fixed64': 8 };

/** Lists that come in several pieces grow by doubling: the spare room lies behind the view that the message keeps. */
function appendBytes(before: Bytes, piece: Uint8Array): Uint8Array {
  const old = loadBytes(before);
  const grown = extended(old, old.length + piece.length);
  grown.set(piece, old.length);
  return grown;
}

/** `length` bytes that begin with `bytes`: in place where there is room behind them, else in a buffer with as much again. */
function extended(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.byteOffset === 0 && bytes.buffer.byteLength >= length) return new Uint8Array(bytes.buffer, 0, length);
  const grown = new Uint8Array(new ArrayBuffer(Math.max(64, length * 2)), 0, length);
  grown.set(bytes);
  return grown;
}

/** Writes `value` to the position and returns the one behind it. */
function putVarint(bytes: Uint8Array, position: number, value: bigint): number {
  let at = position;
  for (let rest = value; ; rest >>= 7n, at += 1) {
    bytes[at] = Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0);
    if (rest <= 0x7fn) return at + 1;
  }
}
