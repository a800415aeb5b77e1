import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AttributeValue, makeNode } from '../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import { type OnnxModel, openModel } from '../../src/onnx/open.ts';
import type { NodeProto } from '../../src/onnx/proto.ts';
import { type HostTensor, loadTensor } from '../../src/onnx/tensor.ts';
import { writeModel } from '../../src/onnx/write.ts';
import { splitSamples } from '../../src/quantization/data/split.ts';
import type { QuantizeOutput } from '../../src/quantization/quantizer.ts';
import { findQuantizer } from '../../src/quantization/registry.ts';
import type { Feeds, SampleSet } from '../../src/runtime/feeds.ts';
import { openSession, type RuntimeSession } from '../../src/runtime/session.ts';
import { labelledFiles } from '../fixtures/magika/features.ts';
import { depsIn, filled, samplesOf, smallModel, wave } from '../quantization/small-models.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nimify-quantization-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Options = Record<string, string | boolean | string[]>;

async function quantize(
  method: string,
  model: OnnxModel,
  samples: SampleSet,
  options: Options = {},
): Promise<QuantizeOutput> {
  const entry = findQuantizer(method);
  const calibration = entry.needsCalibration ? samples : null;
  return (await entry.load()).run({ model, calibration, options }, depsIn(folder));
}

/** x64 processors without VNNI add pairs of 8-bit products in 16 bits and saturate; here the model is judged, not the processor. */
const EXACT = { threads: 1, configEntries: { 'session.x64quantprecision': '1' } } as const;

async function withSessions<T>(
  models: readonly (string | Uint8Array)[],
  work: (s: RuntimeSession[]) => Promise<T>,
): Promise<T> {
  const sessions = await Promise.all(models.map((model) => openSession(model, EXACT)));
  try {
    return await work(sessions);
  } finally {
    await Promise.all(sessions.map((session) => session.release()));
  }
}

/** Signal-to-noise ratio of each output in dB over all samples, and how often its largest value is at the same place. */
async function compare(original: string | Uint8Array, candidate: string | Uint8Array, samples: SampleSet) {
  return await withSessions([original, candidate], async ([a, b]) => {
    const sums = new Map<string, { signal: number; noise: number; agreed: number }>();
    for await (const feeds of samples.samples()) {
      const [expected, found] = [await a!.run(feeds), await b!.run(feeds)];
      for (const [name, tensor] of Object.entries(expected)) {
        const [x, y] = [tensor.data as Float32Array, found[name]?.data as Float32Array];
        expect(found[name]?.dims).toEqual(tensor.dims);
        const sum = sums.get(name) ?? { signal: 0, noise: 0, agreed: 0 };
        for (const [i, value] of x.entries()) {
          sum.signal += value * value;
          sum.noise += (value - (y[i] as number)) ** 2;
        }
        sum.agreed += x.indexOf(Math.max(...x)) === y.indexOf(Math.max(...y)) ? 1 : 0;
        sums.set(name, sum);
      }
    }
    return [...sums].map(([name, sum]) => ({
      name,
      sqnrDb: 10 * Math.log10(sum.signal / sum.noise),
      agreed: sum.agreed,
    }));
  });
}

function bytesOf(proto: QuantizeOutput['proto']): Uint8Array {
  return encodedBytes(encodeModel(proto));
}

/** What ONNX Runtime makes of the model once it has fused what it can. */
async function fusedOperators(model: Uint8Array): Promise<(string | undefined)[]> {
  const path = join(folder, 'fused.onnx');
  await (await openSession(model, { optimizedModelPath: path, graphOptimization: 'extended' })).release();
  return openModel(path).proto.graph.node.map((node) => node.opType);
}

const waves = (dims: readonly number[], count = 6) =>
  samplesOf(Array.from({ length: count }, (_, i) => ({ x: wave(dims, i + 2) })));

