/** The integers of static-int8: every pair of types gives what the reference gives, and a model that computes rightly. */
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../../src/base/errors.ts';
import { makeNode } from '../../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import { opsetVersion } from '../../../src/onnx/graph.ts';
import type { OnnxModel } from '../../../src/onnx/open.ts';
import type { GraphProto, TensorProto } from '../../../src/onnx/proto.ts';
import { loadTensor } from '../../../src/onnx/tensor.ts';
import { ACTIVATION_TYPES, affineOf, type IntegerType, type WeightType } from '../../../src/quantization/affine.ts';
import { Histogram } from '../../../src/quantization/calibration/histogram.ts';
import { mseRange } from '../../../src/quantization/calibration/methods.ts';
import { staticInt8 } from '../../../src/quantization/static-int8/quantizer.ts';
import { searchable } from '../../../src/quantization/static-int8/range-search.ts';
import { channelAffines, channelLayout, quantizeChannels, weightForm } from '../../../src/quantization/weights.ts';
import type { Feeds } from '../../../src/runtime/feeds.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { FAMILIES } from '../model-families.ts';
import { depsIn, filled, samplesOf, smallModel, wave } from '../small-models.ts';

const float32Bytes = (value: number): string => Buffer.from(Float32Array.of(value).buffer).toString('hex');

/** Of ranges −1.1…2.3, 0…6, −0.3…0.1, −7.77…−1.5 and 0.5…3.3333: bytes of the scale and zero point. */
const RANGES = [
  [-1.1, 2.3],
  [0, 6],
  [-0.3, 0.1],
  [-7.77, -1.5],
  [0.5, 3.3333],
] as const;

/** Printed by compute_scale_zp of onnxruntime.quantization 1.30 for float32 ranges. */
const OF_THE_REFERENCE: readonly [IntegerType, boolean, readonly string[], readonly number[]][] = [
  ['uint8', false, ['0e745a3c', 'c1c0c03c', '679acd3a', '749df93c', 'f52a563c'], [82, 0, 191, 255, 0]],
  ['uint8', true, ['fac6933c', 'c1c0403d', 'ce331a3b', '749d793d', 'f52ad63c'], [128, 128, 128, 128, 128]],
  ['int8', false, ['0e745a3c', 'c1c0c03c', '679acd3a', '749df93c', 'f52a563c'], [-46, -128, 63, 127, -128]],
  ['int8', true, ['eb5b943c', '0683413d', '38cf1a3b', '09997a3d', 'd002d73c'], [0, 0, 0, 0, 0]],
  ['uint16', false, ['749a5938', 'c000c038', '9acdcc36', 'd0a4f838', '9f555538'], [21202, 0, 49151, 65535, 0]],
  ['uint16', true, ['c6339338', 'c0004039', '349a1937', 'd0a47839', '9f55d538'], [32768, 32768, 32768, 32768, 32768]],
  [
    'int16',
    false,
    ['749a5938', 'c000c038', '9acdcc36', 'd0a4f838', '9f555538'],
    [-11566, -32768, 16383, 32767, -32768],
  ],
  ['int16', true, ['59349338', '80014039', 'cd9a1937', 'c8a57839', '7556d538'], [0, 0, 0, 0, 0]],
];

describe.each(OF_THE_REFERENCE)('%s, symmetric: %s', (type, isSymmetric, scales, zeroPoints) => {
  const form = { type, isSymmetric };

  test('has the scales and zero points of the reference, to the bit', () => {
    const found = RANGES.map(([min, max]) => affineOf({ min, max }, form));
    expect(found.map(({ scale }) => float32Bytes(scale))).toEqual(scales);
    expect(found.map(({ zeroPoint }) => zeroPoint)).toEqual(zeroPoints);
  });

  test('takes ranges whose length overflows float32, such as those of attention masks', () => {
    const { scale } = affineOf({ min: -3.4028234e38, max: 3.4028234e38 }, form);
    expect(Number.isFinite(scale)).toBe(true);
  });
});

