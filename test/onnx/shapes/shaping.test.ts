import { describe, expect, test } from 'vitest';
import { inferNode, type NodeCase, problemsOf } from './notation.ts';

type Attributes = NonNullable<NodeCase['attributes']>;

describe('Reshape', () => {
  test.each([
    ['float32[2,3,4]', 'int64[2]{6,4}', 'float32[6,4]'],
    ['float32[2,3,4]', 'int64[2]{0,-1}', 'float32[2,12]'],
    ['float32[N,3,4]', 'int64[2]{0,-1}', 'float32[N,12]'],
    ['float32[N,3,4]', 'int64[3]{-1,2,6}', 'float32[N,2,6]'],
    ['float32[N,3,4]', 'int64[2]{-1,4}', 'float32[?,4]'],
    ['float32[N,M,64]', 'int64[4]{0,0,4,16}', 'float32[N,M,4,16]'],
    ['float32[?,8]', 'int64[2]{0,-1}', 'float32[?,8]'],
    ['float32', 'int64[2]{3,-1}', 'float32[3,?]'],
    ['float32[2,3]', 'int64[3]', 'float32[?,?,?]'],
    ['float32[2,3]', 'int64[1]', 'float32[6]'],
    ['float32[2,3]', 'int64', 'float32'],
    ['float32[]', 'int64[2]{1,1}', 'float32[1,1]'],
    ['float32[0,4]', 'int64[2]{0,4}', 'float32[0,4]'],
  ])('%s to %s', (data, target, output) => {
    expect(inferNode('Reshape', [data, target])).toEqual([output]);
  });

  test.each([
    ['float32[2,3]', 'int64[1]{5}', '6 elements do not fit into 5'],
    ['float32[2,3]', 'int64[2]{4,-1}', '6 elements cannot be divided by 4'],
    ['float32[2,3]', 'int64[2]{-1,-1}', 'more than one dim is -1'],
    ['float32[2]', 'int64[2]{2,0}', '0 at axis 1 copies from a rank of 1'],
  ])('%s to %s cannot be', (data, target, problem) => {
    expect(problemsOf('Reshape', [data, target])).toEqual([problem]);
  });

  test('allowzero makes 0 a size', () => {
    expect(inferNode('Reshape', ['float32[0,3]', 'int64[2]{3,0}'], { attributes: { allowzero: 1n } })).toEqual([
      'float32[3,0]',
    ]);
  });

  test('before opset 5 the shape is an attribute', () => {
    expect(inferNode('Reshape', ['float32[2,3]'], { opset: 1, attributes: { shape: [0n, -1n] } })).toEqual([
      'float32[2,3]',
    ]);
  });
});