describe('calibration', () => {
  const conv = (name: string, input: string, output: string) => makeNode('Conv', [input, 'w'], [output], { name });
  const network = () =>
    smallModel({
      nodes: [conv('first', 'x', 'a'), makeNode('Log', ['a'], ['b']), conv('second', 'b', 'y')],
      input: ['n', 2, 'h', 'w'],
      weights: { w: filled([2, 2, 1, 1], 1) },
    });

  test('NaN and infinite values are errors that name the tensor and the sample', async () => {
    const good = { x: filled([1, 2, 4, 4], 1) };
    for (const [value, tensor] of [
      [-2, 'b'],
      [-1, 'b'],
      [Number.NaN, 'x'],
      [Number.POSITIVE_INFINITY, 'x'],
    ] as const) {
      // One value among many: the minimum and the maximum of a tensor may pass over a NaN.
      const bad = filled([1, 2, 4, 4], 1);
      (bad.data as Float32Array)[13] = value;
      const samples = samplesOf([good, { x: bad }], 'photos');
      await expect(quantize('static-int8', network(), samples)).rejects.toMatchObject({
        code: 'DATA_NOT_FINITE',
        message: `The tensor ${tensor} holds NaN or infinite values in sample 2 of photos.`,
      });
    }
  });

  test('data that does not fit the model is an error of the runtime, not a crash', async () => {
    const samples = samplesOf([{ x: filled([1, 3, 4, 4], 1) }]);
    await expect(quantize('static-int8', network(), samples)).rejects.toMatchObject({ code: 'RUNTIME_FAILED' });
  });

  test('stops between two samples when it is told to', async () => {
    const stop = new AbortController();
    let seen = 0;
    const base = waves([1, 2, 4, 4]);
    const samples: SampleSet = {
      ...base,
      async *samples() {
        for (let i = 0; i < 6; i += 1) {
          seen += 1;
          if (seen === 3) stop.abort(new Error('enough'));
          yield { x: filled([1, 2, 4, 4], 1) };
        }
      },
    };
    const quantizer = await findQuantizer('static-int8').load();
    const run = quantizer.run({ model: network(), calibration: samples, options: {} }, depsIn(folder, stop.signal));
    await expect(run).rejects.toThrow('enough');
    expect(seen).toBe(3);
  });

  test('samples may differ in shape, and the widest range counts', async () => {
    const samples = samplesOf([{ x: filled([1, 2, 4, 4], 1) }, { x: filled([2, 2, 3, 7], 51) }]);
    const { proto } = await quantize('static-int8', network(), samples);
    const scale = proto.graph?.initializer.find((tensor) => tensor.name === 'x_scale');
    expect(loadTensor(scale!).data[0]).toBe(Math.fround(51 / 255));
  });
});

interface Case {
  readonly nodes: NodeProto[];
  readonly input: readonly number[];
  readonly weights: Readonly<Record<string, HostTensor>>;
  readonly opset?: number;
  readonly hasOverridableWeights?: boolean;
  /** Operators that must be there after fusion. */
  readonly fused?: readonly string[];
}

const named = (operator: string, inputs: string[], output: string, attributes: Record<string, AttributeValue> = {}) =>
  makeNode(operator, inputs, [output], { name: `${operator}_${output}`, attributes });

