/**
 * Our rules for the operators of ONNX Runtime's own domain against ONNX Runtime itself: one model with one node each.
 * Ours may know more, and never less. Operators without a kernel for the CPU are in test/onnx/shapes/contrib.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { type AttributeValue, makeNode } from '../../src/onnx/build.ts';
import { inferTypes } from '../../src/onnx/shapes/infer.ts';
import type { TensorInfo } from '../../src/onnx/value-info.ts';
import { probeShapes } from '../../src/runtime/probed-shapes.ts';
import { modelOf } from '../onnx/shapes/notation.ts';

interface Case {
  readonly inputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly outputs?: number;
  readonly domain?: string;
}

const QKV = { num_heads: 4n };
const SCALE = 'float32[]';
const U8 = 'uint8[]';

const CASES: Readonly<Record<string, Case | readonly Case[]>> = {
  // attention
  Attention: [
    { inputs: ['float32[B,S,32]', 'float32[32,96]', 'float32[96]'], attributes: QKV },
    {
      inputs: ['float32[2,6,32]', 'float32[32,96]', 'float32[96]', '', 'float32[2,2,4,5,8]'],
      attributes: QKV,
      outputs: 2,
    },
    {
      inputs: ['float32[2,6,32]', 'float32[32,128]', 'float32[128]'],
      attributes: { ...QKV, qkv_hidden_sizes: [32n, 32n, 64n] },
    },
  ],
  QAttention: {
    inputs: ['uint8[2,6,32]', 'int8[32,96]', 'float32[96]', SCALE, SCALE],
    attributes: QKV,
  },
  MultiHeadAttention: [
    { inputs: ['float32[B,S,32]', 'float32[B,T,32]', 'float32[B,T,64]'], attributes: QKV },
    { inputs: ['float32[B,S,4,3,8]'], attributes: QKV },
    { inputs: ['float32[2,6,32]', 'float32[2,4,7,8]', 'float32[2,4,7,16]'], attributes: QKV },
    {
      inputs: [
        'float32[2,6,32]',
        'float32[2,6,32]',
        'float32[2,6,32]',
        '',
        '',
        '',
        'float32[2,4,5,8]',
        'float32[2,4,5,8]',
      ],
      attributes: QKV,
      outputs: 3,
    },
  ],
  GroupQueryAttention: [
    {
      inputs: ['float32[B,S,32]', 'float32[B,S,16]', 'float32[B,S,16]', '', '', 'int32[B]', 'int32[]'],
      attributes: { ...QKV, kv_num_heads: 2n },
    },
    {
      inputs: ['float32[2,1,64]', '', '', 'float32[2,2,9,8]', 'float32[2,2,9,8]', 'int32[2]', 'int32[]{12}'],
      attributes: { ...QKV, kv_num_heads: 2n },
      outputs: 3,
    },
  ],
  RotaryEmbedding: { inputs: ['float32[B,S,32]', 'int64[B,S]', 'float32[64,4]', 'float32[64,4]'] },
  EmbedLayerNormalization: {
    inputs: [
      'int32[B,S]',
      'int32[B,S]',
      'float32[90,32]',
      'float32[64,32]',
      'float32[2,32]',
      'float32[32]',
      'float32[32]',
      'int32[B,S]',
    ],
    outputs: 2,
  },
  // fused
  BiasGelu: { inputs: ['float32[B,S,32]', 'float32[32]'] },
  FastGelu: { inputs: ['float32[B,S,32]', 'float32[32]'] },
  Gelu: { inputs: ['float32[B,S,32]'] },
  QuickGelu: { inputs: ['float32[B,S,32]'] },
  SkipLayerNormalization: {
    inputs: ['float32[B,S,32]', 'float32[B,S,32]', 'float32[32]', 'float32[32]'],
    outputs: 4,
  },
  SkipSimplifiedLayerNormalization: { inputs: ['float32[B,S,32]', 'float32[B,S,32]', 'float32[32]'] },
  SimplifiedLayerNormalization: { inputs: ['float32[B,S,32]', 'float32[32]'], outputs: 2, domain: '' },
  FusedConv: {
    inputs: ['float32[N,3,32,24]', 'float32[8,3,3,3]', 'float32[8]'],
    attributes: { strides: [2n, 2n], pads: [1n, 1n, 1n, 1n], activation: 'Relu' },
  },
  FusedGemm: { inputs: ['float32[5,3]', 'float32[7,3]', 'float32[7]'], attributes: { transB: 1n, activation: 'Relu' } },
  FusedMatMul: [
    { inputs: ['float32[B,5,3]', 'float32[B,7,3]'], attributes: { transB: 1n } },
    { inputs: ['float32[5,2,3]', 'float32[2,3,7]'], attributes: { transBatchA: 1n } },
  ],
  MatMulNBits: {
    inputs: ['float32[B,S,64]', 'uint8[48,2,16]', 'float32[48,2]'],
    attributes: { N: 48n, K: 64n, bits: 4n, block_size: 32n },
  },
  GatherBlockQuantized: [
    {
      inputs: ['uint4[90,64]', 'int64[B,S]', 'float32[90,2]'],
      attributes: { block_size: 32n, gather_axis: 0n, quantize_axis: 1n },
    },
    {
      inputs: ['uint8[90,32]', 'int64[B,S]', 'float32[90,2]'],
      attributes: { block_size: 32n, gather_axis: 0n, quantize_axis: 1n, bits: 4n },
    },
  ],
  NhwcMaxPool: { inputs: ['uint8[N,32,24,3]'], attributes: { kernel_shape: [3n, 3n], strides: [2n, 2n] } },
  MoE: {
    inputs: ['float32[T,32]', 'float32[T,4]', 'float32[4,64,32]', '', 'float32[4,32,64]'],
    attributes: { k: 2n },
  },
  // quantized
  QLinearAdd: { inputs: ['uint8[N,3,1]', SCALE, U8, 'uint8[1,4]', SCALE, U8, SCALE, U8] },
  QLinearMul: { inputs: ['uint8[N,3,1]', SCALE, U8, 'uint8[1,4]', SCALE, U8, SCALE, U8] },
  QLinearSigmoid: { inputs: ['uint8[N,3]', SCALE, U8, SCALE, U8] },
  QLinearLeakyRelu: { inputs: ['int8[N,3]', SCALE, 'int8[]', SCALE, 'int8[]'] },
  QLinearSoftmax: { inputs: ['uint8[N,3]', SCALE, U8, SCALE, U8], attributes: { axis: 1n, opset: 13n } },
  QLinearConcat: { inputs: [SCALE, U8, 'uint8[N,3]', SCALE, U8, 'uint8[N,4]', SCALE, U8], attributes: { axis: 1n } },
  QLinearWhere: { inputs: ['bool[N,3]', 'uint8[N,3]', SCALE, U8, 'uint8[1,3]', SCALE, U8, SCALE, U8] },
  QLinearAveragePool: [
    { inputs: ['uint8[N,3,8,8]', SCALE, U8, SCALE, U8], attributes: { kernel_shape: [3n, 3n] } },
    { inputs: ['uint8[N,8,8,3]', SCALE, U8, SCALE, U8], attributes: { kernel_shape: [3n, 3n], channels_last: 1n } },
  ],
  QLinearGlobalAveragePool: [
    { inputs: ['uint8[N,3,8,8]', SCALE, U8, SCALE, U8] },
    { inputs: ['uint8[N,8,8,3]', SCALE, U8, SCALE, U8], attributes: { channels_last: 1n } },
  ],
  QLinearConv: {
    inputs: ['uint8[N,8,8,3]', SCALE, U8, 'uint8[5,3,3,3]', SCALE, U8, SCALE, U8],
    attributes: { channels_last: 1n },
  },
  QGemm: [
    { inputs: ['uint8[5,3]', SCALE, U8, 'uint8[3,7]', SCALE, U8] },
    { inputs: ['uint8[5,3]', SCALE, U8, 'uint8[3,7]', SCALE, U8, '', SCALE, U8] },
  ],
  DynamicQuantizeMatMul: { inputs: ['float32[B,S,32]', 'uint8[32,48]', SCALE] },
  MatMulIntegerToFloat: { inputs: ['uint8[B,S,32]', 'uint8[32,48]', SCALE, SCALE] },
  MatMulInteger16: { inputs: ['int16[B,S,32]', 'int16[32,48]'] },
  QuantizeLinear: { inputs: ['float32[N,3]', SCALE, 'int16[]'] },
  DequantizeLinear: { inputs: ['int16[N,3]', SCALE, 'int16[]'] },
  DynamicQuantizeLSTM: {
    inputs: [
      'float32[T,B,16]',
      'uint8[1,16,32]',
      'uint8[1,8,32]',
      '',
      '',
      '',
      '',
      '',
      'float32[1]',
      'uint8[1]',
      'float32[1]',
      'uint8[1]',
    ],
    attributes: { hidden_size: 8n },
    outputs: 3,
  },
  // others
  CDist: { inputs: ['float32[5,3]', 'float32[7,3]'], attributes: { metric: 'euclidean' } },
  ExpandDims: { inputs: ['float32[5,3]', 'int32[]{-1}'] },
  Inverse: { inputs: ['float32[N,3,3]'] },
  MurmurHash3: { inputs: ['string[N,3]'] },
  NGramRepeatBlock: { inputs: ['int64[B,S]', 'float32[B,90]'], attributes: { ngram_size: 3n } },
  Trilu: { inputs: ['float32[N,3,3]'] },
  Unique: { inputs: ['float32[N]'], outputs: 3 },
  CropAndResize: { inputs: ['float32[1,3,8,8]', 'float32[5,4]', 'int32[5]', 'int32[2]{4,6}'] },
};

const list = Object.entries(CASES).flatMap(([operator, cases]) =>
  [cases].flat().map((one, index): [string, string, Case] => [`${operator} ${index + 1}`, operator, one]),
);

function modelFor(operator: string, { inputs, attributes, outputs, domain = 'com.microsoft' }: Case) {
  const names = Array.from({ length: outputs ?? 1 }, (_, index) => `out${index}`);
  const given = inputs.map((text, index) => (text === '' ? '' : `in${index}`));
  const node = makeNode(operator, given, names, { domain, attributes: attributes ?? {} });
  const model = modelOf([node], inputs, names, { opset: 18 });
  model.irVersion = 10;
  model.opsetImport = [
    { domain: '', version: 18 },
    { domain: 'com.microsoft', version: 1 },
  ];
  return { model, names };
}

/** What both know must be the same; what the runtime knows must be known. */
function compare(ours: TensorInfo | undefined, runtime: TensorInfo | undefined): string {
  const text = (info: TensorInfo | undefined) => `${info?.dataType}[${info?.shape?.map((dim) => dim ?? '?')}]`;
  const isTypeSame = !runtime?.dataType || runtime.dataType === ours?.dataType;
  const isShapeSame =
    !runtime?.shape ||
    (ours?.shape?.length === runtime.shape.length &&
      runtime.shape.every((dim, axis) => dim === null || dim === ours.shape?.[axis]));
  return isTypeSame && isShapeSame ? 'same' : `${text(ours)} instead of ${text(runtime)}`;
}

describe('shapes of com.microsoft operators', () => {
  test.each(list)('%s', async (_, operator, one) => {
    const { model, names } = modelFor(operator, one);
    const found = inferTypes(model);
    expect(found.problems).toEqual([]);
    expect(found.unknownOperators).toEqual([]);
    const opened = { path: '', sizeBytes: 0, proto: model, externalFiles: [] };
    const runtime = await probeShapes(opened, { signal: new AbortController().signal });
    for (const name of names) expect(compare(found.tensors[name], runtime[name]), name).toBe('same');
  });
});