describe('a tensor that is always zero', () => {
  const nothing = { min: 0, max: 0 };

  test('is the lowest integer, so that an absorbed Relu cuts there, or the middle of symmetric ones, as everywhere', () => {
    expect(affineOf(nothing, { type: 'int8', isSymmetric: false })).toEqual({ scale: 1, zeroPoint: -128 });
    expect(affineOf(nothing, { type: 'uint8', isSymmetric: false })).toEqual({ scale: 1, zeroPoint: 0 });
    expect(affineOf(nothing, { type: 'int16', isSymmetric: true })).toEqual({ scale: 1, zeroPoint: 0 });
    expect(affineOf(nothing, { type: 'uint8', isSymmetric: true })).toEqual({ scale: 1, zeroPoint: 128 });
  });
});

describe('weights', () => {
  const rows = [0.5, -1.25, 0.3, 2, -0.1, -0.2, -0.7, -0.05, 0, 0, 0, 0, 1.1, 2.3, 0.4, 0.9];

  /** Printed by quantize_data of the reference for the four rows. */
  test.each([
    [
      'uint8',
      false,
      ['d1d0503c', '1ae7333b', '0000803f', 'fac6133c'],
      [98, 255, 0, 0],
      '8900 7aff dbb6 00ed 0000 0000 7aff 2c64',
    ],
    [
      'uint8',
      true,
      ['47a3d13c', '6c9cb43b', '0000803f', 'eb5b943c'],
      [49, 127, 0, 0],
      '4500 3d7f 6d5b 0076 0000 0000 3d7f 1632',
    ],
    [
      'int8',
      false,
      ['0402813c', '6c9cb43b', '0000803f', 'eb5b943c'],
      [0, 0, 0, 0],
      '20b1 137f eedc 81f7 0000 0000 3d7f 1632',
    ],
    [
      'int8',
      true,
      ['0000003d', '3333333c', '0000803f', '3333133d'],
      [0, 0, 0, 0],
      '10d8 0a40 f7ee c0fb 0000 0000 1f40 0b19',
    ],
  ] as const)('of %s, 7 bits: %s, are those of the reference', (type, isReduced, scales, zeroPoints, integers) => {
    const form = weightForm(type, isReduced);
    const layout = channelLayout([4, 4], 0);
    const affines = channelAffines(Float32Array.from(rows), layout, form, 'w');
    expect([...affines.scales].map(float32Bytes)).toEqual(scales);
    expect([...affines.zeroPoints]).toEqual(zeroPoints);
    const found = quantizeChannels(Float32Array.from(rows), layout, affines, form);
    expect(Buffer.from(found.buffer).toString('hex')).toBe(integers.replaceAll(' ', ''));
  });
});

test('symmetric uint8 weights are those of the reference, but for the zero point of a channel of zeros', () => {
  const layout = channelLayout([3, 4], 0);
  const form = weightForm('uint8', false, true);
  const data = Float32Array.of(0.5, -1.25, 0.3, 2, -0.1, -0.2, -0.7, -0.05, 0, 0, 0, 0);
  const affines = channelAffines(data, layout, form, 'w');
  expect([...affines.scales].map(float32Bytes)).toEqual(['8180803c', '1ae7b33b', '0000803f']);
  expect([...affines.zeroPoints]).toEqual([128, 128, 128]);
  const found = quantizeChannels(data, layout, affines, form);
  expect(Buffer.from(found.buffer).toString('hex')).toBe('a03093ff6e5c007780808080');
});

test.each([
  ['Conv', true, 1],
  ['Conv', false, 1],
  ['MatMul', true, 4],
] as const)(
  'uint8 weights of %s, per channel: %s, have %i zero points: more than one slow a convolution down',
  async (operator, perChannel, count) => {
    const isConv = operator === 'Conv';
    const model = smallModel({
      nodes: [makeNode(operator, ['x', 'w'], ['y'], { name: 'only' })],
      input: isConv ? [1, 8, 2, 2] : [4, 8],
      weights: { w: wave(isConv ? [4, 8, 1, 1] : [8, 4]) },
    });
    const feeds = [{ x: wave(isConv ? [1, 8, 2, 2] : [4, 8]) }];
    const { proto } = await quantized(model, feeds, { weightType: 'uint8', perChannel });
    const tensor = proto.graph?.initializer.find(({ name }) => name === 'w_zero_point') as TensorProto;
    expect(new Set(loadTensor(tensor).data as Uint8Array).size).toBe(count);
  },
);

