/**
 * Defects of onnxruntime.quantization 1.30 for Python that this project does not share. Those with a file behind them have
 * their test there; the others stand here.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeNode } from '../../src/onnx/build.ts';
import type { NodeProto } from '../../src/onnx/proto.ts';
import { loadTensor } from '../../src/onnx/tensor.ts';
import { dynamicInt8 } from '../../src/quantization/dynamic-int8/quantizer.ts';
import type { QuantizeOutput } from '../../src/quantization/quantizer.ts';
import { staticInt8 } from '../../src/quantization/static-int8/quantizer.ts';
import { depsIn, samplesOf, smallModel, wave } from './small-models.ts';

/** What the reference does → where a test shows that ours does not: a file, and words of the title of the test. */
const ELSEWHERE: Readonly<Record<string, readonly [string, string]>> = {
  'entropy calibration has one candidate and is min-max': [
    'calibration/methods.test.ts',
    '2048 bins leave something to choose',
  ],
  'entropy spreads mass into empty bins': ['calibration/methods.test.ts', 'mass spread into empty bins'],
  'scales per channel are written for opsets that lack them': ['model-families.ts', 'a perceptron of opset'],
  'a bias of two dims ends with a ValueError': ['model-families.ts', 'a bias of two dims'],
  'percentiles fail for tensors that are nearly constant': ['calibration/methods.test.ts', 'nearly constant'],
  'excluding one unnamed node excludes all': [
    'weight-only/weight-only.test.ts',
    'unnamed nodes can be excluded one by one',
  ],
  'options of round-to-nearest are ignored': ['weight-only/weight-only.test.ts', 'the attributes that were asked for'],
  'a block size of 512 gives zeros': ['weight-only/weight-only.test.ts', '512 gave zeros'],
};

describe('defects with a test in another file', () => {
  test.each(Object.entries(ELSEWHERE))('%s', (_, [file, words]) => {
    const path = new URL(file, import.meta.url);
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain(words);
  });
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-defects-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const scaleOf = ({ proto }: QuantizeOutput, name: string): number =>
  Number(loadTensor(proto.graph?.initializer.find((tensor) => tensor.name === name) as never).data[0]);

const matMul = () =>
  smallModel({
    nodes: [makeNode('MatMul', ['x', 'w'], ['y'], { name: 'only' })],
    input: ['batch', 16],
    weights: { w: wave([16, 8]) },
  });

describe('every sample counts', () => {
  test.each(['minmax', 'percentile', 'mse'])('by %s: the widest may come at any place', async (calibrationMethod) => {
    const scales: number[] = [];
    for (let place = 0; place < 6; place += 1) {
      const feeds = Array.from({ length: 6 }, (_, index) => {
        const { data, ...rest } = wave([2, 16], index + 1);
        return { x: { ...rest, data: (data as Float32Array).map((value) => (index === place ? value * 100 : value)) } };
      });
      const options = { calibrationMethod, percentile: 100, rangeSearch: false };
      const made = await staticInt8.run({ model: matMul(), calibration: samplesOf(feeds), options }, depsIn(folder));
      scales.push(scaleOf(made, 'x_scale'));
    }
    expect(Math.min(...scales)).toBeGreaterThan(0.3);
  });

  test('samples of different shapes fill one histogram', async () => {
    const feeds = [1, 3, 7].map((rows) => ({ x: wave([rows, 16], rows) }));
    const options = { calibrationMethod: 'percentile' };
    const made = await staticInt8.run({ model: matMul(), calibration: samplesOf(feeds), options }, depsIn(folder));
    const counts = made.histograms?.find(({ tensor }) => tensor === 'x')?.counts ?? [];
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(11 * 16);
  });
});

test('Softmax and other operators whose result is only looked at stay float', async () => {
  const model = smallModel({
    nodes: [
      makeNode('MatMul', ['x', 'w'], ['h'], { name: 'layer' }),
      makeNode('Add', ['h', 'b'], ['a'], { name: 'add' }),
      makeNode('Softmax', ['a'], ['y'], { name: 'softmax', attributes: { axis: -1n } }),
    ],
    input: ['batch', 16],
    weights: { w: wave([16, 8]), b: wave([2, 8], 3) },
    opset: 17,
  });
  const calibration = samplesOf([{ x: wave([2, 16]) }]);
  const { proto } = await staticInt8.run({ model, calibration, options: {} }, depsIn(folder));
  const softmax = proto.graph?.node.find(({ opType }) => opType === 'Softmax');
  const makers = proto.graph?.node.filter(({ output }) => softmax?.input.includes(output[0] ?? ''));
  expect(makers?.map(({ opType }) => opType)).toEqual(['Add']);
  expect(softmax?.output).toEqual(['y']);
});

test('a weight that one node takes as it is and another one transposed serves both', async () => {
  const model = smallModel({
    nodes: [
      makeNode('Gemm', ['x', 'w'], ['h'], { name: 'plain' }),
      makeNode('Gemm', ['h', 'w'], ['y'], { name: 'turned', attributes: { transB: 1n } }),
    ],
    input: ['batch', 16],
    weights: { w: wave([16, 16]) },
  });
  const { proto } = await dynamicInt8.run({ model, calibration: null, options: {} }, depsIn(folder));
  const weights = proto.graph?.initializer.filter(({ dataType, dims }) => dataType === 3 && dims.length === 2) ?? [];
  const [first, second] = weights.map((tensor) => Array.from(loadTensor(tensor).data as Int8Array));
  expect(weights).toHaveLength(2);
  expect(first).not.toEqual(second);
  // Scales are those of the columns of each form, so that only signs can be compared across them.
  expect(
    Array.from(
      { length: 256 },
      (_, i) => Math.sign(first?.[i] as number) * Math.sign(second?.[(i % 16) * 16 + (i >> 4)] as number),
    ).every((sign) => sign >= 0),
  ).toBe(true);
});

test('work grows with the number of nodes, not with its square', async () => {
  /** Reads of the list of nodes while a chain is quantized. */
  const readsOf = async (layers: number): Promise<number> => {
    const nodes = Array.from({ length: layers }, (_, i) =>
      makeNode('MatMul', [i === 0 ? 'x' : `h${i - 1}`, 'w'], [i === layers - 1 ? 'y' : `h${i}`], { name: `layer${i}` }),
    );
    const model = smallModel({ nodes, input: [1, 4], weights: { w: wave([4, 4]) } });
    let reads = 0;
    const graph = model.proto.graph;
    const counted: ProxyHandler<NodeProto> = {
      get(target, key) {
        if (key === 'opType') reads += 1;
        return Reflect.get(target, key);
      },
    };
    graph.node = graph.node.map((node) => new Proxy(node, counted));
    await dynamicInt8.run({ model, calibration: null, options: {} }, depsIn(folder));
    return reads;
  };
  const [few, many] = [await readsOf(300), await readsOf(1200)];
  expect(few).toBeGreaterThan(300);
  expect(many / few).toBeLessThan(5);
});
