import { describe, expect, test } from 'vitest';
import { inferNode, type NodeCase, problemsOf } from './notation.ts';

type Attributes = NonNullable<NodeCase['attributes']>;

describe('convolution', () => {
  test.each<[string, string, Attributes, string]>([
    [
      'float32[1,3,224,224]',
      'float32[64,3,7,7]',
      { strides: [2n, 2n], pads: [3n, 3n, 3n, 3n] },
      'float32[1,64,112,112]',
    ],
    ['float32[N,8,H,W]', 'float32[8,1,3,3]', { group: 8n, pads: [1n, 1n, 1n, 1n] }, 'float32[N,8,H,W]'],
    ['float32[N,8,H,9]', 'float32[4,8,3,3]', {}, 'float32[N,4,?,7]'],
    ['float32[1,1,10]', 'float32[1,1,3]', { dilations: [2n] }, 'float32[1,1,6]'],
    ['float32[1,1,5,5]', 'float32[1,1,3,3]', { auto_pad: 'SAME_UPPER', strides: [2n, 2n] }, 'float32[1,1,3,3]'],
    ['float32[1,1,5,W]', 'float32[1,1,3,3]', { auto_pad: 'SAME_LOWER' }, 'float32[1,1,5,W]'],
    ['float32[1,1,5,5]', 'float32[1,1,3,3]', { auto_pad: 'VALID' }, 'float32[1,1,3,3]'],
    ['float32[1,3,8,8]', 'float32', { kernel_shape: [3n, 3n] }, 'float32[1,?,6,6]'],
    ['float32', 'float32[4,3,3,3]', {}, 'float32'],
  ])('Conv of %s with %s', (data, weights, attributes, output) => {
    expect(inferNode('Conv', [data, weights], { attributes })).toEqual([output]);
  });

  test.each<[string, string, string, Attributes]>([
    ['a kernel that is larger than the image', 'float32[1,3,2,2]', 'float32[4,3,5,5]', {}],
    ['channels that do not meet', 'float32[1,3,8,8]', 'float32[4,4,3,3]', {}],
    ['a kernel of another rank', 'float32[1,3,8,8]', 'float32[4,3,3]', {}],
    ['a stride of 0', 'float32[1,3,8,8]', 'float32[4,3,3,3]', { strides: [0n, 1n] }],
    ['too few pads', 'float32[1,3,8,8]', 'float32[4,3,3,3]', { pads: [1n] }],
    ['no spatial axis', 'float32[1,3]', 'float32[4,3]', {}],
  ])('%s is a problem', (_, data, weights, attributes) => {
    expect(inferNode('Conv', [data, weights], { attributes })).toEqual(['']);
    expect(problemsOf('Conv', [data, weights], { attributes })).toHaveLength(1);
  });

  test('ConvTranspose goes the way back', () => {
    const inputs = ['float32[1,8,7,W]', 'float32[8,2,3,3]'];
    const strides = { strides: [2n, 2n] };
    expect(inferNode('ConvTranspose', inputs, { attributes: { ...strides, group: 2n } })).toEqual([
      'float32[1,4,15,?]',
    ]);
    expect(inferNode('ConvTranspose', inputs, { attributes: { ...strides, output_padding: [1n, 1n] } })).toEqual([
      'float32[1,2,16,?]',
    ]);
    expect(inferNode('ConvTranspose', inputs, { attributes: { ...strides, auto_pad: 'SAME_UPPER' } })).toEqual([
      'float32[1,2,14,?]',
    ]);
    expect(inferNode('ConvTranspose', inputs, { attributes: { ...strides, output_shape: [20n, 30n] } })).toEqual([
      'float32[1,2,20,30]',
    ]);
  });

  test('the quantized ones take their weights from another input, and their type from the zero point', () => {
    const zero = ['float32[]', 'uint8[]'];
    const inputs = ['uint8[1,3,8,8]', ...zero, 'int8[4,3,3,3]', 'float32[]', 'int8[]', 'float32[]', 'int8[]'];
    expect(inferNode('QLinearConv', inputs)).toEqual(['int8[1,4,6,6]']);
    expect(inferNode('ConvInteger', ['uint8[1,3,8,8]', 'uint8[4,3,3,3]'])).toEqual(['int32[1,4,6,6]']);
  });
});

