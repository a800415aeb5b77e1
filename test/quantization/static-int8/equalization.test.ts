/** Channels between convolutions that get the same span: where it may be done, what it changes, and what it saves. */
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { makeNode, makeTensor } from '../../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import { GraphEditor } from '../../../src/onnx/graph-editor.ts';
import type { OnnxModel } from '../../../src/onnx/open.ts';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../../../src/onnx/proto.ts';
import { elementCount, loadTensor } from '../../../src/onnx/tensor.ts';
import { ChannelStatistics } from '../../../src/quantization/calibration/channel-statistics.ts';
import { expectedNoise, viewOf } from '../../../src/quantization/static-int8/equal-noise.ts';
import { equalRegions } from '../../../src/quantization/static-int8/equal-regions.ts';
import { equalize } from '../../../src/quantization/static-int8/equalization.ts';
import { staticInt8Options } from '../../../src/quantization/static-int8/options.ts';
import { Overshoot } from '../../../src/quantization/static-int8/overshoot.ts';
import { staticInt8 } from '../../../src/quantization/static-int8/quantizer.ts';
import { WEIGHTED_OPERATORS, weightedNodes } from '../../../src/quantization/weighted-nodes.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { depsIn, filled, type SmallModel, samplesOf, smallModel, wave } from '../small-models.ts';

const conv = (name: string, input: string, output: string, group = 1, weight = `${name}.w`) =>
  makeNode('Conv', [input, weight, ...(group === 1 ? [`${name}.b`] : [])], [output], {
    name,
    attributes: { group: BigInt(group), ...(group === 1 ? {} : { pads: [1n, 1n, 1n, 1n] }) },
  });
const step = (opType: string, input: readonly string[], output: string, attributes = {}) =>
  makeNode(opType, input, [output], { name: output, attributes });

const CHANNELS = 8;

/** Convolutions of 8 channels, pointwise with a bias or depthwise without. */
function network(nodes: readonly NodeProto[], more: Partial<SmallModel> = {}): OnnxModel {
  const convolutions = nodes.filter(({ opType }) => opType === 'Conv');
  const weights = convolutions.flatMap((node, index) => {
    const isDepthwise = node.input.length === 2;
    const dims = isDepthwise ? [CHANNELS, 1, 3, 3] : [CHANNELS, CHANNELS, 1, 1];
    const bias = isDepthwise ? [] : [[node.input[2] as string, wave([CHANNELS], index + 7)] as const];
    return [[node.input[1] as string, wave(dims, index + 2)] as const, ...bias];
  });
  return smallModel({
    nodes: [...nodes],
    input: [1, CHANNELS, 6, 6],
    weights: { ...Object.fromEntries(weights), ...more.weights },
    ...(more.outputs === undefined ? {} : { outputs: more.outputs }),
  });
}

/** Regions as the names of their convolutions: those before > those behind. */
function regionsOf(model: OnnxModel, excluded: ReadonlySet<string> = new Set()): string[] {
  const graph = model.proto.graph as GraphProto;
  const editor = new GraphEditor(graph);
  const names = (items: readonly { node: NodeProto }[]) => items.map(({ node }) => node.name).sort();
  return equalRegions(editor, weightedNodes(graph, editor, WEIGHTED_OPERATORS, excluded)).map(
    ({ producers, consumers }) => `${names(producers)} > ${names(consumers)}`,
  );
}

describe('channels are equalized', () => {
  test('between a convolution and those that take its result', () => {
    const nodes = [conv('a', 'x', 't'), conv('b', 't', 'u', 8), conv('c', 't', 'v'), step('Add', ['u', 'v'], 'y')];
    expect(regionsOf(network(nodes))).toEqual(['a > b,c']);
  });

  test.each(['Relu', 'LeakyRelu', 'MaxPool', 'AveragePool', 'GlobalAveragePool', 'Identity'])(
    'through %s',
    (operator) => {
      const attributes = /^(Max|Average)/.test(operator) ? { kernel_shape: [2n, 2n] } : {};
      const nodes = [conv('a', 'x', 't'), step(operator, ['t'], 'u', attributes), conv('b', 'u', 'y')];
      expect(regionsOf(network(nodes))).toEqual(['a > b']);
    },
  );

  test('over the sum of a residual block, whose two sides share their factors', () => {
    const nodes = [
      conv('stem', 'x', 't'),
      step('Relu', ['t'], 'r'),
      conv('block', 'r', 'u'),
      step('Add', ['u', 'r'], 's'),
      conv('head', 's', 'y'),
    ];
    expect(regionsOf(network(nodes))).toEqual(['block,stem > block,head']);
  });
});

