/** Messages of proto.ts → wire format, as pieces: bytes made here and ranges of files that are copied when written. */
import { type Bytes, byteLength, loadBytes } from './bytes.ts';
import { WIRE } from './cursor.ts';
import { ByteSink, type Sink, SizeSink } from './encode-sinks.ts';
import type { UnknownField } from './layout.ts';
import { LAYOUT, type Message, type ModelProto } from './proto.ts';
import { type Field, type MessageName, SCHEMA } from './schema.ts';

/** What protobuf readers, ONNX Runtime among them, accept as one message. */
export const MAX_MODEL_BYTES = 2 ** 31 - 1;

export interface Encoded {
  readonly pieces: readonly Bytes[];
  readonly sizeBytes: number;
}

/**
 * The model in the order and form in which it was read, or in ascending field order where it is new. Walked twice: the
 * length of a message stands in front of it.
 */
export function encodeModel(model: ModelProto): Encoded {
  const sizes = new SizeSink();
  writeMessage(sizes, 'ModelProto', model);
  const bytes = new ByteSink(sizes);
  writeMessage(bytes, 'ModelProto', model);
  return { pieces: bytes.finish(), sizeBytes: sizes.sizeBytes };
}

/** All pieces in one array; only for models that fit in memory. */
export function encodedBytes(encoded: Encoded): Uint8Array {
  const result = new Uint8Array(encoded.sizeBytes);
  let position = 0;
  for (const piece of encoded.pieces) {
    result.set(loadBytes(piece), position);
    position += byteLength(piece);
  }
  return result;
}

function writeMessage(out: Sink, name: MessageName, message: Message): void {
  const layout = message[LAYOUT];
  if (layout?.order === undefined && layout?.unknown === undefined) {
    for (const field of SCHEMA[name]) writeField(out, field, message);
  } else writeInOrder(out, SCHEMA[name], message);
}

/** Follows the order of the file occurrence by occurrence; what was added since comes at the end of its field. */
function writeInOrder(out: Sink, fields: readonly Field[], message: Message): void {
  const layout = message[LAYOUT];
  const byNumber = new Map(fields.map((f) => [f.number, f]));
  const unknown = groupUnknown(layout?.unknown ?? []);
  const isGrouped = layout?.order === undefined;
  const order = layout?.order ?? [...byNumber.keys(), ...unknown.keys()].sort((a, b) => a - b);
  const remaining = new Map<number, number>();
  for (const number of order) remaining.set(number, (remaining.get(number) ?? 0) + 1);
  const written = new Map<number, number>();
  for (const number of order) {
    const left = (remaining.get(number) as number) - 1;
    remaining.set(number, left);
    const from = written.get(number) ?? 0;
    const isWhole = left === 0 || isGrouped || (layout?.flipped?.has(number) ?? false);
    const to = isWhole ? Number.POSITIVE_INFINITY : from + 1;
    written.set(number, to);
    const field = byNumber.get(number);
    if (field !== undefined) writeField(out, field, message, from, to);
    else for (const { bytes } of (unknown.get(number) ?? []).slice(from, to)) out.append(bytes);
  }
  for (const field of fields) if (!written.has(field.number)) writeField(out, field, message);
}

function groupUnknown(unknown: readonly UnknownField[]): Map<number, UnknownField[]> {
  const groups = new Map<number, UnknownField[]>();
  for (const field of unknown) {
    const group = groups.get(field.number);
    if (group === undefined) groups.set(field.number, [field]);
    else group.push(field);
  }
  return groups;
}

/** Writes one field; of a repeated one the elements `from` up to, not including, `to`. */
function writeField(out: Sink, field: Field, message: Message, from = 0, to = Number.POSITIVE_INFINITY): void {
  const value = (message as unknown as Record<string, unknown>)[field.name];
  if (value === undefined) return;
  const isFlipped = message[LAYOUT]?.flipped?.has(field.number) ?? false;
  if (field.repeated) {
    const list =
      from === 0 && to >= (value as unknown[]).length ? (value as unknown[]) : (value as unknown[]).slice(from, to);
    if (from > 0 && list.length === 0) return;
    if (isFlipped) writePacked(out, field, list);
    else for (const element of list) writeValue(out, field, element);
  } else if (from === 0) {
    if (isFlipped) writeUnpacked(out, field, value as Bytes);
    else writeValue(out, field, value);
  }
}

function writeValue(out: Sink, field: Field, value: unknown): void {
  const { number } = field;
  switch (field.kind) {
    case 'int64':
    case 'size':
      out.tag(number, WIRE.varint);
      out.varint(value as number | bigint);
      return;
    case 'float':
      out.tag(number, WIRE.fixed32);
      out.float(value as number);
      return;
    case 'string':
    case 'text':
      out.tag(number, WIRE.delimited);
      out.text(value as string);
      return;
    case 'message':
      out.tag(number, WIRE.delimited);
      out.nested(() => writeMessage(out, field.message as MessageName, value as Message));
      return;
    default:
      out.tag(number, WIRE.delimited);
      out.varint(byteLength(value as Bytes));
      out.append(value as Bytes);
  }
}

function writePacked(out: Sink, field: Field, list: readonly unknown[]): void {
  out.tag(field.number, WIRE.delimited);
  out.nested(() => {
    for (const value of list) {
      if (field.kind === 'float') out.float(value as number);
      else out.varint(value as number | bigint);
    }
  });
}

function writeUnpacked(out: Sink, field: Field, value: Bytes): void {
  const bytes = loadBytes(value);
  const width = { 'packed-fixed32': 4, 'packed-fixed64': 8 }[field.kind as string];
  let start = 0;
  while (start < bytes.length) {
    let stop = start + (width ?? 1);
    if (width === undefined) while ((bytes[stop - 1] as number) >= 0x80) stop += 1;
    out.tag(field.number, width === 4 ? WIRE.fixed32 : width === 8 ? WIRE.fixed64 : WIRE.varint);
    out.append(bytes.subarray(start, stop));
    start = stop;
  }
}
