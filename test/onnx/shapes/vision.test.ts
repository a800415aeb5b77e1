import { describe, expect, test } from 'vitest';
import { inferNode, problemsOf } from './notation.ts';

describe('what cannot be', () => {
  test('a grid of another rank than the input', () => {
    expect(problemsOf('GridSample', ['float32[1,3,8,8]', 'float32[1,4,2]'])).toEqual([
      'rank 3 of the grid does not go with rank 4 of the input',
    ]);
  });

  test('regions and their batch indices that are not equally many', () => {
    const inputs = ['float32[1,3,8,8]', 'float32[5,4]', 'int64[6]'];
    expect(problemsOf('RoiAlign', inputs)).toEqual([expect.stringContaining('both 5 and 6')]);
  });

  test('sizes for other axes than those named', () => {
    const attributes = { axes: [0n] };
    expect(problemsOf('CenterCropPad', ['float32[8,8]', 'int64[2]{4,4}'], { attributes })).toEqual([
      '2 sizes for 1 axes',
    ]);
  });
});

test('a decoded picture has 3 channels, or 1', () => {
  expect(inferNode('ImageDecoder', ['uint8[N]'])).toEqual(['uint8[?,?,3]']);
  const attributes = { pixel_format: 'Grayscale' };
  expect(inferNode('ImageDecoder', ['uint8[N]'], { attributes })).toEqual(['uint8[?,?,1]']);
});

test('boxes that are kept', () => {
  expect(inferNode('NonMaxSuppression', ['float32[1,6,4]', 'float32[1,1,6]'])).toEqual(['int64[?,3]']);
});

test('regions of a feature map', () => {
  const attributes = { output_height: 7n, output_width: 5n };
  const inputs = ['float32[1,C,8,8]', 'float32[R,4]', 'int64[R]'];
  expect(inferNode('RoiAlign', inputs, { attributes })).toEqual(['float32[R,C,7,5]']);
});

test('sampling on a grid', () => {
  expect(inferNode('GridSample', ['float32[N,C,8,8]', 'float32[N,4,6,2]'])).toEqual(['float32[N,C,4,6]']);
  expect(inferNode('GridSample', ['float32', 'float32[1,4,6,2]'])).toEqual(['float32[1,?,4,6]']);
  expect(inferNode('GridSample', ['float32[1,C,8,8,8]', 'float32'])).toEqual(['float32[1,C,?,?,?]']);
  expect(inferNode('AffineGrid', ['float32[2,2,3]', 'int64[4]{2,3,5,6}'])).toEqual(['float32[2,5,6,2]']);
  expect(inferNode('AffineGrid', ['float32[2,3,4]', 'int64[5]{2,3,4,5,6}'])).toEqual(['float32[2,4,5,6,3]']);
  expect(inferNode('AffineGrid', ['float32[2,3,4]', 'int64[5]'])).toEqual(['float32[?,?,?,?,3]']);
});

test('columns back to a picture', () => {
  const inputs = ['float32[N,50,L]', 'int64[2]{10,12}', 'int64[2]{5,5}'];
  expect(inferNode('Col2Im', inputs)).toEqual(['float32[N,2,10,12]']);
  expect(inferNode('Col2Im', ['float32[N,50,L]', 'int64[S]', 'int64[2]'])).toEqual(['float32[N,?,?,?]']);
  const attributes = { pads: [0n, 1n, 0n, 1n, 0n, 1n] };
  expect(inferNode('Col2Im', ['float32[N,50,L]', 'int64[S]', 'int64[S]'], { attributes })).toEqual([
    'float32[N,?,?,?,?]',
  ]);
  expect(inferNode('Col2Im', ['float32[N,50,L]', 'int64[S]', 'int64[S]'])).toEqual(['float32']);
});

test('cropped and padded to a size, on all axes or on some', () => {
  expect(inferNode('CenterCropPad', ['float32[20,8,3]', 'int64[3]{10,9,3}'])).toEqual(['float32[10,9,3]']);
  const attributes = { axes: [-1n, 0n] };
  expect(inferNode('CenterCropPad', ['float32[20,M,3]', 'int64[2]{10,9}'], { attributes })).toEqual([
    'float32[9,M,10]',
  ]);
  expect(inferNode('CenterCropPad', ['float32[20,M,3]', 'int64[2]'], { attributes })).toEqual(['float32[?,M,?]']);
});