describe('channels stay as they are', () => {
  test.each([
    ['Sigmoid', {}],
    ['Softmax', {}],
    ['Elu', {}],
  ])('before %s, through which no factor passes', (operator, attributes) => {
    const nodes = [conv('a', 'x', 't'), step(operator, ['t'], 'u', attributes), conv('b', 'u', 'y')];
    expect(regionsOf(network(nodes))).toEqual([]);
  });

  test('before a Clip, whose bound is one number for all channels', () => {
    const nodes = [conv('a', 'x', 't'), step('Clip', ['t', '', 'six'], 'u'), conv('b', 'u', 'y')];
    expect(regionsOf(network(nodes, { weights: { six: filled([], 6) } }))).toEqual([]);
  });

  test('where the tensor is a result of the model', () => {
    const nodes = [conv('a', 'x', 't'), conv('b', 't', 'y')];
    expect(regionsOf(network(nodes, { outputs: ['y', 't'] }))).toEqual([]);
  });

  test('where the sum takes in what no convolution makes', () => {
    const nodes = [conv('a', 'x', 't'), step('Add', ['t', 'x'], 'u'), conv('b', 'u', 'y')];
    expect(regionsOf(network(nodes))).toEqual([]);
  });

  test('where the sum spreads one channel over all', () => {
    const nodes = [
      conv('a', 'x', 't'),
      conv('one', 't', 'u', 1, 'one.w'),
      step('Add', ['t', 'u'], 's'),
      conv('b', 's', 'y'),
    ];
    const one = { 'one.w': wave([1, CHANNELS, 1, 1]), 'one.b': wave([1]) };
    expect(regionsOf(network(nodes, { weights: one }))).toEqual([]);
  });

  test('where a convolution is excluded, before or behind', () => {
    const nodes = [conv('a', 'x', 't'), conv('b', 't', 'u'), conv('c', 'u', 'y')];
    expect(regionsOf(network(nodes))).toEqual(['a > b', 'b > c']);
    expect(regionsOf(network(nodes), new Set(['b']))).toEqual([]);
  });

  test('where others take the same weight', () => {
    const nodes = [conv('a', 'x', 't'), conv('b', 't', 'u', 1, 'a.w'), conv('c', 'u', 'y')];
    expect(regionsOf(network(nodes))).toEqual([]);
  });

  test('where the convolution is behind the shape of the tensor too', () => {
    const nodes = [conv('a', 'x', 't'), conv('b', 't', 'y'), makeNode('Shape', ['t'], ['shape'], { name: 'shape' })];
    expect(regionsOf(network(nodes))).toEqual([]);
  });
});

/** The first convolution makes channels of very different loudness, and the next makes them count alike. */
function uneven(): OnnxModel {
  const model = network([
    conv('a', 'x', 't'),
    step('Relu', ['t'], 'r'),
    conv('dw', 'r', 'd', 8),
    conv('b', 'd', 'e'),
    step('Add', ['e', 'd'], 's'),
    step('MaxPool', ['s'], 'p', { kernel_shape: [2n, 2n] }),
    conv('c', 'p', 'y'),
  ]);
  const graph = model.proto.graph as GraphProto;
  graph.initializer = graph.initializer.map((tensor) => {
    if (!['a.w', 'a.b', 'dw.w'].includes(tensor.name ?? '')) return tensor;
    const { dims } = tensor;
    const perChannel = elementCount(dims) / CHANNELS;
    const base = tensor.name === 'dw.w' ? 3 : 1 / 3;
    const data = (wave(dims, 3).data as Float32Array).map((value, at) => value * base ** Math.floor(at / perChannel));
    return makeTensor(tensor.name ?? '', { dataType: 'float32', dims, data });
  });
  return model;
}

const valuesOf = (graph: GraphProto | null | undefined, name: string) =>
  loadTensor(graph?.initializer.find((tensor) => tensor.name === name) as TensorProto).data;

