/** What static-int8 does to lose less than plain rounding: float stem, bias correction, range search. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeNode } from '../../src/onnx/build.ts';
import { GraphEditor } from '../../src/onnx/graph-editor.ts';
import { loadTensor } from '../../src/onnx/tensor.ts';
import { loadWeight, roundWeight } from '../../src/quantization/integer-weights.ts';
import { findQuantizer } from '../../src/quantization/registry.ts';
import { biasShift, meanRequests } from '../../src/quantization/static-int8/bias-correction.ts';
import { searchable } from '../../src/quantization/static-int8/range-search.ts';
import { stemNodes } from '../../src/quantization/static-int8/stem.ts';
import { WEIGHTED_OPERATORS, weightedNodes } from '../../src/quantization/weighted-nodes.ts';
import { depsIn, samplesOf, smallModel, wave } from './small-models.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nimify-accuracy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const conv = (name: string, input: string, weight: string, output: string, group = 1) =>
  makeNode('Conv', [input, weight], [output], { name, attributes: { group: BigInt(group) } });

function weighted(model: ReturnType<typeof smallModel>) {
  const { graph } = model.proto;
  return { graph, nodes: weightedNodes(graph, new GraphEditor(graph), WEIGHTED_OPERATORS) };
}

describe('the float stem', () => {
  test('holds convolutions of few channels at the input, and the depthwise ones right behind them', () => {
    const { graph, nodes } = weighted(
      smallModel({
        nodes: [
          conv('entrance', 'x', 'w3', 'a'),
          makeNode('Relu', ['a'], ['b'], { name: 'relu' }),
          conv('depthwise', 'b', 'dw', 'c', 16),
          conv('pointwise', 'c', 'pw', 'd'),
          conv('later-depthwise', 'd', 'dw', 'y', 16),
        ],
        input: [1, 3, 8, 8],
        weights: { w3: wave([16, 3, 3, 3]), dw: wave([16, 1, 1, 1]), pw: wave([16, 16, 1, 1]) },
      }),
    );

    expect([...stemNodes(graph, nodes)]).toEqual(['entrance', 'depthwise']);
  });

  test.each([
    ['inputs', [8, 8, 1, 1]],
    ['outputs', [32, 3, 1, 1]],
  ] as const)('holds nothing where the first convolution has many %s', (_what, dims) => {
    const { graph, nodes } = weighted(
      smallModel({
        nodes: [conv('wide', 'x', 'w', 'a'), conv('depthwise', 'a', 'dw', 'y', dims[0])],
        input: [1, dims[1], 4, 4],
        weights: { w: wave(dims), dw: wave([dims[0], 1, 1, 1]) },
      }),
    );

    expect([...stemNodes(graph, nodes)]).toEqual([]);
  });

  test('does not keep a network float that is nothing but stem', async () => {
    const quantizer = await findQuantizer('static-int8').load();
    const model = smallModel({
      nodes: [conv('only', 'x', 'w', 'y')],
      input: [1, 1, 8, 8],
      weights: { w: wave([4, 1, 3, 3]) },
    });
    const samples = samplesOf([{ x: wave([1, 1, 8, 8]) }]);

    const { recipe } = await quantizer.run({ model, calibration: samples, options: {} }, depsIn(folder));

    expect(recipe.quantizedNodes).toEqual({ Conv: 1 });
  });
});

describe('bias correction', () => {
  test('of a grouped Conv takes the mean of the channels of its own group', () => {
    // One value per output channel is the largest and is exact; the other one rounds from 0.3 · 127 = 38.1 to 38.
    const data = Float32Array.of(1, 0.3, 0.3, 1);
    const { nodes } = weighted(
      smallModel({
        nodes: [conv('grouped', 'x', 'w', 'y', 2)],
        input: [1, 4, 2, 2],
        weights: { w: { dataType: 'float32', dims: [2, 2, 1, 1], data } },
      }),
    );
    const item = nodes[0]!;
    const weight = roundWeight(loadWeight(item, { perChannel: true, reduceRange: false }));

    const shift = biasShift(item, weight, Float64Array.of(10, 20, 30, 40)) as Float64Array;

    const error = 38 / 127 - 0.3;
    expect(meanRequests(nodes)).toEqual([{ tensor: 'x', axes: [0, 2, 3], channels: 4 }]);
    expect(shift[0]).toBeCloseTo(error * 20, 6);
    expect(shift[1]).toBeCloseTo(error * 30, 5);
  });

  test.each([0n, 1n])('of a Gemm with transB %s follows its inputs', (transB) => {
    // Column 0 holds 1 and 0.3 for inputs 0 and 1, column 1 holds 0.3 and 1.
    const data = Float32Array.of(1, 0.3, 0.3, 1);
    const { nodes } = weighted(
      smallModel({
        nodes: [makeNode('Gemm', ['x', 'w'], ['y'], { name: 'gemm', attributes: { transB } })],
        input: [1, 2],
        weights: { w: { dataType: 'float32', dims: [2, 2], data } },
      }),
    );
    const item = nodes[0]!;
    const weight = roundWeight(loadWeight(item, { perChannel: true, reduceRange: false }));

    const shift = biasShift(item, weight, Float64Array.of(10, 20)) as Float64Array;

    const error = 38 / 127 - 0.3;
    expect(shift[0]).toBeCloseTo(error * 20, 6);
    expect(shift[1]).toBeCloseTo(error * 10, 6);
  });

  test('adds a bias to a Conv that has none, and none when it is switched off', async () => {
    const quantizer = await findQuantizer('static-int8').load();
    const inputs = async (biasCorrection: boolean) => {
      const model = smallModel({
        nodes: [conv('only', 'x', 'w', 'y')],
        input: [1, 8, 4, 4],
        weights: { w: wave([4, 8, 1, 1]) },
      });
      const samples = samplesOf([{ x: wave([1, 8, 4, 4]) }]);
      const run = { model, calibration: samples, options: { biasCorrection } };
      const { proto } = await quantizer.run(run, depsIn(folder));
      return proto.graph?.node.find(({ opType }) => opType === 'Conv')?.input.length;
    };

    expect(await inputs(true)).toBe(3);
    expect(await inputs(false)).toBe(2);
  });
});

describe('the range search', () => {
  test('tries tensors with a negative side only', () => {
    const ranges = new Map([
      ['relu', { min: 0, max: 4 }],
      ['both', { min: -2, max: 4 }],
      ['negative', { min: -2, max: 0 }],
    ]);
    expect(searchable(['relu', 'both', 'negative'], ranges, false)).toEqual(['both']);
  });

  test('gives up a negative side that the function behind it makes flat, and keeps one that counts', async () => {
    const quantizer = await findQuantizer('static-int8').load();
    const scaleOf = async (behind: string, rangeSearch: boolean) => {
      // Values from about −8 to 8: Elu is flat below −4, Identity is not.
      const model = smallModel({
        nodes: [conv('only', 'x', 'w', 'a'), makeNode(behind, ['a'], ['y'], { name: 'behind' })],
        input: [1, 8, 16, 16],
        weights: { w: wave([8, 8, 1, 1], 3) },
      });
      const x = wave([1, 8, 16, 16], 2);
      const loud = { ...x, data: (x.data as Float32Array).map((value) => value * 40) };
      const run = { model, calibration: samplesOf([{ x: loud }]), options: { rangeSearch } };
      const { proto } = await quantizer.run(run, depsIn(folder));
      const scale = proto.graph?.initializer.find(({ name }) => name === 'a_scale');
      return (loadTensor(scale!).data as Float32Array)[0] as number;
    };

    expect(await scaleOf('Elu', true)).toBeLessThan(0.8 * (await scaleOf('Elu', false)));
    expect(await scaleOf('Neg', true)).toBe(await scaleOf('Neg', false));
  });

  test('runs models whose convolutions share a weight', async () => {
    const quantizer = await findQuantizer('static-int8').load();
    const model = smallModel({
      nodes: [conv('first', 'x', 'w', 'a'), conv('second', 'a', 'w', 'y')],
      input: [1, 8, 4, 4],
      weights: { w: wave([8, 8, 1, 1]) },
    });
    const run = { model, calibration: samplesOf([{ x: wave([1, 8, 4, 4]) }]), options: { floatStem: false } };
    const { recipe } = await quantizer.run(run, depsIn(folder));
    expect(recipe.quantizedNodes).toEqual({ Conv: 2 });
  });
});