const STATIC: Readonly<Record<string, Case>> = {
  'Conv with bias and Relu, twice': {
    nodes: [named('Conv', ['x', 'w', 'b'], 'a'), named('Relu', ['a'], 'r'), named('Conv', ['r', 'v'], 'y')],
    input: [1, 4, 8, 8],
    weights: { w: wave([6, 4, 3, 3]), b: wave([6]), v: wave([3, 6, 1, 1]) },
    fused: ['QLinearConv', 'QLinearConv'],
  },
  'depthwise Conv and Clip of opset 7': {
    nodes: [named('Conv', ['x', 'w'], 'a', { group: 4n }), named('Clip', ['a'], 'y', { min: -0.5, max: 0.5 })],
    input: [1, 4, 8, 8],
    weights: { w: wave([4, 1, 3, 3]) },
    opset: 7,
    fused: ['QLinearConv'],
  },
  'Conv and BatchNormalization whose weights are also inputs': {
    nodes: [named('Conv', ['x', 'w'], 'a'), named('BatchNormalization', ['a', 'g', 'b', 'm', 'v'], 'y')],
    input: [1, 4, 8, 8],
    weights: { w: wave([6, 4, 3, 3]), g: wave([6], 3), b: wave([6], 5), m: wave([6], 7), v: filled([6], 0.3) },
    opset: 8,
    hasOverridableWeights: true,
    fused: ['QLinearConv'],
  },
  'Conv, Mul and Add of one value per channel': {
    nodes: [named('Conv', ['x', 'w'], 'a'), named('Mul', ['m', 'a'], 's'), named('Add', ['s', 'b'], 'y')],
    input: [1, 4, 8, 8],
    weights: { w: wave([6, 4, 3, 3]), m: wave([6, 1, 1], 3), b: wave([1, 6, 1, 1], 5) },
    fused: ['QLinearConv'],
  },
  'ConvTranspose with groups and bias': {
    nodes: [named('ConvTranspose', ['x', 'w', 'b'], 'y', { group: 2n })],
    input: [1, 4, 5, 5],
    weights: { w: wave([4, 3, 2, 2]), b: wave([6]) },
  },
  'Conv of one dimension with a huge bias and a tiny weight': {
    nodes: [named('Conv', ['x', 'w', 'b'], 'y')],
    input: [1, 2, 9],
    weights: { w: filled([2, 2, 3], 1e-9), b: filled([2], 40) },
    fused: ['QLinearConv'],
  },
  'MatMul and Add as a network of two layers': {
    nodes: [
      named('MatMul', ['x', 'w'], 'a'),
      named('Add', ['a', 'b'], 'c'),
      named('Relu', ['c'], 'r'),
      named('MatMul', ['r', 'v'], 'd'),
      named('Add', ['d', 'e'], 'y'),
    ],
    input: [5, 16],
    weights: { w: wave([16, 24]), b: wave([24]), v: wave([24, 6]), e: wave([1, 6], 3) },
    fused: ['QGemm', 'QGemm'],
  },
};

const BOTH: Readonly<Record<string, Case>> = {
  'MatMul of three dims and Add': {
    nodes: [named('MatMul', ['x', 'w'], 'a'), named('Add', ['a', 'b'], 'y')],
    input: [2, 5, 16],
    weights: { w: wave([16, 24]), b: wave([24]) },
    fused: ['MatMulIntegerToFloat|DynamicQuantizeMatMul'],
  },
  'MatMul with a batch of weights': {
    nodes: [named('MatMul', ['x', 'w'], 'y')],
    input: [3, 5, 16],
    weights: { w: wave([3, 16, 24]) },
  },
  'Gemm with alpha, beta, a transposed weight and a bias of one row': {
    nodes: [named('Gemm', ['x', 'w', 'b'], 'y', { alpha: 0.5, beta: 3, transB: 1n })],
    input: [5, 16],
    weights: { w: wave([24, 16]), b: wave([1, 24]) },
    fused: ['QGemm|MatMulIntegerToFloat|DynamicQuantizeMatMul'],
  },
  'Gemm with a bias for each row, which stays float': {
    nodes: [named('Gemm', ['x', 'w', 'b'], 'y', { beta: 0.5 })],
    input: [5, 16],
    weights: { w: wave([16, 24]), b: wave([5, 1]) },
  },
};