const samples = Array.from({ length: 8 }, (_, index) => ({ x: wave([1, CHANNELS, 6, 6], index + 20) }));

async function results(proto: ModelProto): Promise<Float32Array[]> {
  const session = await openSession(encodedBytes(encodeModel(proto)));
  try {
    const found: Float32Array[] = [];
    for (const feeds of samples) found.push((await session.run(feeds)).y?.data as Float32Array);
    return found;
  } finally {
    await session.release();
  }
}

function sqnrDb(original: readonly Float32Array[], other: readonly Float32Array[]): number {
  let [signal, noise] = [0, 0];
  for (const [index, values] of original.entries()) {
    for (const [at, value] of values.entries()) {
      signal += value * value;
      noise += (value - (other[index]?.[at] as number)) ** 2;
    }
  }
  return 10 * Math.log10(signal / noise);
}

test('the float model computes the same afterwards, with other weights and the same names of nodes and tensors', async () => {
  const [before, after] = [uneven(), uneven()];
  const graph = after.proto.graph as GraphProto;
  const editor = new GraphEditor(graph);
  const suitable = weightedNodes(graph, editor, WEIGHTED_OPERATORS);
  const prepared = { proto: { ...after.proto, graph }, editor, excluded: new Set<string>(), opset: 13 };

  const options = staticInt8Options.parse({});
  const equalized = await equalize(prepared, suitable, samplesOf(samples), options, depsIn(tmpdir()));

  expect(equalized).toBeGreaterThan(0);
  expect(graph.node.map(({ name, output }) => [name, output])).toEqual(
    before.proto.graph?.node.map(({ name, output }) => [name, output]),
  );
  expect(graph.initializer.map(({ name }) => name)).toEqual(before.proto.graph?.initializer.map(({ name }) => name));
  expect(valuesOf(graph, 'a.w')).not.toEqual(valuesOf(before.proto.graph, 'a.w'));
  expect(sqnrDb(await results(before.proto), await results({ ...after.proto, graph }))).toBeGreaterThan(110);
});

test('of channels with uneven spans much less is lost, in a file with as many nodes', async () => {
  const original = await results(uneven().proto);
  const lost = async (equalization: boolean) => {
    const run = { model: uneven(), calibration: samplesOf(samples), options: { equalization, floatStem: false } };
    const { proto } = await staticInt8.run(run, depsIn(tmpdir()));
    return { sqnr: sqnrDb(original, await results(proto)), nodes: proto.graph?.node.length };
  };
  const [plain, even] = [await lost(false), await lost(true)];
  expect(even.sqnr).toBeGreaterThan(plain.sqnr + 3);
  expect(even.nodes).toBe(plain.nodes);
});

test('a weight with one scale for all channels is left alone: what the second convolution gains the first would lose', async () => {
  const bytes = async (options: Record<string, boolean>) => {
    const run = { model: uneven(), calibration: samplesOf(samples), options: { ...options, floatStem: false } };
    return encodedBytes(encodeModel((await staticInt8.run(run, depsIn(tmpdir()))).proto));
  };
  expect(await bytes({ perChannel: false })).toEqual(await bytes({ perChannel: false, equalization: false }));
  expect(await bytes({})).not.toEqual(await bytes({ equalization: false }));
});

test('a weight behind an Identity gives what a plain one gives', async () => {
  const aliased = uneven();
  const graph = aliased.proto.graph as GraphProto;
  graph.node.unshift(makeNode('Identity', ['a.w'], ['alias'], { name: 'alias' }));
  for (const node of graph.node) if (node.name === 'a') node.input[1] = 'alias';
  const quantized = async (model: OnnxModel) => {
    const run = { model, calibration: samplesOf(samples), options: { floatStem: false } };
    return await results((await staticInt8.run(run, depsIn(tmpdir()))).proto);
  };
  expect(await quantized(aliased)).toEqual(await quantized(uneven()));
});

