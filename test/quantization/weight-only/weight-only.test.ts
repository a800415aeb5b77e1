import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeNode } from '../../../src/onnx/build.ts';
import { allGraphs } from '../../../src/onnx/graph.ts';
import { openModel } from '../../../src/onnx/open.ts';
import type { NodeProto } from '../../../src/onnx/proto.ts';
import { writeModel } from '../../../src/onnx/write.ts';
import type { QuantizeOutput } from '../../../src/quantization/quantizer.ts';
import { weightOnly } from '../../../src/quantization/weight-only/quantizer.ts';
import { FAMILIES } from '../model-families.ts';
import { depsIn, type SmallModel, smallModel, wave } from '../small-models.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-weights-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Options = Parameters<typeof weightOnly.run>[0]['options'];
const family = (title: string) => {
  const found = FAMILIES.find((one) => one.title.includes(title));
  if (found === undefined) throw new Error(`no family ${title}`);
  return found.make();
};
const quantize = (model: ReturnType<typeof family>, options: Options = {}): Promise<QuantizeOutput> =>
  weightOnly.run({ model, calibration: null, options }, depsIn(folder));

/** Operator and name of every node, inner graphs included. */
const nodesOf = ({ proto }: QuantizeOutput) =>
  [...allGraphs(proto)].flatMap(({ graph }) => graph.node.map(({ opType, name }) => `${opType} ${name}`));
const initializersOf = ({ proto }: QuantizeOutput) =>
  [...allGraphs(proto)].flatMap(({ graph, place }) => graph.initializer.map(({ name }) => [...place, name].join(' ')));

describe('matrices', () => {
  const model = () =>
    smallModel({
      nodes: [
        makeNode('MatMul', ['x', 'w'], ['h'], { name: 'first' }),
        makeNode('MatMul', ['h', 'w'], ['y'], { name: 'second' }),
      ],
      input: [2, 32],
      weights: { w: wave([32, 32]) },
    });

  test('become MatMulNBits, and a weight that two nodes take is quantized once', async () => {
    const made = await quantize(model());
    expect(nodesOf(made)).toEqual(['MatMulNBits first_Q4', 'MatMulNBits second_Q4']);
    expect(initializersOf(made)).toEqual(['w_Q4', 'w_scales']);
    expect(made.proto.opsetImport).toContainEqual({ domain: 'com.microsoft', version: 1 });
    expect(made.recipe.quantizedNodes).toEqual({ MatMul: 2 });
  });

  test('have zero points unless they are symmetric, and the attributes that were asked for', async () => {
    const made = await quantize(model(), { weightBits: 8, blockSize: 16, weightSymmetric: false, accuracyLevel: 0 });
    expect(initializersOf(made)).toEqual(['w_Q8', 'w_scales', 'w_zero_points']);
    const attributes = made.proto.graph?.node[0]?.attribute.map(({ name, i }) => [name, i]);
    expect(attributes).toEqual([
      ['K', 32n],
      ['N', 32n],
      ['bits', 8n],
      ['block_size', 16n],
    ]);
  });

  test('of excluded nodes stay, and only of those', async () => {
    const made = await quantize(model(), { excludeNodes: ['first'] });
    expect(nodesOf(made)).toEqual(['MatMul first', 'MatMulNBits second_Q4']);
    expect(initializersOf(made)).toEqual(['w', 'w_Q4', 'w_scales']);
  });

  test('of unnamed nodes can be excluded one by one, by operator and place', async () => {
    const made = await quantize(family('without names'), { excludeNodes: ['MatMul_0'] });
    expect(nodesOf(made)).toEqual(['MatMul MatMul_0', 'Relu Relu_1', 'MatMulNBits MatMul_2_Q4']);
  });
});

describe('the precision of the recipe', () => {
  const recurrent = makeNode('LSTM', ['x', 'w', 'r'], ['', 'h'], { attributes: { hidden_size: 4n } });
  const gates = { w: wave([1, 16, 8]), r: wave([1, 16, 4]) };
  const of = async (nodes: NodeProto[], weights: SmallModel['weights'] = {}, options: Options = {}) =>
    (await quantize(smallModel({ nodes, weights, input: [2, 3, 8], opset: 14 }), options)).recipe.precision;
  const product = makeNode('MatMul', ['h', 'm'], ['y']);

  test.each([
    ['int4', 4],
    ['int8', 8],
  ])('is %s for matrices with %i bits', async (precision, weightBits) => {
    const matrix = [makeNode('MatMul', ['x', 'm'], ['y'])];
    expect(await of(matrix, { m: wave([8, 4]) }, { weightBits })).toBe(precision);
  });

  test('is int8 for recurrent layers alone, whatever the bits of matrices are', async () => {
    const output = makeNode('Identity', ['h'], ['y']);
    expect(await of([recurrent, output], gates, { weightBits: 4 })).toBe('int8');
  });

  test('is mixed where both are there, and int8 where the matrices have 8 bits too', async () => {
    const weights = { ...gates, m: wave([4, 4]) };
    expect(await of([recurrent, product], weights)).toBe('mixed');
    expect(await of([recurrent, product], weights, { weightBits: 8 })).toBe('int8');
  });
});