describe('quantized networks give what the original gives, nearly', () => {
  const table = [
    ...Object.entries(STATIC).map(([name, item]) => ['static-int8', name, item] as const),
    ...Object.entries(BOTH).flatMap(([name, item]) => [
      ['static-int8', name, item] as const,
      ['dynamic-int8', name, item] as const,
    ]),
  ];
  for (const [method, name, item] of table) {
    test(`${method}: ${name}`, async () => {
      const model = smallModel(item);
      const original = bytesOf(model.proto);
      for (const options of [{}, { perChannel: false }, { reduceRange: true }]) {
        const { proto, recipe } = await quantize(method, smallModel(item), waves(item.input), options);
        const [result] = await compare(original, bytesOf(proto), waves(item.input));
        expect(result?.sqnrDb).toBeGreaterThan(28);
        expect(Object.values(recipe.quantizedNodes).reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
        expect(proto.graph?.output.map((output) => output.name)).toEqual(['y']);
      }
      const { proto } = await quantize(method, model, waves(item.input));
      const operators = await fusedOperators(bytesOf(proto));
      for (const expected of item.fused ?? []) {
        const at = operators.findIndex((operator) => expected.split('|').includes(operator ?? ''));
        expect(at, `${expected} in ${operators}`).toBeGreaterThanOrEqual(0);
        operators.splice(at, 1);
      }
    });
  }

  test('int8 activations, for ARM64, are as good', async () => {
    const item = STATIC['Conv with bias and Relu, twice'] as Case;
    const { proto } = await quantize('static-int8', smallModel(item), waves(item.input), { activationType: 'int8' });
    const [result] = await compare(bytesOf(smallModel(item).proto), bytesOf(proto), waves(item.input));
    expect(result?.sqnrDb).toBeGreaterThan(28);
  });

  test('the same model, data and options give the same bytes', async () => {
    for (const item of [STATIC['Conv with bias and Relu, twice'], BOTH['MatMul of three dims and Add']] as Case[]) {
      const [a, b] = [1, 2].map(() => quantize('static-int8', smallModel(item), waves(item.input)));
      expect(bytesOf((await a!).proto)).toEqual(bytesOf((await b!).proto));
      expect((await a!).recipe).toEqual((await b!).recipe);
    }
  });
});

test('a model with its weights in another file is calibrated from a copy and written as one file', async () => {
  const weights = wave([16, 24]);
  const bytes = new Uint8Array((weights.data as Float32Array).buffer);
  await writeFile(join(folder, 'weights.bin'), bytes);
  const { proto } = smallModel({ nodes: [named('MatMul', ['x', 'w'], 'y')], input: [2, 16], weights: { w: weights } });
  const tensor = proto.graph.initializer[0]!;
  delete tensor.rawData;
  tensor.dataLocation = 1;
  tensor.externalData = [{ key: 'location', value: 'weights.bin' }];
  const path = join(folder, 'external.onnx');
  await writeModel(proto, path);
  for (const method of ['static-int8', 'dynamic-int8']) {
    const output = join(folder, `${method}.onnx`);
    await writeModel((await quantize(method, openModel(path), waves([2, 16]))).proto, output);
    expect(openModel(output).externalFiles).toEqual([]);
    const [result] = await compare(path, output, waves([2, 16]));
    expect(result?.sqnrDb).toBeGreaterThan(35);
  }
  expect(await readFile(join(folder, 'weights.bin'))).toEqual(Buffer.from(bytes));
});

const MODELS = new URL('../../../shared/models/', import.meta.url).pathname;

/** The photographs of UltraFace as NCHW, `(x − mean) / std`. */
async function photographs(width: number, height: number, mean: number, std: number, isBgr: boolean): Promise<Feeds[]> {
  const images = join(MODELS, 'ultraface/images');
  const pixels = width * height;
  const channel = (i: number) => (isBgr ? 2 - Math.floor(i / pixels) : Math.floor(i / pixels));
  return Promise.all(
    readdirSync(images)
      .sort()
      .map(async (name) => {
        const resized = sharp(join(images, name))
          .removeAlpha()
          .toColourspace('srgb')
          .resize(width, height, { fit: 'fill' });
        const rgb = await resized.raw().toBuffer();
        const at = (i: number) => ((rgb[(i % pixels) * 3 + channel(i)] as number) - mean) / std;
        const data = Float32Array.from({ length: 3 * pixels }, (_, i) => at(i));
        return { input: { dataType: 'float32', dims: [1, 3, height, width], data } };
      }),
  );
}

function files(): Feeds[] {
  return labelledFiles(join(MODELS, 'magika/files')).map(({ features }) => ({
    bytes: { dataType: 'int32', dims: [1, features.length], data: features },
  }));
}

/** Calibration with the first, the last and a seeded part; the rest is for evaluation. */
function splits(list: readonly Feeds[], size: number) {
  const all = samplesOf(list);
  const indices = list.map((_, index) => index);
  const [first, last] = [indices.slice(0, size), indices.slice(-size)];
  const rest = (part: readonly number[]) => indices.filter((index) => !part.includes(index));
  const seeded = splitSamples(all, { calibrationSamples: size, seed: 0, maxEvaluation: 256 });
  return [
    { calibration: all.pick(first), evaluation: all.pick(rest(first)) },
    { calibration: all.pick(last), evaluation: all.pick(rest(last)) },
    seeded,
  ];
}

function tokens(length: number): Feeds {
  const ids = BigInt64Array.from({ length }, (_, i) => BigInt((i * 37) % 900));
  return {
    input_ids: { dataType: 'int64', dims: [1, length], data: ids },
    attention_mask: { dataType: 'int64', dims: [1, length], data: new BigInt64Array(length).fill(1n) },
  };
}

describe.skipIf(!existsSync(MODELS))('published models (in ../shared/models)', () => {
  test('UltraFace keeps 43 dB in both outputs on photographs that it was not calibrated with', async () => {
    const path = join(MODELS, 'ultraface/version-RFB-320.onnx');
    for (const { calibration, evaluation } of splits(await photographs(320, 240, 127, 128, false), 12)) {
      const { proto, recipe } = await quantize('static-int8', openModel(path), calibration);
      // 52 convolutions, of which the two at the entrance stay float.
      expect(recipe).toMatchObject({ opset: 13, quantizedNodes: { Conv: 50 }, calibration: { samples: 12 } });
      const results = await compare(path, bytesOf(proto), evaluation);
      expect(results.map((result) => result.name)).toEqual(['scores', 'boxes']);
      for (const result of results) expect(result.sqnrDb).toBeGreaterThan(43);
      const operators = await fusedOperators(bytesOf(proto));
      expect(operators.filter((operator) => operator === 'QLinearConv')).toHaveLength(50);
      expect(operators).not.toContain('BatchNormalization');
    }
  });

  test('Magika names each of its 77 files as the original does, whichever half calibrates it', async () => {
    const path = join(MODELS, 'magika/model.onnx');
    const all = samplesOf(files());
    for (const { calibration } of splits(files(), 38)) {
      const fixed = await quantize('static-int8', openModel(path), calibration);
      expect((await compare(path, bytesOf(fixed.proto), all))[0]?.agreed).toBe(77);
    }
    const dynamic = await quantize('dynamic-int8', openModel(path), all);
    expect((await compare(path, bytesOf(dynamic.proto), all))[0]?.agreed).toBe(77);
  });

  const bgr = async () => [
    ...(await photographs(320, 320, 0, 1, true)).slice(0, 6),
    ...(await photographs(320, 256, 0, 1, true)).slice(6, 9),
  ];
  const RUNNING: readonly (readonly [path: string, methods: readonly string[], samples: () => Promise<Feeds[]>])[] = [
    ['mnist/mnist.onnx', ['static-int8'], async () => [1, 2, 3].map((i) => ({ Input3: wave([1, 1, 28, 28], i) }))],
    ['yunet/yunet_n_dynamic.onnx', ['static-int8'], bgr],
    ['tiny-bert/model.onnx', ['static-int8', 'dynamic-int8'], async () => [16, 9, 31].map(tokens)],
  ];
  for (const [path, methods, makeFeeds] of RUNNING) {
    for (const method of methods) {
      test(`${path} runs after ${method}, survives a round trip and is not quantized twice`, async () => {
        const source = join(MODELS, path);
        const samples = samplesOf(await makeFeeds());
        const { proto } = await quantize(method, openModel(source), samples);
        const [first, second] = ['a.onnx', 'b.onnx'].map((name) => join(folder, name)) as [string, string];
        await writeModel(proto, first, { force: true });
        await writeModel(openModel(first).proto, second, { force: true });
        expect(await readFile(second)).toEqual(await readFile(first));
        for (const result of await compare(source, second, samples)) expect(result.sqnrDb).toBeGreaterThan(8);
        const again = (await findQuantizer(method).load()).requires(openModel(second));
        expect(again[0]?.args.reason).toMatch(/quantized already/);
      });
    }
  }

  test('Silero, whose weights are in branches of an If, is skipped with that reason', async () => {
    const model = openModel(join(MODELS, 'silero-vad/silero_vad.onnx'));
    const [finding] = (await findQuantizer('static-int8').load()).requires(model);
    expect(finding?.args.reason).toMatch(/in subgraphs/);
  });
});
