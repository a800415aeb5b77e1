import { describe, expect, test } from 'vitest';
import { makeTensor } from '../../../src/onnx/build.ts';
import { DATA_TYPES, type DataType } from '../../../src/onnx/data-type.ts';
import { numberToHalf } from '../../../src/onnx/half.ts';
import type { TensorProto } from '../../../src/onnx/proto.ts';
import { valueTable } from '../../../src/onnx/values/low-precision.ts';
import { walkValues } from '../../../src/onnx/values/walk.ts';

const signal = new AbortController().signal;
const walk = (tensor: TensorProto) => walkValues(tensor, { needsStatistics: true, signal });

function rawTensor(dataType: DataType, dims: number[], bytes: Uint8Array): TensorProto {
  const { code } = DATA_TYPES[dataType];
  return { name: 't', dims, dataType: code, rawData: bytes, stringData: [], externalData: [], metadataProps: [] };
}

function floats(values: number[]): TensorProto {
  return makeTensor('t', { dataType: 'float32', dims: [values.length], data: Float32Array.from(values) });
}

describe('statistics of the values of a tensor', () => {
  test('a tensor that is too short for its dims is refused by name', async () => {
    await expect(walk(rawTensor('float32', [3], new Uint8Array(8)))).rejects.toThrow(/Tensor t .* 8 bytes .* 12/);
  });

  test('an aborted signal ends the walk with its reason', async () => {
    const reason = new Error('enough');
    const options = { needsStatistics: true, signal: AbortSignal.abort(reason) };
    await expect(walkValues(floats([1]), options)).rejects.toBe(reason);
  });

  test('NaN and infinities are counted and stay out of range and mean', async () => {
    const { statistics } = await walk(floats([Number.NaN, 2, Number.NEGATIVE_INFINITY, 0, -1, Number.NaN]));
    expect(statistics).toMatchObject({ count: 6, min: -1, max: 2, zeroCount: 1, nanCount: 2, infinityCount: 1 });
    expect(statistics?.mean).toBeCloseTo(1 / 3, 12);
  });

  test('nothing but NaN has no range', async () => {
    expect((await walk(floats([Number.NaN]))).statistics).toMatchObject({ min: null, max: null, mean: null });
    expect((await walk(floats([]))).statistics).toMatchObject({ count: 0, min: null, standardDeviation: null });
  });

  test('a small spread around a large mean is not drowned', async () => {
    const { statistics } = await walk(floats([8_000_001, 8_000_002, 8_000_003]));
    expect(statistics?.standardDeviation).toBeCloseTo(Math.sqrt(2 / 3), 9);
    expect(statistics?.mean).toBe(8_000_002);
  });

  test.each<[DataType, number[], number[], number[]]>([
    ['float16', [3], [0x00, 0x3c, 0x00, 0xc0, 0x00, 0x00], [-2, 1, 1]],
    ['bfloat16', [2], [0x80, 0x3f, 0x00, 0xc0], [-2, 1, 0]],
    ['int4', [3], [0x8f, 0x07], [-8, 7, 0]],
    ['uint4', [3], [0x8f, 0x00], [0, 15, 1]],
    ['int2', [5], [0b11_10_01_00, 0b01], [-2, 1, 1]],
    ['int64', [2], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 5, 0, 0, 0, 0, 0, 0, 0], [-1, 5, 0]],
    ['bool', [4], [0, 1, 0, 1], [0, 1, 2]],
    ['float8e4m3fn', [3], [0x7e, 0xfe, 0x00], [-448, 448, 1]],
    ['float8e5m2', [2], [0x7b, 0x01], [2 ** -16, 57344, 0]],
    ['float4e2m1', [2], [0x7f], [-6, 6, 0]],
    ['float6e2m3', [5], [0b01_011111, 0b0000_1000, 0, 1], [-0.125, 7.5, 2]],
    ['float8e8m0', [2], [0x7f, 0x80], [1, 2, 0]],
  ])('%s is read by its bits, padding apart', async (dataType, dims, bytes, [min, max, zeroCount]) => {
    const { statistics } = await walk(rawTensor(dataType, dims, Uint8Array.from(bytes)));
    expect(statistics).toMatchObject({ count: dims[0], min, max, zeroCount });
  });

  test('float16 goes there and back for every pattern but NaN', () => {
    const table = valueTable('float16') as Float64Array;
    const wrong = [...table.keys()].filter(
      (bits) => !Number.isNaN(table[bits]) && numberToHalf(table[bits] as number) !== bits,
    );
    expect(wrong).toEqual([]);
  });
});

describe('the digest of a tensor', () => {
  test('is that of its values, in whatever field they are kept', async () => {
    const data = Int32Array.of(-1, 300, 70_000);
    const raw = makeTensor('a', { dataType: 'int32', dims: [3], data });
    const varints = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0xac, 0x02, 0xf0, 0xa2, 0x04];
    const { rawData: _, ...rest } = raw;
    const typed: TensorProto = { ...rest, name: 'b', int32Data: Uint8Array.from(varints) };
    expect((await walk(typed)).sha256).toBe((await walk(raw)).sha256);
    expect((await walk(typed)).statistics).toEqual((await walk(raw)).statistics);
  });

  test('tells texts apart that only differ in where one ends', async () => {
    const texts = (...data: string[]): TensorProto =>
      makeTensor('s', { dataType: 'string', dims: [data.length], data });
    expect((await walk(texts('ab', 'c'))).sha256).not.toBe((await walk(texts('a', 'bc'))).sha256);
    expect(await walk(texts('ab', 'c'))).toMatchObject({ dataType: 'string', sizeBytes: 3, statistics: null });
  });
});
