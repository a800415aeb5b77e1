import { describe, expect, test } from 'vitest';
import { inferNode, problemsOf } from './notation.ts';

describe('DFT', () => {
  test('an axis that the signal does not have', () => {
    expect(problemsOf('DFT', ['float32[1,10,1]', '', 'int64[]{5}'])).toEqual(['axis 5 is out of range for rank 3']);
  });

  test.each([
    ['complex spectrum, as long as the signal', ['float32[1,10,1]'], {}, 'float32[1,10,2]'],
    ['of a longer, padded signal', ['float32[1,10,1]', 'int64[]{16}'], {}, 'float32[1,16,2]'],
    ['along another axis', ['float32[8,10,1]', '', 'int64[]{0}'], { onesided: 1n }, 'float32[5,10,2]'],
    ['along an axis that is not known', ['float32[8,10,1]', '', 'int64[]'], {}, 'float32[8,10,2]'],
    ['one-sided, along an unknown axis', ['float32[8,10,1]', '', 'int64[]'], { onesided: 1n }, 'float32[?,?,2]'],
    ['back from a one-sided one', ['float32[1,6,2]'], { onesided: 1n, inverse: 1n }, 'float32[1,10,1]'],
  ] as const)('%s', (_, inputs, attributes, expected) => {
    expect(inferNode('DFT', inputs, { attributes })).toEqual([expected]);
  });

  test('before opset 20 the axis is an attribute, 1 unless said', () => {
    expect(inferNode('DFT', ['float32[4,10,8,1]', 'int64[]{16}'], { opset: 17 })).toEqual(['float32[4,16,8,2]']);
    const attributes = { axis: 2n, onesided: 1n };
    expect(inferNode('DFT', ['float32[4,10,8,1]'], { opset: 17, attributes })).toEqual(['float32[4,10,5,2]']);
  });
});

describe('STFT', () => {
  test.each([
    ['frame from the window', ['float32[2,128,1]', 'int64[]{8}', 'float32[16]'], {}, 'float32[2,15,9,2]'],
    ['frame by its length', ['float32[2,128,1]', 'int64[]{8}', '', 'int64[]{16}'], {}, 'float32[2,15,9,2]'],
    ['both sides', ['float32[2,128,1]', 'int64[]{8}', 'float32[16]'], { onesided: 0n }, 'float32[2,15,16,2]'],
    ['one frame', ['float32[2,128,1]', 'int64[]{8}'], {}, 'float32[2,1,65,2]'],
    ['unknown step', ['float32[N,128,1]', 'int64[]', 'float32[16]'], {}, 'float32[N,?,9,2]'],
  ] as const)('%s', (_, inputs, attributes, expected) => {
    expect(inferNode('STFT', inputs, { attributes })).toEqual([expected]);
  });
});

test('windows and mel weights', () => {
  expect(inferNode('HannWindow', ['int32[]{10}'])).toEqual(['float32[10]']);
  expect(inferNode('HammingWindow', ['int32[]{10}'], { attributes: { output_datatype: 11n } })).toEqual([
    'float64[10]',
  ]);
  expect(inferNode('BlackmanWindow', ['int32[]'])).toEqual(['float32[?]']);
  const inputs = ['int64[]{8}', 'int64[]{16}', 'int64[]{8192}', 'float32[]{0}', 'float32[]{4096}'];
  expect(inferNode('MelWeightMatrix', inputs)).toEqual(['float32[9,8]']);
});
