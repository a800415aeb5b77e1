/** Outliers of activations move into the weights: SmoothQuant, where the samples show that it helps. */
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { makeNode } from '../../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import type { OnnxModel } from '../../../src/onnx/open.ts';
import type { ModelProto } from '../../../src/onnx/proto.ts';
import type { HostTensor } from '../../../src/onnx/tensor.ts';
import { dynamicInt8 } from '../../../src/quantization/dynamic-int8/quantizer.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { depsIn, filled, samplesOf, smallModel, wave } from '../small-models.ts';

const CHANNELS = 32;
const LOUD = 5;

/** Values of ±1 with one channel a hundred times as loud. */
function loud(seed: number): HostTensor {
  const { data, ...rest } = wave([8, CHANNELS], seed);
  const values = (data as Float32Array).map((value, at) => value * (at % CHANNELS === LOUD ? 100 : 1));
  return { ...rest, data: values };
}

/** The row of the loud channel is small, so that its products do not drown the others. */
function quietWeight(dims: readonly [number, number]): HostTensor {
  const { data, ...rest } = wave(dims, 3);
  const rowOf = (at: number) => (dims[0] === CHANNELS ? Math.floor(at / dims[1]) : at % dims[1]);
  return { ...rest, data: (data as Float32Array).map((value, at) => (rowOf(at) === LOUD ? value / 100 : value)) };
}

const matMul = () =>
  smallModel({
    nodes: [makeNode('MatMul', ['x', 'w'], ['y'], { name: 'product' })],
    input: [8, CHANNELS],
    weights: { w: quietWeight([CHANNELS, 16]) },
  });

async function quantize(model: OnnxModel, options = {}, samples = samplesOf([{ x: loud(1) }, { x: loud(2) }])) {
  return dynamicInt8.run({ model, calibration: samples, options }, depsIn(tmpdir()));
}

async function answerOf(proto: ModelProto): Promise<Float32Array> {
  const session = await openSession(encodedBytes(encodeModel(proto)), {
    configEntries: { 'session.x64quantprecision': '1' },
  });
  const { y } = await session.run({ x: loud(7) });
  await session.release();
  return y?.data as Float32Array;
}

/** Of a model with and without, over a sample that calibration did not see. */
async function noiseOf(make: () => OnnxModel, options: object): Promise<number> {
  const expected = await answerOf(make().proto);
  const found = await answerOf((await quantize(make(), options)).proto);
  return expected.reduce((sum, value, at) => sum + (value - (found[at] as number)) ** 2, 0);
}

const operators = ({ graph }: ModelProto) => graph?.node.map(({ opType }) => opType);

describe('smoothing', () => {
  test.each<readonly [string, () => OnnxModel]>([
    ['MatMul', matMul],
    [
      'Gemm with a transposed weight',
      () =>
        smallModel({
          nodes: [makeNode('Gemm', ['x', 'w'], ['y'], { name: 'layer', attributes: { transB: 1n, alpha: 0.5 } })],
          input: [8, CHANNELS],
          weights: { w: quietWeight([16, CHANNELS]) },
        }),
    ],
  ])('leaves a tenth of the noise of a channel that drowns the others: %s', async (_title, make) => {
    const [without, smoothed] = [await noiseOf(make, { smoothing: false }), await noiseOf(make, {})];

    expect(smoothed).toBeLessThan(without / 10);
  });

  test('puts one Mul in front of all that take the activation, and says which samples it saw', async () => {
    const model = smallModel({
      nodes: [
        makeNode('MatMul', ['x', 'w'], ['a'], { name: 'first' }),
        makeNode('MatMul', ['x', 'v'], ['b'], { name: 'second' }),
        makeNode('Add', ['a', 'b'], ['y'], { name: 'sum' }),
      ],
      input: [8, CHANNELS],
      weights: { w: quietWeight([CHANNELS, 16]), v: quietWeight([CHANNELS, 16]) },
    });

    const { proto, recipe } = await quantize(model);

    expect(operators(proto)?.slice(0, 2)).toEqual(['Mul', 'DynamicQuantizeLinear']);
    expect(operators(proto)?.filter((operator) => operator === 'DynamicQuantizeLinear')).toHaveLength(1);
    expect(recipe.calibration).toEqual({ origin: 'samples', digest: 'd'.repeat(64), samples: 2, isRandom: false });
  });

  const normalized = (outputs: readonly string[]) => () =>
    smallModel({
      nodes: [
        makeNode('LayerNormalization', ['x', 'gamma', 'beta'], ['n'], { name: 'norm' }),
        makeNode('MatMul', ['n', 'w'], ['y'], { name: 'product' }),
      ],
      input: [8, CHANNELS],
      outputs,
      weights: { w: quietWeight([CHANNELS, 16]), gamma: filled([CHANNELS], 3), beta: wave([CHANNELS], 4) },
      opset: 17,
    });

  test('goes into the scale and bias of the normalization before, when nobody else takes its result', async () => {
    const { proto } = await quantize(normalized(['y'])());

    expect(operators(proto)?.slice(0, 2)).toEqual(['LayerNormalization', 'DynamicQuantizeLinear']);
    expect(proto.graph?.node[0]?.input).toEqual(['x', 'gamma_smoothed', 'beta_smoothed']);
    expect(proto.graph?.initializer.map(({ name }) => name)).not.toContain('gamma');
    expect(await noiseOf(normalized(['y']), {})).toBeLessThan(
      (await noiseOf(normalized(['y']), { smoothing: false })) / 5,
    );
  });

  test('leaves a normalization alone whose result is asked for', async () => {
    const { proto } = await quantize(normalized(['y', 'n'])());

    expect(operators(proto)?.slice(0, 2)).toEqual(['LayerNormalization', 'Mul']);
    expect(proto.graph?.node[0]?.input).toEqual(['x', 'gamma', 'beta']);
  });

  test.each([
    ['channels are alike', { x: wave([8, CHANNELS]) }, false],
    ['samples are random', { x: loud(1) }, true],
    ['a sample holds NaN', { x: { ...loud(1), data: new Float32Array(8 * CHANNELS).fill(Number.NaN) } }, false],
  ])('does nothing where %s', async (_title, feeds, isRandom) => {
    const samples = { ...samplesOf([feeds]), isRandom };
    const model = smallModel({
      nodes: [makeNode('MatMul', ['x', 'w'], ['y'], { name: 'product' })],
      input: [8, CHANNELS],
      weights: { w: wave([CHANNELS, 16], 3) },
    });

    expect(operators((await quantize(model, {}, samples)).proto)?.[0]).toBe('DynamicQuantizeLinear');
  });
});