type Options = Readonly<Record<string, JsonValue>>;

async function quantized(model: OnnxModel, feeds: readonly Feeds[], options: Options) {
  const input = { model, calibration: samplesOf(feeds), options };
  return staticInt8.run(input, depsIn(tmpdir()));
}

const bytesOf = ({ proto }: Pick<OnnxModel, 'proto'>): Uint8Array => encodedBytes(encodeModel(proto));

/** Values of `y` over all samples, in ONNX Runtime. */
async function answersOf(model: Uint8Array, feeds: readonly Feeds[]): Promise<number[]> {
  // Without VNNI, x64 processors saturate sums of 8-bit products; here the model is judged, not the processor.
  const session = await openSession(model, { configEntries: { 'session.x64quantprecision': '1' } });
  const answers: number[] = [];
  for (const sample of feeds) {
    const { y } = await session.run(sample);
    answers.push(...Array.from((y?.data ?? []) as Float32Array));
  }
  await session.release();
  return answers;
}

async function errorOf(make: () => OnnxModel, feeds: readonly Feeds[], options: Options): Promise<number> {
  const expected = await answersOf(bytesOf(make()), feeds);
  const { proto } = await quantized(make(), feeds, options);
  const found = await answersOf(bytesOf({ proto } as OnnxModel), feeds);
  return Math.hypot(...expected.map((value, index) => value - (found[index] as number))) / Math.hypot(...expected);
}

const PAIRS = ACTIVATION_TYPES.flatMap((activationType) =>
  (['int8', 'uint8'] as const satisfies readonly WeightType[])
    .filter((weightType) => !(activationType === 'int8' && weightType === 'uint8'))
    .flatMap((weightType) =>
      [false, true].map((activationSymmetric) => ({ activationType, activationSymmetric, weightType })),
    ),
);

describe.each(PAIRS)(
  '$activationType activations (symmetric: $activationSymmetric) and $weightType weights',
  (options) => {
    const is16 = options.activationType.endsWith('16');

    test.each(FAMILIES.filter(({ title }) => /convolutions|transformer|opset 8|bias for two/.test(title)))(
      'give nearly the numbers of $title',
      async ({ make, sample }) => {
        const feeds = [1, 2, 3, 4].map((seed) => ({ x: wave(sample, seed) }));
        const error = await errorOf(make, feeds, { ...options, floatStem: false });
        expect(error).toBeGreaterThan(0);
        expect(error).toBeLessThan(is16 ? 0.03 : 0.05);
      },
    );

    test('stand in the file as such', async () => {
      const { proto, recipe } = await quantized(convRelu(), feedsOfConv, options);
      const types = (end: string) =>
        proto.graph?.initializer.filter(({ name }) => name?.endsWith(end)).map((tensor) => loadTensor(tensor).dataType);
      expect(new Set(types('x_zero_point'))).toEqual(new Set([options.activationType]));
      expect(new Set(types('w_quantized'))).toEqual(new Set([options.weightType]));
      expect(opsetVersion(proto)).toBe(is16 ? 21 : 13);
      expect(recipe.options).toMatchObject(options);
    });

    test('keep what a Relu cuts off at zero, whether it is absorbed or not', async () => {
      const { proto } = await quantized(convRelu(), feedsOfConv, options);
      const operators = proto.graph?.node.map(({ opType }) => opType);
      expect(operators?.includes('Relu')).toBe(options.activationSymmetric);
      const answers = await answersOf(bytesOf({ proto } as OnnxModel), feedsOfConv);
      expect(Math.min(...answers)).toBe(0);
      expect(await errorOf(convRelu, feedsOfConv, options)).toBeLessThan(is16 ? 0.01 : 0.03);
    });
  },
);

