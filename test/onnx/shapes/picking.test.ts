import { describe, expect, test } from 'vitest';
import { inferNode, type NodeCase, problemsOf } from './notation.ts';

type Attributes = NonNullable<NodeCase['attributes']>;

describe('Slice', () => {
  const slice = (data: string, ...bounds: number[]): string => {
    const inputs = [data, ...bounds.map((bound) => `int64[1]{${bound}}`)];
    return inferNode('Slice', inputs)[0] as string;
  };

  test.each([
    ['float32[10]', [2, 5, 0], 'float32[3]'],
    ['float32[10]', [-3, 1e9, 0], 'float32[3]'],
    ['float32[10]', [0, -1, 0], 'float32[9]'],
    ['float32[10]', [5, 2, 0], 'float32[0]'],
    ['float32[10]', [0, 10, 0, 3], 'float32[4]'],
    ['float32[10]', [-1, -2147483648, 0, -1], 'float32[10]'],
    ['float32[10]', [8, 2, 0, -2], 'float32[3]'],
    ['float32[N,8]', [0, 2147483647, 0], 'float32[N,8]'],
    ['float32[N,8]', [1, 2147483647, 0], 'float32[?,8]'],
    ['float32[N,8]', [0, 5, 0], 'float32[?,8]'],
    ['float32[N,8]', [-1, -2147483648, 0, -1], 'float32[N,8]'],
    ['float32[N,8]', [1, 3, -1], 'float32[N,2]'],
  ])('%s[%j]', (data, bounds, output) => {
    expect(slice(data, ...bounds)).toBe(output);
  });

  test('bounds that are not known leave their axes open', () => {
    expect(inferNode('Slice', ['float32[4,N]', 'int64[1]', 'int64[1]', 'int64[1]{0}'])).toEqual(['float32[?,N]']);
    expect(inferNode('Slice', ['float32[4,N]', 'int64[1]', 'int64[1]', 'int64[1]'])).toEqual(['float32[?,?]']);
  });

  test('bounds were attributes before opset 10', () => {
    const attributes = { starts: [1n], ends: [3n] };
    expect(inferNode('Slice', ['float32[4,N]'], { opset: 9, attributes })).toEqual(['float32[2,N]']);
  });

  test.each<[string[], string]>([
    [['float32[4]', 'int64[1]{0}', 'int64[1]{1}', 'int64[1]{4}'], 'axis 4 is out of range for rank 1'],
    [['float32[4]', 'int64[1]{0}', 'int64[1]{1}', 'int64[1]{0}', 'int64[1]{0}'], 'a step is 0'],
    [['float32[4,4]', 'int64[2]{0,0}', 'int64[1]{1}'], '1 bounds are given for 2 axes'],
  ])('%j cannot be', (inputs, problem) => {
    expect(problemsOf('Slice', inputs)).toEqual([problem]);
  });
});

describe('picking by index', () => {
  test.each<[string, string[], Attributes, string[]]>([
    ['Gather', ['float32[5,N,7]', 'int64[2,M]'], { axis: 1n }, ['float32[5,2,M,7]']],
    ['Gather', ['float32[5,N]', 'int64[]'], {}, ['float32[N]']],
    ['Gather', ['float32', 'int64[2]'], {}, ['float32']],
    ['GatherElements', ['float32[5,N]', 'int64[2,3]'], {}, ['float32[2,3]']],
    ['GatherND', ['float32[2,3,4]', 'int64[5,2]'], {}, ['float32[5,4]']],
    ['GatherND', ['float32[B,3,4]', 'int64[B,5,1]'], { batch_dims: 1n }, ['float32[B,5,4]']],
    ['GatherND', ['float32[2,3,4]', 'int64[5,K]'], {}, ['float32']],
    ['ScatterND', ['float32[N,4]', 'int64[2,1]', 'float32[2,4]'], {}, ['float32[N,4]']],
    ['OneHot', ['int64[B,S]', 'int64[]{10}', 'float32[2]'], {}, ['float32[B,S,10]']],
    ['OneHot', ['int64[B,S]', 'int64[]', 'float32[2]'], { axis: 0n }, ['float32[?,B,S]']],
    ['TopK', ['float32[N,100]', 'int64[1]{5}'], {}, ['float32[N,5]', 'int64[N,5]']],
    ['NonZero', ['float32[N,3]'], {}, ['int64[2,?]']],
    ['NonZero', ['int64[3]{1,0,2}'], {}, ['int64[1,2]']],
    ['ArgMax', ['float32[N,10]'], { axis: -1n, keepdims: 0n }, ['int64[N]']],
    ['ArgMin', ['float32[N,10]'], { axis: 1n }, ['int64[N,1]']],
  ])('%s of %j %o', (operator, inputs, attributes, outputs) => {
    expect(inferNode(operator, inputs, { attributes, outputs: outputs.length })).toEqual(outputs);
  });

  test.each<[string, string[], Attributes, string]>([
    ['Gather', ['float32[5]', 'int64[1]'], { axis: 1n }, 'axis 1 is out of range for rank 1'],
    ['GatherND', ['float32[5]', 'int64[1,2]'], {}, '2 coordinates are given for a rank of 1'],
    ['GatherND', ['float32[]', 'int64[1,2]'], {}, 'a scalar has no coordinates'],
    ['TopK', ['float32[3]', 'int64[1]{5}'], {}, 'the 5 largest of 3 elements are asked for'],
    ['OneHot', ['int64[2]', 'int64[]{-1}', 'float32[2]'], {}, 'its output would have a dim of -1'],
    ['ArgMax', ['float32[3]'], { axis: 2n }, 'axis 2 is out of range for rank 1'],
  ])('%s of %j %o cannot be', (operator, inputs, attributes, problem) => {
    expect(problemsOf(operator, inputs, { attributes })).toEqual([problem]);
  });
});

describe('reductions', () => {
  test.each<[string, string[], NodeCase, string]>([
    ['ReduceMean', ['float32[N,3,4]', 'int64[1]{-1}'], {}, 'float32[N,3,1]'],
    ['ReduceMean', ['float32[N,3,4]', 'int64[1]{-1}'], { attributes: { keepdims: 0n } }, 'float32[N,3]'],
    ['ReduceSum', ['float32[N,3]'], {}, 'float32[1,1]'],
    ['ReduceSum', ['float32[N,3]'], { attributes: { noop_with_empty_axes: 1n } }, 'float32[N,3]'],
    ['ReduceMax', ['float32[N,3]', 'int64[1]'], {}, 'float32[?,?]'],
    ['ReduceMax', ['float32[N,3]', 'int64[1]'], { attributes: { keepdims: 0n } }, 'float32'],
    ['ReduceMean', ['float32[N,3]'], { opset: 17, attributes: { axes: [1n] } }, 'float32[N,1]'],
    ['ReduceSum', ['float32[N,3]', 'int64[1]{1}'], { opset: 13 }, 'float32[N,1]'],
  ])('%s of %j %o', (operator, inputs, options, output) => {
    expect(inferNode(operator, inputs, options)).toEqual([output]);
  });
});
