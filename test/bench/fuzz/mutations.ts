/** The mutations: those of bytes know nothing, those of fields keep the rest of the model whole. */
import { varint } from '../../onnx/wire.ts';
import type { Chance } from './chance.ts';
import { BYTES, FLOAT_BITS, NUMBERS, OPERATORS, TEXTS } from './interesting.ts';
import { allLists, cloneField, encodeFields, parseFields, type WireField } from './wire-tree.ts';

interface Around {
  readonly chance: Chance;
  /** Another model, to take parts of. */
  readonly other: Buffer;
}

type ByteMutation = (bytes: Buffer, around: Around) => Buffer;
type FieldMutation = (list: WireField[], at: number, around: FieldsAround) => void;

interface FieldsAround extends Around {
  /** Every list of the model. */
  readonly lists: readonly WireField[][];
  readonly donors: () => readonly WireField[];
}

const LARGEST = 4 << 20;

const spot = (bytes: Buffer, chance: Chance): number => chance.below(bytes.length + 1);
const span = (bytes: Buffer, chance: Chance): [number, number] => {
  const start = spot(bytes, chance);
  return [start, Math.min(bytes.length, start + chance.below(chance.isLikely(0.8) ? 16 : 4096))];
};
const replaced = (bytes: Buffer, start: number, end: number, ...by: Uint8Array[]): Buffer =>
  Buffer.concat([bytes.subarray(0, start), ...by, bytes.subarray(end)]);

const BYTE_MUTATIONS: readonly ByteMutation[] = [
  // flipped bits
  (bytes, { chance }) => {
    const copy = Buffer.from(bytes);
    for (let count = 1 + chance.below(4); count > 0 && copy.length > 0; count -= 1) {
      const at = chance.below(copy.length);
      copy[at] = (copy[at] as number) ^ (1 << chance.below(8));
    }
    return copy;
  },
  // an interesting byte, and any byte
  (bytes, { chance }) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0)
      copy[chance.below(copy.length)] = chance.isLikely(0.5) ? chance.pick(BYTES) : chance.below(256);
    return copy;
  },
  (bytes, { chance }) => bytes.subarray(0, spot(bytes, chance)),
  (bytes, { chance }) => bytes.subarray(spot(bytes, chance)),
  // cut out, doubled, overwritten with zeros
  (bytes, { chance }) => replaced(bytes, ...span(bytes, chance)),
  (bytes, { chance }) => {
    const [start, end] = span(bytes, chance);
    return replaced(bytes, end, end, bytes.subarray(start, end));
  },
  (bytes, { chance }) => {
    const [start, end] = span(bytes, chance);
    return replaced(bytes, start, end, Buffer.alloc(end - start));
  },
  // a piece of itself or of another model somewhere else
  (bytes, { chance, other }) => {
    const source = chance.isLikely(0.5) ? bytes : other;
    const [start, end] = span(source, chance);
    const at = spot(bytes, chance);
    return replaced(
      bytes,
      at,
      chance.isLikely(0.5) ? at : Math.min(bytes.length, at + end - start),
      source.subarray(start, end),
    );
  },
  (bytes, { chance, other }) =>
    Buffer.concat([bytes.subarray(0, spot(bytes, chance)), other.subarray(spot(other, chance))]),
  // a number in the middle of everything
  (bytes, { chance }) => {
    const at = spot(bytes, chance);
    return replaced(bytes, at, at + chance.below(3), varint(chance.pick(NUMBERS), 1 + chance.below(10)));
  },
];

const setNumber = (field: WireField, chance: Chance): void => {
  field.bytes = varint(
    chance.isLikely(0.8) ? chance.pick(NUMBERS) : BigInt(chance.below(40)),
    chance.isLikely(0.95) ? 1 : 10,
  );
};

function textOf(chance: Chance, lists: readonly WireField[][]): Buffer {
  if (chance.isLikely(0.3)) return Buffer.from(chance.pick(TEXTS));
  if (chance.isLikely(0.3)) return Buffer.from(chance.pick(OPERATORS));
  const texts = chance.pick(lists).filter(({ kind }) => kind === 'string');
  return texts.length > 0 ? chance.pick(texts).bytes : Buffer.from([0xff]);
}

/** Changes a value in the way of its kind. */
const setValue: FieldMutation = (list, at, { chance, lists }) => {
  const field = list[at] as WireField;
  if (field.kind === 'message') return;
  if (field.wire === 0) setNumber(field, chance);
  else if (field.wire === 5) {
    field.bytes = Buffer.alloc(4);
    field.bytes.writeUInt32LE(chance.pick(FLOAT_BITS));
  } else if (field.kind === 'string' || field.kind === 'text' || field.kind === 'bytes') {
    field.bytes = textOf(chance, lists);
  } else {
    const numbers = Array.from({ length: chance.below(6) }, () => varint(chance.pick(NUMBERS)));
    field.bytes = chance.isLikely(0.5)
      ? Buffer.concat(numbers)
      : field.bytes.subarray(0, chance.below(field.bytes.length + 1));
  }
};