describe('what is refused', () => {
  test('block sizes that no kernel takes: 512 gave zeros, and 48 is no power of two', async () => {
    for (const blockSize of [8, 48, 512])
      await expect(quantize(family('without names'), { blockSize })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('five bits', async () => {
    await expect(quantize(family('without names'), { weightBits: 5 })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('weightBits: must be one of 4, 8'),
    });
  });

  test('a model that is quantized already', async () => {
    const { proto } = await quantize(family('without names'));
    const again = { ...family('without names'), proto: proto as ReturnType<typeof family>['proto'] };
    expect(weightOnly.requires(again)[0]?.args.reason).toMatch(/quantized already.*MatMulNBits/);
  });
});

describe('graphs inside graphs', () => {
  test('the branches of an If: a weight lives on where it lived, one of the outer graph serves both', async () => {
    const made = await quantize(family('branches of an If'));
    expect(initializersOf(made)).toEqual([
      'zero',
      'w_Q4',
      'w_scales',
      'shared_Q4',
      'shared_scales',
      'choose.then_branch then_w_Q4',
      'choose.then_branch then_w_scales',
      'choose.else_branch else_w_Q4',
      'choose.else_branch else_w_scales',
    ]);
    expect(nodesOf(made).filter((node) => node.startsWith('MatMul '))).toEqual([]);
  });

  test('the body of a Loop', async () => {
    expect(nodesOf(await quantize(family('Loop')))).toContain('MatMulNBits step_Q4');
  });
});

describe('weights that are no matrices', () => {
  test('of a recurrent layer are int8 with a scale per gate row, dequantized before it', async () => {
    const made = await quantize(family('LSTM'));
    const scales = made.proto.graph?.initializer.filter(({ name }) => name?.endsWith('_scale'));
    expect(scales?.map(({ name, dims }) => [name, dims])).toEqual([
      ['w_scale', [64]],
      ['r_scale', [64]],
    ]);
    expect(made.recipe.quantizedNodes).toEqual({ LSTM: 1, MatMul: 1 });
  });

  test('that are cut and joined on their way are dequantized before that', async () => {
    const gates = {
      axes: { dataType: 'int64', dims: [1], data: BigInt64Array.of(0n) },
      w: wave([64, 16]),
      r: wave([1, 64, 16], 2),
    } as const;
    const model = smallModel({
      nodes: [
        makeNode('Unsqueeze', ['w', 'axes'], ['stacked'], { name: 'stack' }),
        makeNode('LSTM', ['x', 'stacked', 'r'], ['y'], { name: 'lstm', attributes: { hidden_size: 16n } }),
      ],
      input: [5, 1, 16],
      weights: gates,
    });
    const made = await quantize(model);
    expect(nodesOf(made)).toEqual([
      'DequantizeLinear w_DequantizeLinear',
      'Unsqueeze stack',
      'DequantizeLinear r_DequantizeLinear',
      'LSTM lstm',
    ]);
    expect(made.recipe.quantizedNodes).toEqual({ LSTM: 1 });
  });
});

test('a large model is quantized while it is written, and only then are its weights read', async () => {
  const path = join(folder, 'large.onnx');
  const { proto } = smallModel({
    nodes: [makeNode('MatMul', ['x', 'w'], ['y'], { name: 'only' })],
    input: [1, 512],
    weights: { w: wave([512, 1024]) },
  });
  await writeModel(proto, path, { data: { thresholdBytes: 1024, alignBytes: 4096, dataFile: 'large.data' } });
  const model = openModel(path);
  const { proto: quantized } = await quantize(model as ReturnType<typeof family>);
  rmSync(join(folder, 'large.data'));
  await expect(writeModel(quantized, join(folder, 'small.onnx'))).rejects.toMatchObject({
    details: { path: expect.stringContaining('large.data') },
  });
});
