import { describe, expect, test } from 'vitest';
import { NimifyError } from '../../src/base/errors.ts';
import { makeTensor } from '../../src/onnx/build.ts';
import { DATA_TYPES, type DataType } from '../../src/onnx/data-type.ts';
import { parseTensor } from '../../src/onnx/open.ts';
import { type HostTensor, loadTensor } from '../../src/onnx/tensor.ts';
import { delimited, int, varint } from './wire.ts';

/** A TensorProto from hand-made bytes: dims, type and one field of values. */
function tensor(dataType: DataType, dims: number[], ...values: Uint8Array[]): HostTensor {
  const head = [...dims.map((dim) => int(1, dim)), int(2, DATA_TYPES[dataType].code)];
  return loadTensor(parseTensor(Buffer.concat([...head, ...values])));
}

const int32Data = (...values: (number | bigint)[]): Buffer => delimited(5, ...values.map((value) => varint(value)));
const raw = (...bytes: number[]): Buffer => delimited(9, Uint8Array.from(bytes));
const bytesOf = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

describe('values in their typed fields', () => {
  test('float_data, double_data, int64_data, uint64_data', () => {
    const floats = Float32Array.of(1.5, -2);
    const doubles = Float64Array.of(Math.PI, -0);
    expect(tensor('float32', [2], delimited(4, bytesOf(floats))).data).toEqual(floats);
    expect(tensor('float64', [2], delimited(10, bytesOf(doubles))).data).toEqual(doubles);
    const longs = tensor('int64', [2], delimited(7, varint(-5n), varint(1n << 62n)));
    expect(longs.data).toEqual(BigInt64Array.of(-5n, 1n << 62n));
    const huge = tensor('uint64', [1], delimited(11, varint((1n << 64n) - 1n)));
    expect(huge.data).toEqual(BigUint64Array.of((1n << 64n) - 1n));
    expect(tensor('uint32', [1], delimited(11, varint(4294967295))).data).toEqual(Uint32Array.of(4294967295));
  });

  test('the small types that are kept in int32_data', () => {
    expect(tensor('int32', [2], int32Data(7, -7n)).data).toEqual(Int32Array.of(7, -7));
    expect(tensor('int8', [2], int32Data(127, -128n)).data).toEqual(Int8Array.of(127, -128));
    expect(tensor('uint8', [1], int32Data(255)).data).toEqual(Uint8Array.of(255));
    expect(tensor('int16', [1], int32Data(-300n)).data).toEqual(Int16Array.of(-300));
    expect(tensor('uint16', [1], int32Data(65535)).data).toEqual(Uint16Array.of(65535));
    expect(tensor('bool', [3], int32Data(1, 0, 1)).data).toEqual(Uint8Array.of(1, 0, 1));
  });

  test('the bits of half precision in int32_data', () => {
    expect(tensor('float16', [2], int32Data(0x3c00, 0xc000)).data).toEqual(Uint16Array.of(0x3c00, 0xc000));
    expect(tensor('bfloat16', [1], int32Data(0x3f80)).data).toEqual(Uint16Array.of(0x3f80));
  });

  test('packed 4-bit and 2-bit values, and 8-bit floats, in int32_data', () => {
    expect(tensor('int4', [3], int32Data(0x21, 0x03)).data).toEqual(Uint8Array.of(0x21, 0x03));
    expect(tensor('uint2', [5], int32Data(0b11100100, 0b01)).data).toEqual(Uint8Array.of(0b11100100, 1));
    expect(tensor('float8e4m3fn', [2], int32Data(0x38, 0xb8)).data).toEqual(Uint8Array.of(0x38, 0xb8));
  });

  test('6-bit floats: one in each entry of int32_data, four in three bytes of raw_data', () => {
    const packed = Uint8Array.of(0b10_000001, 0b0011_0000, 0b111111_00, 0b00_100001);
    expect(tensor('float6e2m3', [5], int32Data(1, 2, 3, 63, 33)).data).toEqual(packed);
    expect(tensor('float6e3m2', [5], raw(...packed)).data).toEqual(packed);
  });

  test('strings are UTF-8', () => {
    expect(tensor('string', [2], delimited(6, 'å'), delimited(6, '')).data).toEqual(['å', '']);
  });

  test('complex numbers are pairs, in float_data and in raw_data alike', () => {
    const pairs = bytesOf(Float32Array.of(1, -1));
    expect(tensor('complex64', [1], delimited(4, pairs)).data).toEqual(Float32Array.of(1, -1));
    expect(tensor('complex64', [1], delimited(9, pairs)).data).toEqual(Float32Array.of(1, -1));
  });

  test('a scalar has no dims and one value; an empty tensor has a dim of 0 and none', () => {
    expect(tensor('int64', [], delimited(7, varint(3))).data).toEqual(BigInt64Array.of(3n));
    expect(tensor('float32', [0, 3]).data).toHaveLength(0);
  });
});

describe('values in raw_data', () => {
  test('are little-endian and need no alignment in the file', () => {
    expect(tensor('int16', [2], raw(1, 0, 0xff, 0xff)).data).toEqual(Int16Array.of(1, -1));
    expect(tensor('float16', [1], raw(0, 0x3c)).data).toEqual(Uint16Array.of(0x3c00));
    expect(tensor('int4', [3], raw(0x21, 0x03)).data).toEqual(Uint8Array.of(0x21, 0x03));
    expect(tensor('bool', [2], raw(1, 0)).data).toEqual(Uint8Array.of(1, 0));
  });

  test.each<[DataType, HostTensor['data']]>([
    ['float32', Float32Array.of(1, 2)],
    ['uint64', BigUint64Array.of(1n, 2n)],
    ['bool', Uint8Array.of(1, 0)],
    ['float16', Uint16Array.of(0x3c00, 0)],
    ['string', ['a', 'b']],
  ])('what makeTensor makes of %s reads back', (dataType, data) => {
    const host: HostTensor = { dataType, dims: [2], data };
    expect(loadTensor(makeTensor('t', host))).toEqual(host);
  });
});

describe('values that do not fit', () => {
  test.each<[string, () => unknown]>([
    ['raw_data of another length', () => tensor('float32', [2], raw(0, 0, 0, 0))],
    ['a typed field with too few values', () => tensor('int64', [3], delimited(7, varint(1)))],
    ['a typed field with too many 4-bit bytes', () => tensor('int4', [2], int32Data(1, 2))],
    ['no values at all', () => tensor('float32', [2])],
    ['half a complex number', () => tensor('complex64', [1], delimited(4, new Uint8Array(4)))],
    ['too few strings', () => tensor('string', [2], delimited(6, 'a'))],
    ['a list that ends in the middle of a number', () => tensor('int64', [1], delimited(7, Uint8Array.of(0x80)))],
    ['a type of the future', () => loadTensor(parseTensor(Buffer.concat([int(2, 99), raw(1)])))],
    ['no type', () => loadTensor(parseTensor(raw(1)))],
    ['external data without a model beside it', () => tensor('int8', [1], int(14, 1))],
  ])('%s', (_, load) => {
    expect(load).toThrow(NimifyError);
    expect(load).toThrow(expect.objectContaining({ code: 'MODEL_MALFORMED' }));
  });

  test('a file that is cut is truncated, not malformed', () => {
    const whole = Buffer.concat([int(1, 4), int(2, 2), raw(1, 2, 3, 4)]);
    expect(() => parseTensor(whole.subarray(0, -1))).toThrow(expect.objectContaining({ code: 'MODEL_TRUNCATED' }));
  });
});
