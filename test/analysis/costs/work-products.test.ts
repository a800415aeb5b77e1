/** Convolutions, products, Einsum, recurrent layers, experts and transforms: each figure worked out by hand. */
import { describe, expect, test } from 'vitest';
import { estimateOf } from '../../../src/analysis/costs/work/registry.ts';
import { longs } from '../models.ts';
import { node, type Shapes, type WorkCase, workOf } from './views.ts';

describe('convolutions', () => {
  const conv = (operator: string, inputs = ['x', 'w']) => node(operator, inputs);
  test.each<WorkCase>([
    // 32 channels of 112 × 112, each from 3 channels of 3 × 3: the first layer of MobileNetV2.
    ['plain', conv('Conv'), { w: [32, 3, 3, 3], y: [1, 32, 112, 112] }, 10_838_016],
    ['depthwise', conv('Conv'), { w: [8, 1, 3, 3], y: [1, 8, 10, 10] }, 7200],
    ['of one dimension, batch 2', conv('Conv'), { w: [4, 6, 5], y: [2, 4, 9] }, 2 * 4 * 9 * 30],
    ['transposed', conv('ConvTranspose'), { x: [1, 4, 5, 5], w: [4, 2, 3, 3] }, 100 * 18],
    ['quantized', conv('QLinearConv', ['x', 's', 'z', 'w']), { w: [2, 3, 1, 1], y: [1, 2, 4, 4] }, 96],
    ['of integers', conv('ConvInteger'), { w: [2, 3, 1, 1], y: [1, 2, 4, 4] }, 96],
    ['fused', conv('com.microsoft::FusedConv'), { w: [2, 3, 1, 1], y: [1, 2, 4, 4] }, 96],
    // 2 × 3 × 3 outputs of 16 products, and 3 × 3 places × 4 channels × 4 taps with 4 neighbours each.
    ['deformable', conv('DeformConv'), { x: [1, 4, 4, 4], w: [2, 4, 2, 2], y: [1, 2, 3, 3] }, 18 * 16 + 9 * 4 * 4 * 4],
    ['causal', conv('CausalConvWithState'), { x: [2, 6, 10], w: [6, 1, 4] }, 2 * 6 * 10 * 4],
  ])('%s', (_, operator, shapes, macs) => {
    expect(workOf(operator, shapes)).toEqual({ macs, flops: 2 * macs });
  });
});

describe('products', () => {
  const product = (operator: string, attributes = {}) => node(operator, ['x', 'w'], ['y'], attributes);
  const fused = (attributes: Record<string, bigint>) => product('com.microsoft::FusedMatMul', attributes);
  const shape = [longs('shape', 64, 10)];
  test.each<WorkCase>([
    ['a stack of matrices', product('MatMul'), { x: [8, 128, 64], y: [8, 128, 32] }, 8 * 128 * 64 * 32],
    ['two vectors', product('MatMul'), { x: [7], y: [] }, 7],
    ['Gemm', product('Gemm'), { x: [2, 5], y: [2, 3] }, 30],
    ['Gemm of a transposed matrix', product('Gemm', { transA: 1n }), { x: [5, 2], y: [2, 3] }, 30],
    ['integers', product('MatMulInteger'), { x: [2, 5], y: [2, 3] }, 30],
    ['quantized', node('QLinearMatMul', ['x', 's', 'z', 'w']), { x: [2, 5], y: [2, 3] }, 30],
    ['fused, transposed', fused({ transA: 1n }), { x: [4, 5, 2], y: [4, 2, 3] }, 120],
    ['fused, batch behind', fused({ transA: 1n, transBatchA: 1n }), { x: [5, 4, 2], y: [4, 2, 3] }, 120],
    ['blocks of 4 bits', product('com.microsoft::MatMulNBits', { K: 64n, N: 10n }), { x: [3, 64] }, 1920],
    ['4 bits of bitsandbytes', product('com.microsoft::MatMulBnb4', { K: 64n, N: 10n }), { x: [3, 64] }, 1920],
    ['a constant shape', node('com.microsoft::MatMulFpQ4', ['x', 'w', 'shape']), { x: [3, 64] }, 1920, shape],
    ['gate and up', product('com.microsoft::MatMulNBitsMlp', { N: 10n }), { x: [3, 64] }, 3840],
    ['query, key, value', product('com.microsoft::MatMulNBitsQkv', { Nq: 8n, Nkv: 2n }), { x: [3, 64] }, 3 * 64 * 12],
    ['8-bit floats', product('com.microsoft::MatMulBlockQuantizedFp8Weight'), { x: [3, 64], w: [10, 64] }, 1920],
    ['determinants', product('Det'), { x: [2, 6, 6] }, 144],
    ['places of a grid', product('AffineGrid'), { y: [1, 4, 5, 2] }, 4 * 5 * 2 * 3],
    ['3 classes', product('ai.onnx.ml::LinearClassifier', { coefficients: [1, 2, 3, 4, 5, 6] }), { x: [5, 2] }, 30],
  ])('%s', (_, operator, shapes, macs, constants) => {
    expect(workOf(operator, shapes, constants)).toEqual({ macs, flops: 2 * macs });
  });

  test('where a size is open, work is not known', () => {
    const nothing = { macs: Number.NaN, flops: Number.NaN };
    expect(workOf(product('MatMul'), { x: ['n', 4], y: ['n', 3] })).toEqual(nothing);
    expect(workOf(node('Conv', ['x', 'w']), { w: [2, 3, 1, 1], y: null })).toEqual(nothing);
    expect(workOf(node('com.microsoft::MatMulFpQ4', ['x', 'w', 'shape']), { x: [3, 64] })).toEqual(nothing);
  });
});

