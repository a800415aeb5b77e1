/** Operators of com.microsoft that ONNX Runtime has no CPU kernel for; the others are compared with it in test/integration. */
import { expect, test } from 'vitest';
import { inferNode, type NodeCase, problemsOf } from './notation.ts';

const ms = (operator: string, inputs: readonly string[], options: NodeCase = {}): string[] =>
  inferNode(operator, inputs, { domain: 'com.microsoft', ...options });

test('inputs of the wrong rank are problems, not crashes', () => {
  const of = (operator: string, inputs: readonly string[], attributes = {}) =>
    problemsOf(operator, inputs, { domain: 'com.microsoft', attributes });
  expect(of('Attention', ['float32[2,3]', 'float32[3,9]'])).toEqual(['input 0 has rank 2 instead of 3']);
  expect(of('NhwcConv', ['float32[2]', 'float32[2]'])).toEqual(['an input of rank 1 has no spatial axes']);
  expect(of('ExpandDims', ['float32[2]', 'int32[]{7}'])).toEqual(['axis 7 is out of range for rank 2']);
  expect(of('MatMulNBits', ['float32[]', 'uint8[4,1,8]', 'float32[4,1]'], { N: 4n })).toEqual([]);
});

test('packed attention has no batch axis', () => {
  const attributes = { num_heads: 4n };
  const rest = ['int32[B,S]', 'int32[C]'];
  expect(ms('PackedAttention', ['float16[T,32]', 'float16[32,96]', 'float16[96]', ...rest], { attributes })).toEqual([
    'float16[T,32]',
  ]);
  expect(ms('PackedMultiHeadAttention', ['float16[T,4,3,8]', '', '', '', ...rest], { attributes })).toEqual([
    'float16[T,32]',
  ]);
});

test('a decoder that shares its cache keeps the size of it', () => {
  const inputs = ['float16[B,1,32]', 'float16[B,1,32]', 'float16[B,1,32]', '', ''];
  const past = ['float16[B,4,M,8]', 'float16[B,4,M,8]'];
  const attributes = { num_heads: 4n, past_present_share_buffer: 1n };
  expect(ms('DecoderMaskedMultiHeadAttention', [...inputs, ...past], { attributes, outputs: 3 })).toEqual([
    'float16[B,1,32]',
    'float16[B,4,M,8]',
    'float16[B,4,M,8]',
  ]);
});

test('attention that keeps the shape, or writes into its cache', () => {
  expect(ms('LongformerAttention', ['float16[B,S,32]'])).toEqual(['float16[B,S,32]']);
  const cache = 'float16[B,2,M,8]';
  const attributes = { num_heads: 4n, kv_num_heads: 2n };
  const inputs = ['float16[B,S,32]', 'float16[B,S,16]', 'float16[B,S,16]', cache, cache];
  expect(ms('SparseAttention', inputs, { attributes, outputs: 3 })).toEqual(['float16[B,S,32]', cache, cache]);
});

test('a bias for each distance', () => {
  expect(ms('RelativePositionBias', ['float16[32,4]', 'int64[]{6}', 'int64[]{9}'])).toEqual(['float16[1,4,6,9]']);
});

test('the channels come last', () => {
  const attributes = { strides: [2n, 2n], pads: [1n, 1n, 1n, 1n] };
  expect(ms('NhwcConv', ['float16[N,8,8,3]', 'float16[5,3,3,3]'], { attributes })).toEqual(['float16[N,4,4,5]']);
  expect(ms('NhwcConv', ['float16[N,8,8,3]', 'float16'], { attributes })).toEqual(['float16[N,?,?,?]']);
});

test('a gate and what it lets through may lie in one tensor', () => {
  expect(ms('SwiGLU', ['float16[N,8]'])).toEqual(['float16[N,4]']);
  expect(ms('SwiGLU', ['float16[N,8]', 'float16[N,8]'])).toEqual(['float16[N,8]']);
  expect(ms('BiasSplitGelu', ['float16[N,S,8]', 'float16[8]'])).toEqual(['float16[N,S,4]']);
});

test('searches give as many texts of such a length as they are told', () => {
  const beams = ['int32[B,S]', 'int32[1]{20}', '', 'int32[1]{4}', 'int32[1]{2}'];
  expect(ms('BeamSearch', beams)).toEqual(['int32[B,2,20]']);
  expect(ms('GreedySearch', ['int32[B,S]', 'int32[1]{20}'])).toEqual(['int32[B,20]']);
});

test('embeddings, dropped values, group norms and transforms', () => {
  expect(ms('TorchEmbedding', ['float32[90,32]', 'int64[B,S]'])).toEqual(['float32[B,S,32]']);
  expect(ms('BiasDropout', ['float16[N,8]', 'float16[8]'], { outputs: 2 })).toEqual(['float16[N,8]', 'bool[N,8]']);
  expect(ms('SkipGroupNorm', ['float16[N,8,8,4]'], { outputs: 2 })).toEqual(['float16[N,8,8,4]', 'float16[N,8,8,4]']);
  expect(ms('Rfft', ['float32[N,16]'])).toEqual(['float32[N,9,2]']);
  expect(ms('Irfft', ['float32[N,9,2]'])).toEqual(['float32[N,16]']);
});

test('products of matrices in 8 bits have the type that they are asked for', () => {
  const inputs = ['float8e4m3fn[5,3]', 'float8e4m3fn[7,3]'];
  expect(ms('GemmFloat8', inputs, { attributes: { transB: 1n, dtype: 10n } })).toEqual(['float16[5,7]']);
});