describe('axes that come and go', () => {
  test.each<[string, string[], Attributes, string]>([
    ['Flatten', ['float32[N,3,4]'], {}, 'float32[N,12]'],
    ['Flatten', ['float32[2,3,4]'], { axis: 0n }, 'float32[1,24]'],
    ['Flatten', ['float32[2,3,4]'], { axis: 3n }, 'float32[24,1]'],
    ['Flatten', ['float32[2,3,4]'], { axis: -1n }, 'float32[6,4]'],
    ['Flatten', ['float32'], {}, 'float32[?,?]'],
    ['Squeeze', ['float32[1,N,1]', 'int64[2]{0,-1}'], {}, 'float32[N]'],
    ['Squeeze', ['float32[1,3,1]'], {}, 'float32[3]'],
    ['Squeeze', ['float32[1,N,1]'], {}, 'float32'],
    ['Squeeze', ['float32[1,3]', 'int64[1]'], {}, 'float32'],
    ['Unsqueeze', ['float32[N]', 'int64[2]{0,-1}'], {}, 'float32[1,N,1]'],
    ['Unsqueeze', ['float32[N]', 'int64[2]'], {}, 'float32[?,?,?]'],
    ['Transpose', ['float32[2,3,N]'], {}, 'float32[N,3,2]'],
    ['Transpose', ['float32[2,3,N]'], { perm: [0n, 2n, 1n] }, 'float32[2,N,3]'],
    ['Transpose', ['float32'], { perm: [1n, 0n] }, 'float32[?,?]'],
    ['Expand', ['float32[1,3]', 'int64[3]{4,2,1}'], {}, 'float32[4,2,3]'],
    ['Expand', ['float32[N,1]', 'int64[2]'], {}, 'float32[?,?]'],
    ['Tile', ['float32[2,N]', 'int64[2]{3,2}'], {}, 'float32[6,?]'],
    ['Tile', ['float32[2,N]', 'int64[2]{1,1}'], {}, 'float32[2,N]'],
    ['DepthToSpace', ['float32[N,8,2,3]'], { blocksize: 2n }, 'float32[N,2,4,6]'],
    ['SpaceToDepth', ['float32[N,2,4,6]'], { blocksize: 2n }, 'float32[N,8,2,3]'],
  ])('%s of %j %o', (operator, inputs, attributes, output) => {
    expect(inferNode(operator, inputs, { attributes })).toEqual([output]);
  });

  test.each<[string, string[], Attributes, string]>([
    ['Squeeze', ['float32[2]', 'int64[1]{0}'], {}, 'axis 0 has the size 2 and cannot be left out'],
    ['Squeeze', ['float32[1]', 'int64[1]{3}'], {}, 'axis 3 is out of range for rank 1'],
    ['Unsqueeze', ['float32[1]', 'int64[2]{0,0}'], {}, 'axes [0,0] name one axis twice'],
    ['Unsqueeze', ['float32[1]'], {}, 'it has no axes'],
    ['Flatten', ['float32[2]'], { axis: 5n }, 'axis 5 is out of range for rank 2'],
    ['Transpose', ['float32[2,3]'], { perm: [0n, 0n] }, 'perm [0,0] does not order 2 axes'],
    ['Tile', ['float32[2,3]', 'int64[1]{2}'], {}, '1 repeats are given for a rank of 2'],
    ['DepthToSpace', ['float32[1,6,2,2]'], { blocksize: 2n }, 'a dim of 6 cannot be divided by 4'],
  ])('%s of %j %o cannot be', (operator, inputs, attributes, problem) => {
    expect(problemsOf(operator, inputs, { attributes })).toEqual([problem]);
  });

  test('axes were attributes before opset 13', () => {
    expect(inferNode('Squeeze', ['float32[1,N]'], { opset: 11, attributes: { axes: [0n] } })).toEqual(['float32[N]']);
    expect(inferNode('Unsqueeze', ['float32[N]'], { opset: 11, attributes: { axes: [1n] } })).toEqual(['float32[N,1]']);
  });
});

describe('joining and splitting', () => {
  test.each<[string[], bigint, string]>([
    [['float32[N,2]', 'float32[N,3]'], 1n, 'float32[N,5]'],
    [['float32[N,2]', 'float32[4,2]'], 0n, 'float32[?,2]'],
    [['float32[?,2]', 'float32[4,?]'], -1n, 'float32[4,?]'],
    [['float32[2,3]', 'float32'], 0n, 'float32[?,3]'],
  ])('Concat of %j', (inputs, axis, output) => {
    expect(inferNode('Concat', inputs, { attributes: { axis } })).toEqual([output]);
  });

  test('Concat of shapes that do not meet', () => {
    expect(problemsOf('Concat', ['float32[2,3]', 'float32[4,5]'], { attributes: { axis: 0n } })).toEqual([
      'a dim is both 3 and 5',
    ]);
    expect(problemsOf('Concat', ['float32[2,3]', 'float32[2]'], { attributes: { axis: 0n } })).toEqual([
      'ranks 2 and 1 cannot be joined',
    ]);
    expect(problemsOf('Concat', ['float32[2]'])).toEqual(['it has no axis']);
  });

  test.each<[string[], NodeCase, string[]]>([
    [['float32[6,N]'], {}, ['float32[3,N]', 'float32[3,N]']],
    [['float32[7]'], {}, ['float32[4]', 'float32[3]']],
    [['float32[7]', 'int64[2]{2,5}'], {}, ['float32[2]', 'float32[5]']],
    [['float32[N,8]'], { attributes: { axis: 0n }, opset: 13 }, ['float32[?,8]', 'float32[?,8]']],
    [['float32[7]'], { attributes: { split: [2n, 5n] }, opset: 11 }, ['float32[2]', 'float32[5]']],
    [['float32'], {}, ['float32', 'float32']],
  ])('Split of %j %o', (inputs, options, outputs) => {
    expect(inferNode('Split', inputs, { ...options, outputs: 2 })).toEqual(outputs);
  });

  test('Split into sizes that do not add up', () => {
    expect(problemsOf('Split', ['float32[7]', 'int64[2]{2,4}'], { outputs: 2 })).toEqual([
      'the sizes [2,4] do not add up to 7',
    ]);
    expect(problemsOf('Split', ['float32[7]'], { outputs: 2, opset: 13 })).toEqual([
      'a dim of 7 cannot be split into 2 equal pieces',
    ]);
  });

  test.each<[string[], NodeCase, string]>([
    [['float32[2,N]', 'int64[4]{1,0,2,0}'], {}, 'float32[5,N]'],
    [['float32[2,N]', 'int64[2]{0,1}', '', 'int64[1]{-1}'], {}, 'float32[2,?]'],
    [['float32[5]', 'int64[2]{-1,-2}'], {}, 'float32[2]'],
    [['float32[2,3]', 'int64[4]'], {}, 'float32[?,?]'],
    [['float32[2]'], { opset: 2, attributes: { pads: [1n, 1n] } }, 'float32[4]'],
  ])('Pad of %j %o', (inputs, options, output) => {
    expect(inferNode('Pad', inputs, options)).toEqual([output]);
  });

  test('more is cut off than there is', () => {
    expect(problemsOf('Pad', ['float32[2]', 'int64[2]{-2,-2}'])).toEqual(['its output would have a dim of -2']);
  });
});