describe('Einsum', () => {
  const einsum = (equation: string, inputs = ['a', 'b']) => node('Einsum', inputs, ['y'], { equation });
  const three = ['a', 'b', 'c'];
  test.each<WorkCase>([
    ['a product of matrices', einsum('bij, jk -> bik'), { a: [2, 3, 4], b: [4, 5] }, 120],
    ['an ellipsis for the batch', einsum('...ij,...jk->...ik'), { a: [7, 2, 3, 4], b: [7, 2, 4, 5] }, 14 * 60],
    ['an ellipsis that broadcasts', einsum('...ij,...jk->...ik'), { a: [7, 1, 3, 4], b: [2, 4, 5] }, 14 * 60],
    ['an ellipsis on one side', einsum('...i,i'), { a: [7, 4], b: [4] }, 28],
    ['an outer product', einsum('i,j->ij'), { a: [3], b: [4] }, 12],
    // i·j·k gives ik, then i·k·l.
    ['three operands, from the left', einsum('ij,jk,kl->il', three), { a: [2, 3], b: [3, 4], c: [4, 5] }, 24 + 40],
    ['letters that are summed early', einsum('ij,ij,i->', three), { a: [2, 9], b: [2, 9], c: [2] }, 18 + 2],
    ['letters that only the output needs', einsum('i,j,i', three), { a: [3], b: [4], c: [3] }, 12 + 12],
    ['one operand only moves', einsum('ij->ji', ['a']), { a: [2, 3] }, 0],
  ])('%s', (_, operator, shapes, macs) => {
    expect(workOf(operator, shapes)).toEqual({ macs, flops: 2 * macs });
  });

  test('is not known where a shape is not', () => {
    expect(workOf(einsum('ij,jk->ik'), { a: [2, 3], b: null })?.macs).toBeNaN();
  });
});