const FIELD_MUTATIONS: readonly FieldMutation[] = [
  setValue,
  setValue,
  setValue,
  (list, at) => void list.splice(at, 1),
  (list, at) => void list.splice(at, 0, cloneField(list[at] as WireField)),
  // two fields change places
  (list, at, { chance }) => {
    const to = chance.below(list.length);
    [list[at], list[to]] = [list[to] as WireField, list[at] as WireField];
  },
  // a field moves into another message
  (list, at, { chance, lists }) => {
    const [field] = list.splice(at, 1);
    const target = chance.pick(lists);
    target.splice(chance.below(target.length + 1), 0, cloneField(field as WireField));
  },
  // a part of the same kind from somewhere else, or from another model
  (list, at, { chance, lists, donors }) => {
    const { message, kind, name } = list[at] as WireField;
    const fits = (field: WireField): boolean =>
      message === undefined ? field.kind === kind && field.name === name : field.message === message;
    const found = (chance.isLikely(0.5) ? lists.flat() : donors()).filter(fits);
    if (found.length > 0) list[at] = { ...cloneField(chance.pick(found)), number: (list[at] as WireField).number };
  },
  // a length that does not fit
  (list, at, { chance }) => {
    const field = list[at] as WireField;
    if (field.wire === 2) field.falseLength = chance.isLikely(0.5) ? BigInt(chance.below(64)) : chance.pick(NUMBERS);
  },
  // another number or wire form
  (list, at, { chance }) => {
    const field = list[at] as WireField;
    if (chance.isLikely(0.7))
      field.number = chance.isLikely(0.9) ? 1 + chance.below(25) : 1 + chance.below(2 ** 29 - 1);
    else field.wire = chance.below(6);
  },
  // very often
  (list, at, { chance }) => {
    const count = chance.isLikely(0.9) ? chance.below(20) : chance.below(2000);
    list.splice(at, 0, ...Array.from({ length: count }, () => cloneField(list[at] as WireField)));
  },
  // inside of itself
  (list, at, { chance }) => {
    let field = list[at] as WireField;
    if (field.children === undefined) return;
    for (let depth = chance.below(chance.isLikely(0.9) ? 4 : 120); depth > 0; depth -= 1) {
      field = { ...field, children: [...(field.children as WireField[]), cloneField(field)] };
      if (depth > 8) field = { ...field, children: [field.children?.at(-1) as WireField] };
    }
    list[at] = field;
  },
  // all inner fields in another order
  (list, at, { chance }) => {
    const { children } = list[at] as WireField;
    children?.sort(() => chance.next() - 0.5);
  },
  // a field that nobody knows
  (list, at, { chance }) => {
    const bytes = Buffer.from(chance.pick(TEXTS));
    list.splice(at, 0, {
      number: 900 + chance.below(99),
      wire: 2,
      kind: undefined,
      name: undefined,
      message: undefined,
      bytes,
      children: undefined,
    });
  },
];

/** Between one and some mutations of `seed`; undefined where the seed is no valid tree and bytes must do. */
export function mutate(seed: Buffer, tree: readonly WireField[] | undefined, around: Around): Buffer {
  const { chance } = around;
  const isOfBytes = tree === undefined || chance.isLikely(0.2);
  const bytes = isOfBytes ? seed : mutateFields(tree, around);
  const rounds = isOfBytes ? 1 + chance.below(3) : chance.isLikely(0.1) ? 1 : 0;
  let result = bytes;
  for (let round = 0; round < rounds; round += 1) result = chance.pick(BYTE_MUTATIONS)(result, around);
  return result.subarray(0, LARGEST);
}

function mutateFields(tree: readonly WireField[], { chance, other }: Around): Buffer {
  const fields = tree.map(cloneField);
  let donors: readonly WireField[] | undefined;
  const loadDonors = (): readonly WireField[] => {
    donors ??= fieldsOf(other);
    return donors;
  };
  for (let round = 1 + chance.below(5); round > 0; round -= 1) {
    const lists = allLists(fields);
    const list = chance.pick(lists.filter(({ length }) => length > 0));
    if (list === undefined) break;
    chance.pick(FIELD_MUTATIONS)(list, chance.below(list.length), { chance, other, lists, donors: loadDonors });
    if (sizeOf(fields) > 50_000) break;
  }
  return encodeFields(fields);
}

function fieldsOf(bytes: Buffer): readonly WireField[] {
  try {
    return allLists(parseFields(bytes, 'ModelProto')).flat();
  } catch {
    return [];
  }
}

function sizeOf(fields: readonly WireField[]): number {
  return fields.reduce((sum, { children }) => sum + 1 + (children === undefined ? 0 : sizeOf(children)), 0);
}