test('the expected noise of a depthwise convolution is the formula, worked by hand', () => {
  const model = smallModel({
    nodes: [makeNode('Conv', ['x', 'w'], ['y'], { name: 'dw', attributes: { group: 2n } })],
    input: [1, 2, 1, 2],
    weights: { w: { dataType: 'float32', dims: [2, 1, 1, 1], data: Float32Array.of(1, 2) } },
  });
  const graph = model.proto.graph as GraphProto;
  const [item] = weightedNodes(graph, new GraphEditor(graph), WEIGHTED_OPERATORS);
  const statistics = new ChannelStatistics(2);
  // Channel 0 holds 4 and 0, channel 1 holds 0.5 and 0.5.
  statistics.add(Float32Array.of(4, 0, 0.5, 0.5), 2);
  const steps = { ofActivations: 255, ofWeights: 254 };

  const view = viewOf(item!, { statistics, overshoot: new Overshoot(statistics) });

  // Span 4; Σ w² = 5; the weights have steps of 1/127 and 2/127, and mean squares of 8 and 0.25.
  const ofWeights = (1 / 127) ** 2 * 8 + (2 / 127) ** 2 * 0.25;
  expect(expectedNoise(view, Float64Array.of(1, 1), steps)).toBeCloseTo(((4 / 255) ** 2 * 5 + ofWeights) / 12, 12);
  // Divided by 8 and 1 both channels span 0.5, and the weight of the first is 8; what rounding it makes stays.
  expect(expectedNoise(view, Float64Array.of(8, 1), steps)).toBeCloseTo(((0.5 / 255) ** 2 * 68 + ofWeights) / 12, 12);
});

describe('what others show beyond the range', () => {
  const known = new ChannelStatistics(2);
  known.add(Float32Array.of(1, -2, 0, 0), 2);

  test('is the mean square of what a limit cuts off, at the next smaller limit that is known', () => {
    const overshoot = new Overshoot(known);
    // Channel 0 went to 2 before. Of −4 and 1 a limit of 2 cuts off 2, one of 3 (1.5 times) cuts off 1.
    overshoot.add(Float32Array.of(-4, 1, 0, 0), 2);
    expect(overshoot.meanSquare(0, 2)).toBeCloseTo(2 ** 2 / 2, 12);
    expect(overshoot.meanSquare(0, 3.5)).toBeCloseTo(1 ** 2 / 2, 12);
    expect(overshoot.meanSquare(0, 4)).toBe(0);
  });

  test('counts over all samples, and a channel that was silent as the quietest that was not', () => {
    const overshoot = new Overshoot(known);
    overshoot.add(Float32Array.of(0, 0, 3, 0), 2);
    overshoot.add(Float32Array.of(0, 0, 0, 0), 2);
    expect(overshoot.meanSquare(0, 2)).toBe(0);
    expect(overshoot.meanSquare(1, 2)).toBeCloseTo(1 / 4, 12);
  });

  test.each([
    ['nothing, even channels lose less', [4, 0.5], true],
    ['twice as much, they lose more', [8, 1], false],
  ])('decides: where others reach %s', (_what, others, isWorthIt) => {
    const model = smallModel({
      nodes: [makeNode('Conv', ['x', 'w'], ['y'], { name: 'dw', attributes: { group: 2n } })],
      input: [1, 2, 1, 1],
      weights: { w: { dataType: 'float32', dims: [2, 1, 1, 1], data: Float32Array.of(1, 8) } },
    });
    const graph = model.proto.graph as GraphProto;
    const [item] = weightedNodes(graph, new GraphEditor(graph), WEIGHTED_OPERATORS);
    const statistics = new ChannelStatistics(2);
    statistics.add(Float32Array.of(4, 0.5), 1);
    const overshoot = new Overshoot(statistics);
    overshoot.add(Float32Array.from(others), 1);
    const view = viewOf(item!, { statistics, overshoot });
    const steps = { ofActivations: 255, ofWeights: 254 };
    const noiseOf = (...factors: number[]) => expectedNoise(view, Float64Array.from(factors), steps);
    expect(noiseOf(8, 1) < noiseOf(1, 1)).toBe(isWorthIt);
  });
});

test('fewer than 8 samples say too little, and change nothing', async () => {
  const bytes = async (equalization: boolean) => {
    const run = { model: uneven(), calibration: samplesOf(samples.slice(1)), options: { equalization } };
    return encodedBytes(encodeModel((await staticInt8.run(run, depsIn(tmpdir()))).proto));
  };
  expect(await bytes(true)).toEqual(await bytes(false));
});