describe('pooling', () => {
  const kernel = { kernel_shape: [3n, 3n], strides: [2n, 2n] };

  test.each<[string, Attributes, string]>([
    ['float32[1,3,8,8]', kernel, 'float32[1,3,3,3]'],
    ['float32[1,3,8,8]', { ...kernel, ceil_mode: 1n }, 'float32[1,3,4,4]'],
    ['float32[1,3,8,H]', { ...kernel, auto_pad: 'SAME_UPPER' }, 'float32[1,3,4,?]'],
    // The window that would begin behind the last element is left out: 2 + 1 pads hold two windows of 2 in steps of 2, not three.
    [
      'float32[1,1,2,2]',
      { kernel_shape: [1n, 1n], strides: [2n, 2n], pads: [0n, 0n, 1n, 1n], ceil_mode: 1n },
      'float32[1,1,1,1]',
    ],
  ])('MaxPool of %s', (input, attributes, output) => {
    expect(inferNode('MaxPool', [input], { attributes, outputs: 2 })).toEqual([
      output,
      output.replace('float32', 'int64'),
    ]);
  });

  test('without a kernel there is no pooling', () => {
    expect(problemsOf('AveragePool', ['float32[1,3,8,8]'])).toEqual(['it has no kernel_shape']);
  });

  test('global pooling leaves one element of each channel', () => {
    expect(inferNode('GlobalAveragePool', ['float32[N,8,H,W]'])).toEqual(['float32[N,8,1,1]']);
  });

  test('MaxUnpool', () => {
    const attributes = { kernel_shape: [2n, 2n], strides: [2n, 2n] };
    expect(inferNode('MaxUnpool', ['float32[1,1,2,2]', 'int64[1,1,2,2]'], { attributes })).toEqual([
      'float32[1,1,4,4]',
    ]);
    const sized = ['float32[1,1,2,2]', 'int64[1,1,2,2]', 'int64[4]{1,1,5,5}'];
    expect(inferNode('MaxUnpool', sized, { attributes })).toEqual(['float32[1,1,5,5]']);
  });
});

describe('matrices', () => {
  test.each([
    [['float32[2,3]', 'float32[3,4]'], 'float32[2,4]'],
    [['float32[B,1,M,K]', 'float32[8,K,N]'], 'float32[B,8,M,N]'],
    [['float32[3]', 'float32[3,4]'], 'float32[4]'],
    [['float32[2,3]', 'float32[3]'], 'float32[2]'],
    [['float32[3]', 'float32[3]'], 'float32[]'],
    [['float32', 'float32[3,4]'], 'float32'],
  ])('MatMul of %j', (inputs, output) => {
    expect(inferNode('MatMul', inputs)).toEqual([output]);
  });

  test('a scalar is no matrix', () => {
    expect(problemsOf('MatMul', ['float32[]', 'float32[2,2]'])).toEqual(['a scalar is no matrix']);
  });

  test('Gemm transposes first', () => {
    expect(inferNode('Gemm', ['float32[K,N]', 'float32[10,K]'], { attributes: { transA: 1n, transB: 1n } })).toEqual([
      'float32[N,10]',
    ]);
    expect(problemsOf('Gemm', ['float32[2,3,4]', 'float32[4,5]'])).toEqual(['input 0 has rank 3 instead of 2']);
  });

  test.each([
    ['bij,bjk->bik', ['float32[B,2,3]', 'float32[B,3,4]'], 'float32[B,2,4]'],
    ['...ii->...i', ['float32[B,2,3,3]'], 'float32[B,2,3]'],
    ['ij,jk', ['float32[2,3]', 'float32[3,4]'], 'float32[2,4]'],
    ['i,i->', ['float32[N]', 'float32[N]'], 'float32[]'],
    ['bn...,n...->b...', ['float32[B,N,1,5]', 'float32[N,4,1]'], 'float32[B,4,5]'],
    ['i j -> j i', ['float32[2,3]'], 'float32[3,2]'],
  ])('Einsum %s', (equation, inputs, output) => {
    expect(inferNode('Einsum', inputs, { attributes: { equation } })).toEqual([output]);
  });

  test.each([
    ['ij->ik', ['float32[2,3]'], 'no input has the axis k'],
    ['ijk->i', ['float32[2,3]'], 'ijk does not fit a rank of 2'],
    ['ij,jk->ik', ['float32[2,3]'], '"ij,jk->ik" names 2 of 1 inputs'],
    ['ij,jk->ik', ['float32[2,3]', 'float32[4,5]'], '3 and 4 cannot be broadcast to one another'],
  ])('Einsum %s of %j cannot be', (equation, inputs, problem) => {
    expect(problemsOf('Einsum', inputs, { attributes: { equation } })).toEqual([problem]);
  });
});