describe('recurrent layers', () => {
  const lstm = { x: [10, 2, 6], w: [1, 32, 6], r: [1, 32, 8] };
  test.each<WorkCase>([
    // 10 steps of 2 sequences: 4 gates × 8 hidden × (6 inputs + 8 hidden).
    ['LSTM', node('LSTM', ['x', 'w', 'r']), lstm, 20 * 32 * 14],
    ['both directions', node('LSTM', ['x', 'w', 'r']), { ...lstm, w: [2, 32, 6], r: [2, 32, 8] }, 20 * 2 * 32 * 14],
    ['peepholes', node('LSTM', ['x', 'w', 'r', '', '', '', '', 'p']), { ...lstm, p: [1, 24] }, 20 * (32 * 14 + 24)],
    ['GRU', node('GRU', ['x', 'w', 'r']), { x: [3, 1, 4], w: [1, 15, 4], r: [1, 15, 5] }, 3 * 15 * 9],
    ['RNN', node('RNN', ['x', 'w', 'r']), { x: [3, 1, 4], w: [1, 5, 4], r: [1, 5, 5] }, 3 * 5 * 9],
    [
      'quantized weights, which are transposed',
      node('com.microsoft::DynamicQuantizeLSTM', ['x', 'w', 'r']),
      { x: [10, 2, 6], w: [1, 6, 32], r: [1, 8, 32] },
      20 * 32 * 14,
    ],
  ])('%s', (_, operator, shapes, macs) => {
    expect(workOf(operator, shapes)?.macs).toBe(macs);
  });

  test('gates and cells are FLOPs beside the products, for each of the 8 hidden values', () => {
    const beside = (operator: string, rows: number): number => {
      const shapes = { x: [10, 2, 6], w: [1, rows, 6], r: [1, rows, 8] };
      const { macs, flops } = workOf(node(operator, ['x', 'w', 'r']), shapes) ?? { macs: 0, flops: 0 };
      return flops - 2 * macs;
    };
    expect([beside('LSTM', 32), beside('GRU', 24), beside('RNN', 8)]).toEqual([20 * 8 * 26, 20 * 8 * 20, 20 * 8 * 3]);
  });

  test('are an estimate where sequences may be shorter', () => {
    expect(estimateOf(node('LSTM', ['x', 'w', 'r']))).toBeUndefined();
    expect(estimateOf(node('LSTM', ['x', 'w', 'r', '', 'lengths']))).toContain('shorter');
  });
});

describe('mixtures of experts', () => {
  const layers = (operator: string) => node(operator, ['x', 'p', 'up', '', 'down'], ['y'], { k: 2n });
  test('each token passes the layers of k experts', () => {
    const shapes: Shapes = { x: [3, 8], up: [16, 32, 8], down: [16, 8, 32] };
    expect(workOf(layers('com.microsoft::MoE'), shapes)?.macs).toBe(3 * 2 * 2 * 256);
  });

  test('weights of 4 bits lie two in a byte', () => {
    const moe = node('com.microsoft::QMoE', ['x', 'p', 'up', 's', '', 'down', 's'], ['y'], { k: 2n });
    expect(workOf(moe, { x: [3, 8], up: [16, 32, 4], down: [16, 8, 16] })?.macs).toBe(3 * 2 * 2 * 256);
  });
});

describe('Fourier transforms', () => {
  const length = [longs('n', 8)];
  const rfft = node('com.microsoft::Rfft', ['x'], ['y'], { signal_ndim: 2n });
  test.each<WorkCase>([
    // 4 butterflies × 3 stages of one complex product, which is 4 real ones.
    ['a power of two', node('DFT', ['x']), { x: [1, 8, 1] }, 48],
    ['a length that is given', node('DFT', ['x', 'n']), { x: [5, 6, 1] }, 5 * 48, length],
    // Three transforms of 16 points, and chirps of 6, 16 and 6 complex products.
    ['another length', node('DFT', ['x']), { x: [1, 6, 1] }, 3 * 128 + 4 * 28],
    ['frames of a signal', node('STFT', ['x', 'step', 'window']), { window: [8], y: [2, 7, 5, 2] }, 14 * 48],
    ['frames without a window', node('STFT', ['x', 'step', '', 'n']), { y: [2, 7, 5, 2] }, 14 * 48, length],
    ['both dims of a picture', rfft, { x: [3, 4, 8] }, 3 * (4 * 48 + 8 * 16)],
  ])('%s', (_, operator, shapes, macs, constants) => {
    expect(workOf(operator, shapes, constants)?.macs).toBe(macs);
  });

  test('a butterfly takes 10 FLOPs, and the window one for each value', () => {
    expect(workOf(node('DFT', ['x']), { x: [1, 8, 1] })?.flops).toBe(12 * 10);
    expect(workOf(node('STFT', ['x', 's', 'window']), { window: [8], y: [1, 1, 5, 2] })?.flops).toBe(12 * 10 + 8);
  });
});
