import { describe, expect, test } from 'vitest';
import { dataFileName, placeTensors } from '../../../src/onnx/external/layout.ts';

const offsets = (sizes: number[], alignBytes: number): number[] =>
  placeTensors(sizes, { alignBytes }).map(({ offset }) => offset);

describe('offsets', () => {
  test('tensors of a page and more begin at a page, smaller ones at a cache line', () => {
    expect(offsets([100, 30, 4096, 5000, 10, 4095], 4096)).toEqual([0, 128, 4096, 8192, 13248, 13312]);
  });

  test('an alignment of one byte packs them tightly', () => {
    expect(offsets([3, 5, 9000, 1], 1)).toEqual([0, 3, 8, 9008]);
  });

  test('an alignment below a cache line holds for all', () => {
    expect(offsets([3, 5, 40], 16)).toEqual([0, 16, 32]);
  });

  test('nothing to place', () => {
    expect(offsets([], 4096)).toEqual([]);
  });
});

describe('several data files', () => {
  const places = (sizes: number[], splitBytes: number) =>
    placeTensors(sizes, { alignBytes: 8, splitBytes }).map(({ file, offset }) => [file, offset]);

  test('a file ends before the tensor that would make it too large, padding counted', () => {
    expect(places([60, 40, 36], 100)).toEqual([
      [0, 0],
      [1, 0],
      [1, 40],
    ]);
    expect(places([60, 36], 100)).toEqual([
      [0, 0],
      [0, 64],
    ]);
  });

  test('a tensor beyond the limit has a file of its own, and no file is empty', () => {
    expect(places([500, 8, 500], 100)).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
  });

  test('the first has the name as it is', () => {
    expect([0, 1, 12].map((file) => dataFileName('m.onnx_data', file))).toEqual([
      'm.onnx_data',
      'm.onnx_data_1',
      'm.onnx_data_12',
    ]);
  });
});
