import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import { isFileRange } from '../../src/onnx/bytes.ts';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import { openModel, parseModel } from '../../src/onnx/open.ts';
import type { AttributeProto } from '../../src/onnx/proto.ts';
import { loadTensor } from '../../src/onnx/tensor.ts';
import { writeModel } from '../../src/onnx/write.ts';
import { delimited, fixed32, int, modelWith, nodeWith, tag, varint } from './wire.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-onnx-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const rewritten = (bytes: Uint8Array): Buffer => Buffer.from(encodedBytes(encodeModel(parseModel(bytes))));

const attributeOf = (bytes: Uint8Array): AttributeProto =>
  parseModel(bytes).graph.node[0]?.attribute[0] as AttributeProto;

function smallModel(): ReturnType<typeof makeModel> {
  const weight = { dataType: 'float32', dims: [1024], data: new Float32Array(1024).fill(0.5) } as const;
  return makeModel({
    opset: 17,
    irVersion: 9,
    graph: makeGraph({
      name: 'small',
      nodes: [makeNode('Add', ['x', 'w'], ['y'], { name: 'add' })],
      inputs: [makeValueInfo('x', 'float32', ['n', 1024])],
      outputs: [makeValueInfo('y', 'float32', ['n', null])],
      initializers: [makeTensor('w', weight)],
    }),
  });
}

describe('what is kept byte for byte', () => {
  test('fields that are not in ascending order, in every message', () => {
    const node = delimited(1, delimited(4, 'Add'), delimited(2, 'y'), delimited(1, 'a'), delimited(1, 'b'));
    const bytes = Buffer.concat([delimited(8, int(2, 17)), delimited(7, delimited(2, 'g'), node), int(1, 9)]);
    expect(rewritten(bytes)).toEqual(bytes);
  });

  test('repeated fields that alternate with others', () => {
    const bytes = modelWith(
      delimited(1, delimited(4, 'A')),
      delimited(2, 'name'),
      delimited(1, delimited(4, 'B')),
      delimited(11, delimited(1, 'x')),
      delimited(1, delimited(4, 'C')),
    );
    expect(rewritten(bytes)).toEqual(bytes);
    expect(parseModel(bytes).graph.node.map((node) => node.opType)).toEqual(['A', 'B', 'C']);
  });

  test.each([
    ['a number', int(1000, 5)],
    ['four bytes', fixed32(1000, 0xdeadbeef)],
    ['eight bytes', Buffer.concat([tag(1000, 1), Buffer.alloc(8, 7)])],
    ['a message', delimited(1000, int(1, 2), delimited(3, 'kept'))],
    ['the largest field number', int(536_870_911, 1)],
  ])('an unknown field: %s', (_, unknown) => {
    const bytes = Buffer.concat([modelWith(delimited(2, 'g'), unknown), unknown]);
    expect(rewritten(bytes)).toEqual(bytes);
  });

  test('several unknown fields of one number, between known ones', () => {
    const parts = [delimited(2, 'g'), delimited(3, 'first'), delimited(3, 'second'), delimited(10, 'doc')];
    const bytes = modelWith(...parts, delimited(12, delimited(1, 'y')), int(999, 1), int(999, 2));
    expect(rewritten(bytes)).toEqual(bytes);
  });

  test('an unknown field of 3 MiB stays in its file until it is written', async () => {
    const bytes = Buffer.concat([modelWith(delimited(2, 'g')), delimited(1000, Buffer.alloc(3 << 20, 1))]);
    writeFileSync(join(folder, 'in.onnx'), bytes);
    const { proto } = openModel(join(folder, 'in.onnx'));
    await writeModel(proto, join(folder, 'out.onnx'));
    expect(readFileSync(join(folder, 'out.onnx')).equals(bytes)).toBe(true);
  });

  test('lists of numbers in the form that the schema does not ask for', () => {
    const dims = [int(1, 2), int(1, 3)];
    const packedDims = delimited(1, varint(2), varint(3));
    const loose = delimited(5, fixed32(4, 0x3f800000), fixed32(4, 0x40000000));
    const packedInts = nodeWith(delimited(1, 'axes'), delimited(8, varint(1), varint(-1n)));
    for (const bytes of [
      modelWith(delimited(5, ...dims)),
      modelWith(delimited(5, packedDims)),
      modelWith(loose),
      modelWith(packedInts),
      modelWith(delimited(5, int(5, 1), int(5, 300), int(5, -1n))),
    ]) {
      expect(rewritten(bytes)).toEqual(bytes);
    }
    expect(parseModel(modelWith(delimited(5, packedDims))).graph.initializer[0]?.dims).toEqual([2, 3]);
    expect(attributeOf(modelWith(packedInts)).ints).toEqual([1n, -1n]);
  });

  test('empty names, zeros and empty lists that are written out', () => {
    const bytes = modelWith(nodeWith(delimited(1, ''), int(3, 0), delimited(4, ''), delimited(8)), delimited(2, ''));
    expect(rewritten(bytes)).toEqual(bytes);
  });

  test.each([
    ['a quiet NaN', 0x7fc00000],
    ['a negative NaN', 0xffc00000],
    ['infinity', 0xff800000],
    ['negative zero', 0x80000000],
    ['the smallest denormal', 1],
  ])('a float attribute that is %s', (_, bits) => {
    const bytes = modelWith(nodeWith(fixed32(2, bits)));
    expect(rewritten(bytes)).toEqual(bytes);
  });

  test('messages that are empty', () => {
    const bytes = Buffer.concat([modelWith(delimited(1), delimited(5), delimited(11)), delimited(14), delimited(25)]);
    expect(rewritten(bytes)).toEqual(bytes);
  });
});

