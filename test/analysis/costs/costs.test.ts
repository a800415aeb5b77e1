import { describe, expect, test } from 'vitest';
import { KnownShapes } from '../../../src/analysis/costs/known-shapes.ts';
import { countMacs } from '../../../src/analysis/costs/macs.ts';
import { peakActivationBytes } from '../../../src/analysis/costs/memory.ts';
import { type AttributeValue, type Dim, makeNode, makeValueInfo } from '../../../src/onnx/build.ts';
import type { NodeProto } from '../../../src/onnx/proto.ts';
import { asModel, branch, matMulModel } from '../models.ts';

type Shapes = Record<string, readonly Dim[] | null>;

const known = (shapes: Shapes): KnownShapes =>
  new KnownShapes(
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { name, dataType: 'float32', shape }])),
  );

function macs(nodes: NodeProto[], shapes: Shapes): number | null {
  return countMacs(asModel(matMulModel({ nodes })).proto, known(shapes));
}

const node = (opType: string, inputs: string[], attributes: Record<string, AttributeValue> = {}, domain = '') =>
  makeNode(opType, inputs, ['y'], { attributes, domain });

describe('multiply-accumulates', () => {
  test.each<[string, NodeProto, Shapes, number]>([
    // 32 channels of 112×112, each from 3 channels of 3×3: 10 838 016, the first layer of MobileNetV2.
    [
      'a convolution',
      node('Conv', ['x', 'w']),
      { x: [1, 3, 224, 224], w: [32, 3, 3, 3], y: [1, 32, 112, 112] },
      10_838_016,
    ],
    ['a depthwise convolution', node('Conv', ['x', 'w'], { group: 8n }), { w: [8, 1, 3, 3], y: [1, 8, 10, 10] }, 7200],
    [
      'a transposed convolution',
      node('ConvTranspose', ['x', 'w']),
      { x: [1, 4, 5, 5], w: [4, 2, 3, 3], y: [1, 2, 7, 7] },
      100 * 18,
    ],
    ['a quantized convolution', node('QLinearConv', ['x', 's', 'z', 'w']), { w: [2, 3, 1, 1], y: [1, 2, 4, 4] }, 96],
    [
      'a product of matrices',
      node('MatMul', ['x', 'w']),
      { x: [8, 128, 64], w: [64, 32], y: [8, 128, 32] },
      8 * 128 * 64 * 32,
    ],
    ['a product of vectors', node('MatMul', ['x', 'w']), { x: [7], w: [7], y: [] }, 7],
    ['Gemm', node('Gemm', ['x', 'w']), { x: [2, 5], w: [5, 3], y: [2, 3] }, 30],
    ['Gemm of a transposed matrix', node('Gemm', ['x', 'w'], { transA: 1n }), { x: [5, 2], w: [5, 3], y: [2, 3] }, 30],
    // 10 steps, batch 2, both directions: 4 gates × 8 hidden × (6 inputs + 8 hidden).
    ['LSTM', node('LSTM', ['x', 'w', 'r']), { x: [10, 2, 6], w: [2, 32, 6], r: [2, 32, 8] }, 20 * 2 * 4 * 8 * 14],
    ['GRU', node('GRU', ['x', 'w', 'r']), { x: [3, 1, 4], w: [1, 15, 4], r: [1, 15, 5] }, 3 * 3 * 5 * 9],
    ['MatMulNBits', node('MatMulNBits', ['x', 'w', 's'], { K: 64n, N: 10n }, 'com.microsoft'), { x: [3, 64] }, 1920],
    ['Einsum', node('Einsum', ['x', 'w'], { equation: 'bij, jk -> bik' }), { x: [2, 3, 4], w: [4, 5] }, 120],
    ['Einsum of one tensor', node('Einsum', ['x'], { equation: 'ij->ji' }), { x: [2, 3] }, 0],
    ['element-wise work', node('Add', ['x', 'w']), { x: [9], w: [9], y: [9] }, 0],
  ])('%s', (_, operator, shapes, expected) => {
    expect(macs([operator], shapes)).toBe(expected);
  });

  test('are the sum over all nodes', () => {
    const nodes = [makeNode('MatMul', ['x', 'w'], ['a']), makeNode('MatMul', ['a', 'w'], ['y'])];
    expect(macs(nodes, { x: [1, 4], w: [4, 4], a: [1, 4], y: [1, 4] })).toBe(32);
  });

  test.each<[string, NodeProto, Shapes]>([
    ['a dim is open', node('MatMul', ['x', 'w']), { x: ['n', 4], w: [4, 3], y: ['n', 3] }],
    ['a rank is unknown', node('Conv', ['x', 'w']), { x: null, w: [2, 3, 1, 1], y: null }],
    ['a tensor was not inferred', node('Gemm', ['x', 'w']), {}],
    ['the operator has no formula', node('GroupQueryAttention', ['x'], {}, 'com.microsoft'), { x: [1, 2, 3] }],
    [
      'an equation has an ellipsis',
      node('Einsum', ['x', 'w'], { equation: '...i,ij->...j' }),
      { x: [2, 3], w: [3, 4] },
    ],
    [
      'the operator is in a branch',
      node('If', ['x'], { then_branch: branch([makeNode('MatMul', ['x', 'w'], ['z'])], 'z') }),
      { x: [1, 4], w: [4, 3], z: [1, 3] },
    ],
  ])('are not known where %s', (_, operator, shapes) => {
    expect(macs([operator], shapes)).toBeNull();
  });
});

describe('peak of activations', () => {
  const peak = (nodes: NodeProto[], shapes: Shapes): number | null => {
    const inputs = [makeValueInfo('x', 'float32', [4])];
    const { graph } = asModel(matMulModel({ nodes, inputs, outputs: [makeValueInfo('y', 'float32', [4])] })).proto;
    return peakActivationBytes(graph, known(shapes));
  };

  test('a chain keeps the input and two neighbours at a time', () => {
    const nodes = [
      makeNode('Relu', ['x'], ['a']),
      makeNode('Relu', ['a'], ['b']),
      makeNode('Relu', ['b'], ['c']),
      makeNode('Relu', ['c'], ['y']),
    ];
    expect(peak(nodes, { x: [4], a: [4], b: [4], c: [4], y: [4] })).toBe(3 * 16);
  });

  test('a skip connection stays alive until it is added', () => {
    const nodes = [
      makeNode('Relu', ['x'], ['a']),
      makeNode('Relu', ['a'], ['b']),
      makeNode('Relu', ['b'], ['c']),
      makeNode('Add', ['a', 'c'], ['y']),
    ];
    expect(peak(nodes, { x: [4], a: [100], b: [4], c: [4], y: [4] })).toBe(16 + 400 + 2 * 16);
  });

  test('outputs that nobody reads, constants and weights are not counted', () => {
    const nodes = [
      makeNode('Constant', [], ['k']),
      makeNode('Dropout', ['x', 'k', 'w'], ['a', 'mask']),
      makeNode('Relu', ['a'], ['y']),
    ];
    expect(peak(nodes, { x: [4], a: [4], y: [4], mask: null, k: [1000], w: [4, 3] })).toBe(48);
  });

  test('is not known where a shape is not, or where branches hold tensors of their own', () => {
    expect(peak([makeNode('Relu', ['x'], ['y'])], { x: ['n'], y: [4] })).toBeNull();
    expect(peak([makeNode('Relu', ['x'], ['y'])], { x: [4] })).toBeNull();
    const choice = makeNode('If', ['x'], ['y'], { attributes: { then_branch: branch([], 'x') } });
    expect(peak([choice], { x: [4], y: [4] })).toBeNull();
  });
});
