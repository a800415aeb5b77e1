/** Blocks behind a DequantizeLinear give what MatMulNBits gives. */
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { makeNode } from '../../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import { numberToHalf } from '../../../src/onnx/half.ts';
import { loadTensor } from '../../../src/onnx/tensor.ts';
import { weightOnly } from '../../../src/quantization/weight-only/quantizer.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { depsIn, type SmallModel, smallModel, wave } from '../small-models.ts';

/** A last block of three rows, and an odd number of 4-bit values. */
const [K, N] = [35, 3];
const QDQ = { weightForm: 'qdq', blockSize: 16 } as const;
type Options = Parameters<typeof weightOnly.run>[0]['options'];

const matMul = makeNode('MatMul', ['x', 'w'], ['y'], { name: 'product' });
const gemm = makeNode('Gemm', ['x', 'w', 'b'], ['y'], { name: 'product', attributes: { transB: 1n } });
const plain: SmallModel = { nodes: [matMul], input: [K, K], weights: { w: wave([K, N]) } };
const transposed: SmallModel = { nodes: [gemm], input: [K, K], weights: { w: wave([N, K]), b: wave([N], 2) } };

async function quantize(model: SmallModel, options: Options) {
  const run = weightOnly.run({ model: smallModel(model), calibration: null, options }, depsIn(tmpdir()));
  const { proto, recipe } = await run;
  const { node, initializer } = proto.graph as NonNullable<typeof proto.graph>;
  return { proto, recipe, operators: node.map(({ opType }) => opType), initializer };
}

/** Of an identity matrix: the product is the weight as the runtime has it, without a rounding of activations. */
async function compute({ proto }: Awaited<ReturnType<typeof quantize>>): Promise<Float32Array> {
  const session = await openSession(encodedBytes(encodeModel(proto)), {
    configEntries: { 'session.qdq_matmulnbits_accuracy_level': '1' },
  });
  const data = Float32Array.from({ length: K * K }, (_, i) => (i % (K + 1) === 0 ? 1 : 0));
  const { y } = await session.run({ x: { dataType: 'float32', dims: [K, K], data } });
  await session.release();
  return y?.data as Float32Array;
}

const CASES = [4, 8].flatMap((bits) => [true, false].map((isSymmetric) => [bits, isSymmetric] as const));

describe.each(CASES)('%i bits, symmetric: %s', (weightBits, weightSymmetric) => {
  const options = { weightBits, weightSymmetric, blockSize: 16, accuracyLevel: 1 };

  test.each([
    ['MatMul', plain],
    ['Gemm with transB', transposed],
  ])('%s has the same weight as with MatMulNBits', async (operator, model) => {
    const made = await quantize(model, { ...options, ...QDQ });
    expect(made.operators).toEqual(['DequantizeLinear', operator.split(' ')[0]]);
    expect(made.proto.opsetImport).toEqual([{ domain: '', version: 21 }]);
    const [linear, blocks] = [await compute(made), await compute(await quantize(model, options))];
    expect(linear).toHaveLength(K * N);
    for (const [i, value] of linear.entries()) expect(value).toBeCloseTo(blocks[i] as number, 6);
  });

  test('integers, scales and zero points have the types and dims of the specification', async () => {
    const { initializer } = await quantize(plain, { ...options, ...QDQ });
    const tensors = initializer.map((tensor) => ({ ...loadTensor(tensor), name: tensor.name }));
    const type = `${weightSymmetric ? 'int' : 'uint'}${weightBits}`;
    expect(tensors.map(({ name, dataType, dims }) => [name, dataType, dims])).toEqual([
      [`w_Q${weightBits}`, type, [K, N]],
      ['w_scales', 'float32', [3, N]],
      ...(weightSymmetric ? [] : [['w_zero_points', type, [3, N]]]),
    ]);
  });
});

test('a weight that two nodes take is there once, and each node has its own DequantizeLinear', async () => {
  const nodes = [makeNode('MatMul', ['x', 'w'], ['h']), makeNode('MatMul', ['h', 'w'], ['y'])];
  const made = await quantize({ nodes, input: [2, 32], weights: { w: wave([32, 32]) } }, QDQ);
  expect(made.operators).toEqual(['DequantizeLinear', 'MatMul', 'DequantizeLinear', 'MatMul']);
  expect(made.initializer.map(({ name }) => name)).toEqual(['w_Q4', 'w_scales']);
  expect(made.recipe).toMatchObject({ precision: 'int4', opset: 21, quantizedNodes: { MatMul: 2 } });
});

test('float16 weights have float16 scales', async () => {
  const { dims, data } = wave([K, N]);
  const half = { dataType: 'float16', dims, data: Uint16Array.from(data as Float32Array, numberToHalf) } as const;
  const nodes = [
    makeNode('Cast', ['x'], ['h'], { attributes: { to: 10n } }),
    makeNode('MatMul', ['h', 'w'], ['p'], { name: 'product' }),
    makeNode('Cast', ['p'], ['y'], { attributes: { to: 1n } }),
  ];
  const made = await quantize({ nodes, input: [K, K], weights: { w: half } }, { ...QDQ, weightBits: 8 });
  const weight = await compute(made);
  for (const [i, value] of weight.entries()) expect(Math.abs(value - (data[i] as number))).toBeLessThan(0.01);
});

describe('what is refused', () => {
  test('an opset that cannot be raised to 21, with the operator', async () => {
    const nodes = [makeNode('Frobnicate', ['x'], ['h'], { name: 'f' }), makeNode('MatMul', ['h', 'w'], ['y'])];
    const run = quantize({ ...plain, nodes }, QDQ);
    await expect(run).rejects.toMatchObject({
      code: 'OPSET_UNSUPPORTED',
      message: expect.stringMatching(/Frobnicate \(f\).*opset 21/),
    });
  });

  test('tables of embeddings, which no operator of ONNX picks rows of', async () => {
    await expect(quantize(plain, { ...QDQ, quantizeEmbeddings: true })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('--weight-form matmulnbits'),
    });
  });
});
