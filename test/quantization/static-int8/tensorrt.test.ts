/**
 * What the preset of the target tensorrt writes is ready for an engine: a walk over each produced model holds the rules
 * of explicit quantization in TensorRT's guide, "Working with quantized types".
 */
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../../src/base/errors.ts';
import { makeConfig } from '../../../src/config/make-config.ts';
import { makeNode } from '../../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import type { OnnxModel } from '../../../src/onnx/open.ts';
import type { GraphProto, ModelProto, NodeProto } from '../../../src/onnx/proto.ts';
import { loadTensor } from '../../../src/onnx/tensor.ts';
import { pipelineDeps } from '../../../src/pipeline/deps.ts';
import { forTarget } from '../../../src/pipeline/target.ts';
import { methodOptions } from '../../../src/quantization/options.ts';
import { findQuantizer } from '../../../src/quantization/registry.ts';
import { staticInt8 } from '../../../src/quantization/static-int8/quantizer.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { judge } from '../../analysis/compatibility/judge.ts';
import { FAMILIES, type Family } from '../model-families.ts';
import { depsIn, filled, samplesOf, smallModel, wave } from '../small-models.ts';

const WEIGHTED = ['Conv', 'ConvTranspose', 'MatMul', 'Gemm'];
const PAIR = ['QuantizeLinear', 'DequantizeLinear'];

/** The rules, one sentence each for what breaks them. */
function problemsOf(graph: GraphProto, original: GraphProto): string[] {
  const producers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const consumers = (name: string) => graph.node.filter(({ input }) => input.includes(name));
  const constant = (name: string | undefined) => {
    const tensor = graph.initializer.find((one) => one.name === name);
    return tensor === undefined ? undefined : loadTensor(tensor);
  };
  const isDequantized = (name: string | undefined) => producers.get(name ?? '')?.opType === 'DequantizeLinear';
  const problems: string[] = [];
  const expectThat = (isSo: boolean, problem: string) => isSo || problems.push(problem);

  for (const { opType, input, name } of graph.node.filter((node) => PAIR.includes(node.opType ?? ''))) {
    const zeroPoint = constant(input[2]);
    const isZero = Array.from((zeroPoint?.data ?? [1]) as ArrayLike<number>).every((value) => value === 0);
    expectThat(isZero, `${name} has a zero point that is not 0`);
    expectThat(zeroPoint?.dataType === 'int8', `${name} is not int8`);
    const isActivation = constant(input[0]) === undefined;
    expectThat(!isActivation || constant(input[1])?.dims.length === 0, `${name} has more than one scale`);
    if (opType === 'QuantizeLinear') expectThat(isActivation, `${name} quantizes a weight`);
  }
  for (const node of graph.node.filter(({ opType }) => opType === 'DequantizeLinear')) {
    const takers = consumers(node.output[0] as string);
    const isBeforeWeights = takers.every(({ opType }) => WEIGHTED.includes(opType ?? ''));
    expectThat(takers.length > 0 && isBeforeWeights, `${node.name} does not stand before a node with a weight`);
  }
  for (const node of quantizedNodes(graph)) {
    const [data, weight, bias] = node.input;
    expectThat(isDequantized(data), `${node.name} takes float data`);
    const [integers, scale] = (producers.get(weight as string) as NodeProto).input.map(constant);
    const isMatrix = node.opType !== 'MatMul' || integers?.dims.length === 2;
    expectThat(!isMatrix || scale?.dims.length === 1, `${node.name} has one scale for all channels`);
    expectThat(bias === undefined || !isDequantized(bias), `${node.name} has an integer bias`);
    expectThat(!bias || constant(bias) === undefined || constant(bias)?.dataType === 'float32', `${node.name}: bias`);
  }
  const count = (all: GraphProto) => all.node.filter(({ opType }) => /^(Relu|Clip)$/.test(opType ?? '')).length;
  expectThat(count(graph) === count(original), 'a Relu or Clip was absorbed');
  return problems;
}

const quantizedNodes = (graph: GraphProto) => {
  const dequantized = new Set(graph.node.filter(({ opType }) => opType === 'DequantizeLinear').map((n) => n.output[0]));
  return graph.node.filter(({ opType, input }) => WEIGHTED.includes(opType ?? '') && dequantized.has(input[1]));
};

const { config } = forTarget(pipelineDeps(makeConfig({ quantization: { target: 'tensorrt' } })));
const preset = methodOptions(findQuantizer('static-int8'), config.quantization);

type Options = Readonly<Record<string, JsonValue>>;
type Whole = ModelProto & { graph: GraphProto };
const feedsOf = (sample: readonly number[]) => [1, 2, 3, 4].map((seed) => ({ x: wave(sample, seed) }));

async function quantized({ make, sample }: Family, options: Options = preset): Promise<Whole> {
  const input = { model: make(), calibration: samplesOf(feedsOf(sample)), options };
  return (await staticInt8.run(input, depsIn(tmpdir()))).proto as Whole;
}