describe('normalization and recurrence', () => {
  test('LayerNormalization folds the axes from its own on', () => {
    expect(inferNode('LayerNormalization', ['float16[B,S,64]', 'float16[64]'], { outputs: 3 })).toEqual([
      'float16[B,S,64]',
      'float32[B,S,1]',
      'float32[B,S,1]',
    ]);
  });

  test('BatchNormalization learns its channels from any input', () => {
    const inputs = ['float32[N,?,H]', 'float32[8]', 'float32[8]', 'float32[8]', 'float32[8]'];
    expect(inferNode('BatchNormalization', inputs, { outputs: 3 })).toEqual([
      'float32[N,?,H]',
      'float32[8]',
      'float32[8]',
    ]);
    const wrong = ['float32[N,3,H]', 'float32[8]', 'float32[8]', 'float32[8]', 'float32[8]'];
    expect(problemsOf('BatchNormalization', wrong)).toEqual(['a dim is both 3 and 8']);
  });

  test('the mask of Dropout is boolean since opset 10', () => {
    expect(inferNode('Dropout', ['float32[N]'], { outputs: 2, opset: 13 })).toEqual(['float32[N]', 'bool[N]']);
    expect(inferNode('Dropout', ['float32[N]'], { outputs: 2, opset: 7 })).toEqual(['float32[N]', 'float32[N]']);
  });

  test('LSTM', () => {
    const inputs = ['float32[S,B,10]', 'float32[2,80,10]', 'float32[2,80,20]'];
    const attributes = { hidden_size: 20n, direction: 'bidirectional' };
    const state = 'float32[2,B,20]';
    expect(inferNode('LSTM', inputs, { attributes, outputs: 3 })).toEqual(['float32[S,2,B,20]', state, state]);
    const first = inferNode('GRU', ['float32[B,S,10]', 'float32[1,60,10]', 'float32[1,60,20]'], {
      attributes: { layout: 1n },
      outputs: 2,
    });
    expect(first).toEqual(['float32[B,S,1,20]', 'float32[B,1,20]']);
  });

  test('quantization', () => {
    expect(inferNode('QuantizeLinear', ['float32[N]', 'float32[]'])).toEqual(['uint8[N]']);
    expect(inferNode('QuantizeLinear', ['float32[N]', 'float32[]', 'int8[]'])).toEqual(['int8[N]']);
    expect(inferNode('QuantizeLinear', ['float32[N]', 'float32[]'], { attributes: { output_dtype: 22n } })).toEqual([
      'int4[N]',
    ]);
    expect(inferNode('DequantizeLinear', ['int8[N]', 'float16[]', 'int8[]'])).toEqual(['float16[N]']);
    expect(inferNode('DynamicQuantizeLinear', ['float32[N]'], { outputs: 3 })).toEqual([
      'uint8[N]',
      'float32[]',
      'uint8[]',
    ]);
  });
});