describe('Resize', () => {
  test.each<[string[], NodeCase, string]>([
    [['float32[1,3,10,W]', '', 'float32[4]{1,1,2,2}'], {}, 'float32[1,3,20,?]'],
    [['float32[1,3,10,10]', '', 'float32[4]{1,1,0.5,0.25}'], {}, 'float32[1,3,5,2]'],
    [['float32[N,3,H,W]', '', '', 'int64[4]{1,3,20,30}'], {}, 'float32[1,3,20,30]'],
    [['float32[N,3,H,W]', '', '', 'int64[2]{20,30}'], { attributes: { axes: [2n, 3n] } }, 'float32[N,3,20,30]'],
    [
      ['float32[1,1,10,20]', '', '', 'int64[2]{5,5}'],
      { attributes: { axes: [2n, 3n], keep_aspect_ratio_policy: 'not_larger' } },
      'float32[1,1,3,5]',
    ],
    [['float32[1,3,H,W]', '', 'float32[4]'], {}, 'float32[?,?,?,?]'],
    [['float32[1,3,4,4]', 'float32[4]{1,1,2,2}'], { opset: 10 }, 'float32[1,3,8,8]'],
  ])('%j %o', (inputs, options, output) => {
    expect(inferNode('Resize', inputs, options)).toEqual([output]);
  });

  test('sizes count where there are scales of unknown number beside them', () => {
    const inputs = ['float32[1,3,H,W]', '', 'float32[?]', 'int64[4]{1,3,8,9}'];
    expect(inferNode('Resize', inputs, { opset: 11 })).toEqual(['float32[1,3,8,9]']);
    const empty = ['float32[1,1,2,2]', '', 'float32[4]{1,1,2,2}', 'int64[0]{}'];
    expect(inferNode('Resize', empty, { opset: 11 })).toEqual(['float32[1,1,4,4]']);
  });

  test('scales of another rank', () => {
    expect(problemsOf('Resize', ['float32[1,3,4,4]', '', 'float32[2]{2,2}'])).toHaveLength(1);
  });

  test('Upsample took its scales from an attribute first', () => {
    expect(inferNode('Upsample', ['float32[1,1,2,3]'], { opset: 7, attributes: { scales: [1, 1, 2, 2] } })).toEqual([
      'float32[1,1,4,6]',
    ]);
    expect(inferNode('Upsample', ['float32[1,1,2,3]', 'float32[4]{1,1,2,2}'], { opset: 9 })).toEqual([
      'float32[1,1,4,6]',
    ]);
  });
});
