/** A model as a tree of protobuf fields that can be cut, moved and put together again with lengths that fit. */
import { type Field, type FieldKind, type MessageName, SCHEMA } from '../../../src/onnx/schema.ts';
import { varint } from '../../onnx/wire.ts';

export interface WireField {
  number: number;
  wire: number;
  /** Of the schema; undefined for a field that it does not know. */
  readonly kind: FieldKind | undefined;
  readonly name: string | undefined;
  /** For messages. */
  readonly message: MessageName | undefined;
  /** What stands behind the tag, without the length. Of a message only where `children` is undefined. */
  bytes: Buffer;
  children: WireField[] | undefined;
  /** Written instead of the true length. */
  falseLength?: bigint;
}

const FIELDS = Object.fromEntries(
  Object.entries(SCHEMA).map(([name, fields]) => [name, new Map<number, Field>(fields.map((f) => [f.number, f]))]),
) as Record<MessageName, Map<number, Field>>;

/** The fields of a valid message. */
export function parseFields(bytes: Buffer, message: MessageName): WireField[] {
  const fields: WireField[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [tag, afterTag] = readVarint(bytes, at);
    const known = FIELDS[message].get(tag >>> 3);
    const [start, end] = extent(bytes, tag & 7, afterTag);
    const own = bytes.subarray(start, end);
    const inner = known?.kind === 'message' ? known.message : undefined;
    fields.push({
      number: tag >>> 3,
      wire: tag & 7,
      kind: known?.kind,
      name: known?.name,
      message: inner,
      bytes: own,
      children: inner === undefined ? undefined : parseFields(own, inner),
    });
    at = end;
  }
  return fields;
}

function extent(bytes: Buffer, wire: number, at: number): [start: number, end: number] {
  if (wire === 0) return [at, readVarint(bytes, at)[1]];
  if (wire === 5) return [at, at + 4];
  if (wire === 1) return [at, at + 8];
  const [length, start] = readVarint(bytes, at);
  return [start, start + length];
}

function readVarint(bytes: Buffer, start: number): [value: number, next: number] {
  let result = 0;
  for (let at = start, factor = 1; at < bytes.length; at += 1, factor *= 128) {
    const byte = bytes[at] as number;
    result += (byte & 0x7f) * factor;
    if (byte < 0x80) return [result, at + 1];
  }
  throw new Error('the seed is no valid model');
}

export function encodeFields(fields: readonly WireField[]): Buffer {
  return Buffer.concat(
    fields.map((field) => {
      const own = field.children === undefined ? field.bytes : encodeFields(field.children);
      const length = field.wire === 2 ? [varint(field.falseLength ?? own.length)] : [];
      return Buffer.concat([varint(field.number * 8 + field.wire), ...length, own]);
    }),
  );
}

/** A copy that can be changed; payloads are shared. */
export function cloneField(field: WireField): WireField {
  return { ...field, children: field.children?.map(cloneField) };
}

/** Every list of fields, that of the model first. */
export function allLists(fields: WireField[]): WireField[][] {
  return [fields, ...fields.flatMap(({ children }) => (children === undefined ? [] : allLists(children)))];
}
