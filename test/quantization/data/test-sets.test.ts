import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { DATA_TYPES, type DataType } from '../../../src/onnx/data-type.ts';
import type { TensorInfo } from '../../../src/onnx/value-info.ts';
import { openData } from '../../../src/quantization/data/open.ts';
import { allOf, testFolder, valuesOf } from './folders.ts';

const folder = testFolder();
afterAll(() => folder.remove());

/** A TensorProto of onnx.proto: dims = 1, data_type = 2, name = 8, raw_data = 9. Lengths stay below 128. */
function pb(name: string, dataType: DataType, dims: readonly number[], data: ArrayBufferView): Uint8Array {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const text = new TextEncoder().encode(name);
  return Uint8Array.from([
    ...dims.flatMap((dim) => [0x08, dim]),
    ...[0x10, DATA_TYPES[dataType].code],
    ...[0x42, text.length, ...text],
    ...[0x4a, raw.length, ...raw],
  ]);
}
const floats = (name: string, dims: readonly number[], ...values: number[]) =>
  pb(name, 'float32', dims, Float32Array.from(values));

const X: TensorInfo = { name: 'x', dataType: 'float32', shape: ['n', 2] };
const Y: TensorInfo = { name: 'y', dataType: 'int64', shape: [] };
const Y_FILE = pb('y', 'int64', [], BigInt64Array.of(7n));
const open = (path: string, inputs: readonly TensorInfo[]) =>
  openData({ path, bind: {} }, inputs, { image: { mean: [0], std: [1], channels: 'rgb' }, seed: 0 });

describe('tensors of ONNX that cannot be used', () => {
  test.each([
    ['ends early', floats('x', [1, 2], 1, 2).subarray(0, -3)],
    ['has fewer values than its dims say', floats('x', [2, 2], 1, 2)],
    ['is something else', new TextEncoder().encode('not a tensor')],
    ['is empty', new Uint8Array(0)],
  ])('a file that %s is named', async (_, bytes) => {
    await expect(open(folder.putFile('a.pb', bytes), [X])).rejects.toMatchObject({
      code: 'DATA_UNREADABLE',
      message: expect.stringContaining('a.pb cannot be read'),
      hint: expect.stringContaining('onnx.numpy_helper'),
    });
  });

  test('a set with too few files is told with the inputs of the model', async () => {
    await expect(open(folder.put({ 'input_0.pb': floats('x', [1, 2], 1, 2) }), [X, Y])).rejects.toMatchObject({
      code: 'DATA_MISMATCH',
      message: expect.stringMatching(/has 1 files input_N\.pb; .* x float32 \[n, 2\], y int64 \[\]/),
    });
  });

  test('a tensor of other dims or another type is told with the input', async () => {
    await expect(open(folder.put({ 'input_0.pb': floats('x', [1, 3], 1, 2, 3) }), [X])).rejects.toMatchObject({
      message: expect.stringContaining('input_0.pb is float32 [1, 3] and does not fit the input x float32 [n, 2]'),
    });
    await expect(open(folder.put({ 'input_0.pb': floats('y', [], 1) }), [Y])).rejects.toMatchObject({
      message: expect.stringContaining('would lose their fraction'),
    });
  });
});

describe('tensors of ONNX', () => {
  test('in a file, and in files of a folder, are arrays', async () => {
    expect(await valuesOf(await open(folder.putFile('a.pb', floats('x', [2, 2], 1, 2, 3, 4)), [X]))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const path = folder.put({ 'a.pb': floats('', [1, 2], 1, 2), 'b.pb': floats('', [1, 2], 3, 4) });
    expect(await valuesOf(await open(path, [X]))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('named input_N are one run whole, in the order of the inputs or by name; outputs are passed over', async () => {
    const x = floats('x', [2, 2], 1, 2, 3, 4);
    const files = [
      { 'input_0.pb': x, 'input_1.pb': Y_FILE },
      { 'input_1.pb': x, 'input_0.pb': Y_FILE },
      { 'input_0.pb': floats('', [2, 2], 1, 2, 3, 4), 'input_1.pb': Y_FILE },
    ];
    for (const inputs of files) {
      const set = await open(folder.put({ ...inputs, 'output_0.pb': Y_FILE }), [X, Y]);
      expect(await allOf(set)).toEqual([
        {
          x: { dataType: 'float32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
          y: { dataType: 'int64', dims: [], data: BigInt64Array.of(7n) },
        },
      ]);
    }
  });

  test('in folders test_data_set_N are a sample each, in the order of the numbers', async () => {
    const path = folder.put({
      'model.onnx': '',
      'test_data_set_10/input_0.pb': floats('x', [1, 2], 5, 6),
      'test_data_set_2/input_0.pb': floats('x', [2, 2], 1, 2, 3, 4),
    });
    const set = await open(path, [X]);
    expect(await valuesOf(set)).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ]);
    expect(set.preparation).toBe('ONNX test data, 2 sets, for x float32 [n, 2]');
  });
});

const CASES = new URL('../../../../shared/onnx-cases/', import.meta.url).pathname;

test.skipIf(!existsSync(CASES))(
  'published test data is read (skipped where ../shared/onnx-cases is missing)',
  async () => {
    const inputs: TensorInfo[] = [{ name: '0', dataType: 'float32', shape: [20, 16, 50] }];
    const set = await open(join(CASES, 'pytorch-operator/test_operator_maxpool'), inputs);
    expect((await allOf(set)).map((feeds) => feeds['0']?.dims)).toEqual([[20, 16, 50]]);
  },
);
