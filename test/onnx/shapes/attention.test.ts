import { describe, expect, test } from 'vitest';
import { makeGraph, makeNode } from '../../../src/onnx/build.ts';
import { inferTypes } from '../../../src/onnx/shapes/infer.ts';
import { inferNode, modelOf, problemsOf, valueInfo } from './notation.ts';

const PAST = ['', 'float32[B,2,P,8]', 'float32[B,2,P,16]'];

describe('Attention', () => {
  test('takes tensors of rank 3 and 4', () => {
    expect(problemsOf('Attention', ['float32[2,3]', 'float32[2,3]', 'float32[2,3]'])).toEqual([
      'input 0 has rank 2 instead of 3 or 4',
    ]);
  });

  test('heads on an axis of their own', () => {
    const inputs = ['float32[B,4,S,8]', 'float32[B,2,6,8]', 'float16[B,2,6,16]'];
    expect(inferNode('Attention', inputs, { outputs: 4 })).toEqual([
      'float32[B,4,S,16]',
      'float32[B,2,6,8]',
      'float16[B,2,6,16]',
      'float32[B,4,S,6]',
    ]);
  });

  test('heads side by side', () => {
    const attributes = { q_num_heads: 4n, kv_num_heads: 2n };
    const inputs = ['float32[B,S,32]', 'float32[B,6,16]', 'float32[B,6,32]'];
    expect(inferNode('Attention', inputs, { attributes, outputs: 4 })).toEqual([
      'float32[B,S,64]',
      'float32[B,2,6,8]',
      'float32[B,2,6,16]',
      'float32[B,4,S,6]',
    ]);
  });

  test('the cache grows by the new keys', () => {
    const known = ['', 'float32[B,2,10,8]', 'float32[B,2,10,16]'];
    const inputs = ['float32[B,4,S,8]', 'float32[B,2,6,8]', 'float32[B,2,6,16]'];
    expect(inferNode('Attention', [...inputs, ...known], { outputs: 2 })).toEqual([
      'float32[B,4,S,16]',
      'float32[B,2,16,8]',
    ]);
    expect(inferNode('Attention', [...inputs, ...PAST], { outputs: 2 })[1]).toBe('float32[B,2,?,8]');
  });

  test('without shapes only the types are known', () => {
    expect(inferNode('Attention', ['float32', 'float32', 'float32'])).toEqual(['float32']);
  });
});

test('FlexAttention infers the graphs that change the scores', () => {
  const score = makeGraph({
    name: 'score',
    nodes: [makeNode('Identity', ['s'], ['t'])],
    inputs: [valueInfo('s', 'float32')],
    outputs: [{ name: 't', metadataProps: [] }],
  });
  const domain = 'ai.onnx.preview';
  const node = makeNode('FlexAttention', ['in0', 'in1', 'in2'], ['out'], { domain, attributes: { score_mod: score } });
  const model = modelOf([node], ['float16[B,4,S,8]', 'float16[B,2,6,8]', 'float16[B,2,6,16]'], ['out'], { domain });
  const found = inferTypes(model);
  expect(found.tensors.out).toMatchObject({ dataType: 'float16', shape: ['B', 4, 'S', 16] });
  expect(found.subgraphs[0]?.tensors.t).toMatchObject({ dataType: 'float32', shape: ['B', 4, 'S', 6] });
});

test('LinearAttention keeps a state of the size of a key and a value', () => {
  const attributes = { q_num_heads: 4n, kv_num_heads: 2n };
  const inputs = ['float16[B,T,32]', 'float16[B,T,16]', 'float16[B,T,32]'];
  expect(inferNode('LinearAttention', inputs, { attributes, outputs: 2 })).toEqual([
    'float16[B,T,64]',
    'float16[B,2,8,16]',
  ]);
  const past = [...inputs.slice(0, 2), 'float16[B,T,V]', 'float32[B,2,8,D]'];
  expect(inferNode('LinearAttention', past, { attributes, outputs: 2 })[1]).toBe('float32[B,2,8,D]');
});

test('CausalConvWithState keeps the last positions that the kernel looks back to', () => {
  const inputs = ['float32[B,6,L]', 'float32[6,1,4]'];
  expect(inferNode('CausalConvWithState', inputs, { outputs: 2 })).toEqual(['float32[B,6,L]', 'float32[B,6,3]']);
});

test('what is rotated or written to keeps its shape', () => {
  expect(inferNode('RotaryEmbedding', ['float32[B,4,S,8]', 'float32[9,4]', 'float32[9,4]'])).toEqual([
    'float32[B,4,S,8]',
  ]);
  expect(inferNode('TensorScatter', ['float32[B,4,9,8]', 'float32[B,4,1,8]', 'int64[B]'])).toEqual([
    'float32[B,4,9,8]',
  ]);
});