describe('what changes its form but not its meaning', () => {
  test('numbers with more bytes than they need get their shortest form', () => {
    const long = Buffer.concat([int(1, 9, 5), delimited(7, delimited(2, 'g')), delimited(8, int(2, 17, 3))]);
    expect(rewritten(long)).toEqual(modelWith(delimited(2, 'g')));
  });

  test('a packed list in two pieces becomes one', () => {
    const pieces = modelWith(
      delimited(5, int(1, 3), int(2, 7), delimited(7, varint(1)), delimited(7, varint(2), varint(300))),
    );
    const whole = modelWith(delimited(5, int(1, 3), int(2, 7), delimited(7, varint(1), varint(2), varint(300))));
    expect(rewritten(pieces)).toEqual(whole);
    expect(loadTensor(parseModel(pieces).graph.initializer[0]!).data).toEqual(BigInt64Array.of(1n, 2n, 300n));
  });

  test('a packed list in two pieces with another field between them becomes one, where the first was', () => {
    const pieces = modelWith(delimited(5, int(2, 1), delimited(1, varint(2)), int(2, 1), delimited(1, varint(3))));
    expect(rewritten(pieces)).toEqual(modelWith(delimited(5, int(2, 1), delimited(1, varint(2), varint(3)))));
  });

  test('long lists that are written element by element, also behind a packed part', () => {
    const numbers = Array.from({ length: 1000 }, (_, index) => BigInt(index) ** 6n - 1n);
    const floats = Buffer.from(new Float32Array(numbers.map(Number)).buffer);
    const ofBits = numbers.map((_, index) => fixed32(4, floats.readUInt32LE(4 * index)));
    const loose = modelWith(delimited(5, ...ofBits, ...numbers.map((value) => int(7, value))));
    expect(rewritten(loose)).toEqual(loose);
    const { floatData, int64Data } = parseModel(loose).graph.initializer[0]!;
    expect(Buffer.from(floatData as Uint8Array)).toEqual(floats);
    expect(Buffer.from(int64Data as Uint8Array)).toEqual(Buffer.concat(numbers.map((value) => varint(value))));
    const mixed = modelWith(delimited(5, delimited(7, varint(1)), ...numbers.map((value) => int(7, value))));
    expect(rewritten(mixed)).toEqual(modelWith(delimited(5, ...[1n, ...numbers].map((value) => int(7, value)))));
  });

  test('a list that is packed in part is written element by element', () => {
    const mixed = modelWith(delimited(5, delimited(7, varint(1)), int(7, 2)));
    expect(rewritten(mixed)).toEqual(modelWith(delimited(5, int(7, 1), int(7, 2))));
  });

  test('of a number that is given twice the last one counts, as in every protobuf reader', () => {
    expect(parseModel(Buffer.concat([int(1, 3), modelWith(delimited(2, 'g'))])).irVersion).toBe(9);
  });
});

describe('editing what was read', () => {
  test('a model that was built reads back as it was', () => {
    const bytes = encodedBytes(encodeModel(smallModel()));
    expect(encodedBytes(encodeModel(parseModel(bytes)))).toEqual(bytes);
    expect(loadTensor(parseModel(bytes).graph.initializer[0]!).data).toEqual(new Float32Array(1024).fill(0.5));
  });

  test('large payloads stay in the file that they were read from', () => {
    writeFileSync(join(folder, 'm.onnx'), encodedBytes(encodeModel(smallModel())));
    const raw = openModel(join(folder, 'm.onnx')).proto.graph.initializer[0]?.rawData;
    expect(raw !== undefined && isFileRange(raw)).toBe(true);
  });

  test('added and removed elements do not disturb the order of the rest', () => {
    const bytes = modelWith(
      delimited(1, delimited(4, 'A')),
      delimited(2, 'g'),
      delimited(1, delimited(4, 'B')),
      delimited(999, 'unknown'),
    );
    const model = parseModel(bytes);
    model.graph.node.push(makeNode('C', [], []));
    model.graph.docString = 'new';
    const grown = parseModel(encodedBytes(encodeModel(model)));
    expect(grown.graph.node.map((node) => node.opType)).toEqual(['A', 'B', 'C']);
    expect(grown.graph.docString).toBe('new');
    model.graph.node.splice(0, 3, makeNode('D', [], []));
    const shrunk = encodedBytes(encodeModel(model));
    expect(parseModel(shrunk).graph.node.map((node) => node.opType)).toEqual(['D']);
    expect(Buffer.from(shrunk).includes('unknown')).toBe(true);
  });

  test('a file of which nothing was changed is written as it was, and the target only appears when it is whole', async () => {
    const path = join(folder, 'm.onnx');
    writeFileSync(path, encodedBytes(encodeModel(smallModel())));
    await writeModel(openModel(path).proto, join(folder, 'copy.onnx'));
    expect(readFileSync(join(folder, 'copy.onnx')).equals(readFileSync(path))).toBe(true);
    const aborted = AbortSignal.abort();
    await expect(writeModel(openModel(path).proto, join(folder, 'no.onnx'), { signal: aborted })).rejects.toThrow();
    expect(() => readFileSync(join(folder, 'no.onnx'))).toThrow();
  });
});