async function answersOf(model: ModelProto, sample: readonly number[]): Promise<number[]> {
  const session = await openSession(encodedBytes(encodeModel(model)));
  const answers: number[] = [];
  for (const feeds of feedsOf(sample)) {
    const { y } = await session.run(feeds);
    answers.push(...Array.from((y?.data ?? []) as ArrayLike<number>));
  }
  await session.release();
  return answers;
}

const pads = { pads: [1n, 1n, 1n, 1n] };
const own = (title: string, make: () => OnnxModel): Family => ({ title, sample: [1, 16, 8, 8], make });

/** What the families leave out: convolutions one behind the other, a residual, Clip, ConvTranspose. */
const CONVOLUTIONS: readonly Family[] = [
  own('a residual block', () =>
    smallModel({
      nodes: [
        makeNode('Conv', ['x', 'w1', 'b1'], ['a'], { name: 'first', attributes: pads }),
        makeNode('Relu', ['a'], ['ra'], { name: 'relu' }),
        makeNode('Conv', ['ra', 'w2', 'b2'], ['c'], { name: 'second', attributes: pads }),
        makeNode('Add', ['c', 'x'], ['r'], { name: 'residual' }),
        makeNode('Clip', ['r', 'low', 'high'], ['y'], { name: 'clip' }),
      ],
      input: [1, 16, 8, 8],
      weights: {
        w1: wave([16, 16, 3, 3]),
        b1: wave([16], 2),
        w2: wave([16, 16, 3, 3], 3),
        b2: wave([16], 4),
        low: filled([], -20),
        high: filled([], 20),
      },
    }),
  ),
  own('a chain of convolutions, one transposed, some without a bias', () =>
    smallModel({
      nodes: [
        makeNode('Conv', ['x', 'w1'], ['a'], { name: 'first', attributes: pads }),
        makeNode('Conv', ['a', 'w2'], ['b'], { name: 'second', attributes: { ...pads, group: 4n } }),
        makeNode('ConvTranspose', ['b', 'w3', 'b3'], ['c'], { name: 'up', attributes: { group: 2n } }),
        makeNode('Relu', ['c'], ['y'], { name: 'relu' }),
      ],
      input: [1, 16, 8, 8],
      weights: { w1: wave([16, 16, 3, 3]), w2: wave([16, 4, 3, 3], 2), w3: wave([16, 8, 2, 2], 3), b3: wave([16], 4) },
    }),
  ),
];

const APPLICABLE = [...FAMILIES, ...CONVOLUTIONS].filter(({ make }) => staticInt8.requires(make()).length === 0);

test('most families can be quantized', () => expect(APPLICABLE.length).toBeGreaterThan(14));

describe.each(APPLICABLE)('for TensorRT, $title', (family) => {
  test('holds the rules of explicit quantization', async () => {
    const { graph } = await quantized(family);
    expect(problemsOf(graph, family.make().proto.graph)).toEqual([]);
    expect(quantizedNodes(graph).length).toBeGreaterThan(0);
  });

  test('has no quantized node that the importer of TensorRT refuses', async () => {
    const { findings } = await judge('tensorrt', await quantized(family));
    expect(findings.filter(({ code }) => code === 'TENSORRT_QUANTIZATION')).toEqual([]);
  });

  test('gives nearly the numbers of the original', async () => {
    const expected = await answersOf(family.make().proto, family.sample);
    const found = await answersOf(await quantized(family), family.sample);
    const noise = expected.map((value, index) => value - (found[index] as number));
    expect(Math.hypot(...noise) / Math.hypot(...expected)).toBeLessThan(0.05);
  });
});

describe('the walk finds', () => {
  const [residual] = CONVOLUTIONS as [Family];

  test.each([
    ['unsigned activations', { activationType: 'uint8' }, /zero point that is not 0|is not int8/],
    ['asymmetric activations', { activationSymmetric: false }, /x_QuantizeLinear has a zero point that is not 0/],
    ['integer biases', { quantizeBias: true }, /second has an integer bias/],
    ['pairs behind nodes', { quantizeOutputs: true }, /does not stand before a node with a weight/],
    ['an absorbed Relu', { quantizeOutputs: true, activationSymmetric: false }, /a Relu or Clip was absorbed/],
    ['one scale for all channels', { perChannel: false }, /first has one scale for all channels/],
  ])('%s', async (_what, change, problem) => {
    const { graph } = await quantized(residual, { ...preset, ...change });
    expect(problemsOf(graph, residual.make().proto.graph).join('\n')).toMatch(problem);
  });
});

test('a convolution keeps its float bias, which takes back the error of its rounded weight', async () => {
  const [residual] = CONVOLUTIONS as [Family];
  const { graph } = await quantized(residual);
  const biases = quantizedNodes(graph).map(({ input }) => input[2]);
  expect(biases).toEqual(['b1_corrected', 'b2_corrected']);
  const plain = await quantized(residual, { ...preset, biasCorrection: false });
  expect(quantizedNodes(plain.graph).map(({ input }) => input[2])).toEqual(['b1', 'b2']);
});