/** Half of what the convolution gives is negative. */
const convRelu = (): OnnxModel =>
  smallModel({
    nodes: [makeNode('Conv', ['x', 'w'], ['a'], { name: 'conv' }), makeNode('Relu', ['a'], ['y'], { name: 'relu' })],
    input: [1, 8, 8, 8],
    weights: { w: wave([16, 8, 3, 3]) },
  });
const feedsOfConv = [1, 2, 3].map((seed) => ({ x: wave([1, 8, 8, 8], seed) }));

test('uint8 weights beside int8 activations are refused, as by the reference', async () => {
  const run = quantized(convRelu(), feedsOfConv, { activationType: 'int8', weightType: 'uint8' });
  await expect(run).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'Options of static-int8: weightType: uint8 does not go with int8 activations.',
  });
});

describe('symmetric ranges', () => {
  const scaleOf = (graph: GraphProto, name: string) => {
    const scale = graph.initializer.find((tensor) => tensor.name === name) as TensorProto;
    return (loadTensor(scale).data as Float32Array)[0];
  };

  test('of a convolution before a Relu hold what the Relu leaves, no more', async () => {
    const model = () =>
      smallModel({
        nodes: [makeNode('Conv', ['x', 'w', 'b'], ['a'], { name: 'conv' }), makeNode('Relu', ['a'], ['y'])],
        input: [1, 8, 8, 8],
        weights: { w: wave([16, 8, 3, 3]), b: filled([16], -3) },
      });
    const { proto } = await quantized(model(), feedsOfConv, { activationType: 'int8', activationSymmetric: true });
    const largest = Math.max(...(await answersOf(bytesOf(model()), feedsOfConv)));
    expect(scaleOf(proto.graph as GraphProto, 'a_scale')).toBeCloseTo(largest / 127, 4);
    const [conv] = proto.graph?.node.filter(({ opType }) => opType === 'Conv') ?? [];
    const next = proto.graph?.node.find(({ input }) => input[0] === conv?.output[0]);
    // ONNX Runtime has no integer kernel for Conv with a Relu before QuantizeLinear, unless 0 is the lowest integer.
    expect(next?.opType).toBe('QuantizeLinear');
  });

  test('are searched for a shorter negative side only where that is the longer one', () => {
    const ranges = new Map([
      ['even', { min: -4, max: 4 }],
      ['longer', { min: -5, max: 4 }],
    ]);
    expect(searchable(['even', 'longer'], ranges, true)).toEqual(['longer']);
    expect(searchable(['even', 'longer'], ranges, false)).toEqual(['even', 'longer']);
  });

  test('are cut at both ends together where that makes the least error', () => {
    const histogram = new Histogram({ min: -10, max: 10 });
    histogram.add(Float32Array.from({ length: 100_000 }, (_, index) => Math.sin(index)));
    histogram.add(Float32Array.of(-10, 10));
    const { min, max } = mseRange(histogram, { type: 'int8', isSymmetric: true });
    expect(max).toBeLessThan(9);
    expect(min).toBe(-max);
  });
});

test('a bias that asks for larger scales than weights with zero points have stays float, and is right', async () => {
  const make = () =>
    smallModel({
      nodes: [makeNode('Gemm', ['x', 'w', 'b'], ['y'], { name: 'gemm' })],
      input: [1, 16],
      weights: {
        w: { ...wave([16, 4]), data: (wave([16, 4]).data as Float32Array).map((value) => value * 1e-4) },
        b: filled([4], 100),
      },
    });
  const feeds = [{ x: wave([1, 16]) }];
  const options = { activationType: 'uint16', weightType: 'uint8' };
  const { proto } = await quantized(make(), feeds, options);
  const gemm = proto.graph?.node.find(({ opType }) => opType === 'Gemm');
  const bias = proto.graph?.initializer.find(({ name }) => name === gemm?.input[2]);
  expect(loadTensor(bias as TensorProto).dataType).toBe('float32');
  expect(await errorOf(make, feeds, options)).toBeLessThan(1e-6);
});
