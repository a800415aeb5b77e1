import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bytes, loadBytes, tiles } from '../../../src/onnx/bytes.ts';
import { DATA_TYPES, type DataType } from '../../../src/onnx/data-type.ts';
import { rawValues } from '../../../src/onnx/external/raw-values.ts';
import type { TensorProto } from '../../../src/onnx/proto.ts';
import { bytesOfData, loadTensor } from '../../../src/onnx/tensor.ts';
import { varint } from '../wire.ts';

const tensor = (dataType: DataType, dims: number[], fields: Partial<TensorProto>): TensorProto => ({
  name: 'w',
  dims,
  dataType: DATA_TYPES[dataType].code,
  stringData: [],
  externalData: [],
  metadataProps: [],
  ...fields,
});

const varints = (...values: (number | bigint)[]): Buffer => Buffer.concat(values.map((value) => varint(value)));
const little = (array: ArrayBufferView): number[] => [
  ...new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
];

function bytesOf(proto: TensorProto): number[] {
  const values = rawValues(proto);
  if (values === undefined) throw new Error('no raw form');
  return [...loadBytes(values.source)];
}

describe('what has no raw form', () => {
  test('strings, types without a name, and external data that nobody resolved', () => {
    expect(rawValues(tensor('string', [1], { stringData: [new Uint8Array(1)] }))).toBeUndefined();
    expect(rawValues({ ...tensor('float32', [1], {}), dataType: 99 })).toBeUndefined();
    expect(rawValues(tensor('float32', [1], { dataLocation: 1 }))).toBeUndefined();
  });

  test.each<[string, TensorProto]>([
    ['raw_data is too short', tensor('float32', [2], { rawData: new Uint8Array(4) })],
    ['float_data is too long', tensor('float32', [1], { floatData: new Uint8Array(8) })],
    ['there is nothing', tensor('float32', [1], {})],
    ['int64_data has fewer numbers', tensor('int64', [3], { int64Data: varints(1, 2) })],
    ['int64_data has more numbers', tensor('int64', [1], { int64Data: varints(1, 2) })],
    ['a number ends in its middle', tensor('int64', [1], { int64Data: Buffer.of(0x80) })],
  ])('%s', (_, proto) => {
    expect(() => bytesOf(proto)).toThrow(expect.objectContaining({ code: 'MODEL_MALFORMED' }));
  });
});

describe('typed fields become raw little-endian bytes', () => {
  test.each<[string, TensorProto, number[]]>([
    [
      'float32',
      tensor('float32', [2], { floatData: bytesOfData(Float32Array.of(1, -2)) }),
      little(Float32Array.of(1, -2)),
    ],
    [
      'float64',
      tensor('float64', [1], { doubleData: bytesOfData(Float64Array.of(0.1)) }),
      little(Float64Array.of(0.1)),
    ],
    [
      'complex64',
      tensor('complex64', [1], { floatData: bytesOfData(Float32Array.of(1, 2)) }),
      little(Float32Array.of(1, 2)),
    ],
    [
      'int64',
      tensor('int64', [5], { int64Data: varints(0, 300, -1, -(2n ** 63n), 2n ** 63n - 1n) }),
      little(BigInt64Array.of(0n, 300n, -1n, -(2n ** 63n), 2n ** 63n - 1n)),
    ],
    [
      'uint64',
      tensor('uint64', [3], { uint64Data: varints(2n ** 64n - 1n, 2n ** 35n, 2n ** 28n) }),
      little(BigUint64Array.of(2n ** 64n - 1n, 2n ** 35n, 2n ** 28n)),
    ],
    ['uint32', tensor('uint32', [2], { uint64Data: varints(4294967295, 1) }), little(Uint32Array.of(4294967295, 1))],
    [
      'int32',
      tensor('int32', [3], { int32Data: varints(-1, 2 ** 31 - 1, 7) }),
      little(Int32Array.of(-1, 2 ** 31 - 1, 7)),
    ],
    ['int16', tensor('int16', [2], { int32Data: varints(-2, 32767) }), little(Int16Array.of(-2, 32767))],
    [
      'float16 as bits',
      tensor('float16', [2], { int32Data: varints(0x3c00, 0xc000) }),
      little(Uint16Array.of(0x3c00, 0xc000)),
    ],
    ['bfloat16 as bits', tensor('bfloat16', [1], { int32Data: varints(0x3f80) }), little(Uint16Array.of(0x3f80))],
    ['int8', tensor('int8', [2], { int32Data: varints(-128, 127) }), [128, 127]],
    ['bool', tensor('bool', [3], { int32Data: varints(1, 0, 1) }), [1, 0, 1]],
    ['int4, two in one entry', tensor('int4', [3], { int32Data: varints(0x21, 0x0f) }), [0x21, 0x0f]],
    ['float6, one in one entry', tensor('float6e2m3', [4], { int32Data: varints(1, 2, 3, 4) }), [0x81, 0x30, 0x10]],
  ])('%s', (_, proto, expected) => {
    expect(bytesOf(proto)).toEqual(expected);
    expect([...bytesOfData(loadTensor(proto).data as Uint8Array)]).toEqual(expected);
  });

  test('raw_data comes as it is, not even copied', () => {
    const rawData = new Uint8Array(8);
    expect(rawValues(tensor('float32', [2], { rawData }))).toEqual({ sizeBytes: 8, source: rawData });
    expect(rawValues(tensor('float32', [2], { rawData }))?.source).toBe(rawData);
  });
});

describe('numbers that lie in a file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nimify-raw-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('are converted across the borders of its pieces', () => {
    const count = 1_500_000;
    const numbers = Int32Array.from({ length: count }, (_, index) => 2 ** 14 + (index % 1000));
    const bytes = Buffer.alloc(count * 3);
    for (let i = 0; i < count; i += 1) varint(numbers[i] as number).copy(bytes, i * 3);
    const path = join(folder, 'numbers');
    writeFileSync(path, bytes);
    const int32Data: Bytes = { path, offset: 0, length: bytes.length };
    const values = rawValues(tensor('int32', [count], { int32Data }));
    const pieces: Buffer[] = [];
    for (const piece of tiles(values?.source as Bytes)) pieces.push(Buffer.from(piece));
    expect(Buffer.concat(pieces).equals(Buffer.from(numbers.buffer))).toBe(true);
    expect(pieces.length).toBeGreaterThan(20);
  });
});
