/** What bfloat16 does to a model; that every model still runs is in test/contracts. */
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { makeGraph, makeNode, makeTensor, makeValueInfo } from '../../../src/onnx/build.ts';
import { bfloat16ToNumber } from '../../../src/onnx/half.ts';
import type { OnnxModel } from '../../../src/onnx/open.ts';
import type { TensorProto } from '../../../src/onnx/proto.ts';
import { type HostTensor, loadTensor } from '../../../src/onnx/tensor.ts';
import { bfloat16 } from '../../../src/quantization/bfloat16/quantizer.ts';
import { depsIn, filled, type SmallModel, smallModel, wave } from '../small-models.ts';

const layer = (parts: Partial<SmallModel> = {}): OnnxModel =>
  smallModel({
    nodes: [
      makeNode('MatMul', ['x', 'w'], ['h'], { name: 'product' }),
      makeNode('Add', ['h', 'b'], ['y'], { name: 'bias' }),
    ],
    input: [2, 8],
    weights: { w: wave([8, 32]), b: wave([32], 2) },
    opset: 17,
    ...parts,
  });

async function converted(model: OnnxModel, options = {}) {
  const { proto, findings, recipe } = await bfloat16.run({ model, calibration: null, options }, depsIn(tmpdir()));
  return { graph: (proto as OnnxModel['proto']).graph, findings, recipe };
}

const reasonOf = (model: OnnxModel) => bfloat16.requires(model)[0]?.args.reason;
const numbersOf = (tensor: TensorProto | undefined) =>
  Array.from(loadTensor(tensor as TensorProto).data as Uint16Array, bfloat16ToNumber);

test('weights are the nearest bfloat16, and a Cast gives them back under their name', async () => {
  const { graph, recipe } = await converted(layer());
  expect(graph.node.map(({ opType, input, output }) => [opType, ...input, ...output])).toEqual([
    ['Cast', 'w_bfloat16', 'w'],
    ['Cast', 'b_bfloat16', 'b'],
    ['MatMul', 'x', 'w', 'h'],
    ['Add', 'h', 'b', 'y'],
  ]);
  const original = wave([8, 32]).data as Float32Array;
  for (const [index, value] of numbersOf(graph.initializer[0]).entries()) {
    expect(Math.abs(value / (original[index] as number) - 1)).toBeLessThanOrEqual(2 ** -8);
  }
  expect(recipe.quantizedNodes).toEqual({ Add: 1, MatMul: 1 });
});

test('weights of excluded nodes, and scalars, stay float32', async () => {
  const nodes = [...layer().proto.graph.node, makeNode('Mul', ['y', 's'], ['z'])];
  const model = layer({ nodes, outputs: ['z'], weights: { w: wave([8, 32]), b: wave([32], 2), s: filled([], 2) } });
  const { graph } = await converted(model, { excludeNodes: ['bias'] });
  expect(graph.initializer.map(({ name }) => name)).toEqual(['w_bfloat16', 'b', 's']);
});

test('weights inside graphs are given back there', async () => {
  const branch = (name: string) =>
    makeGraph({
      name,
      nodes: [makeNode('Mul', ['x', `${name}_w`], [`${name}_y`])],
      inputs: [],
      outputs: [makeValueInfo(`${name}_y`, 'float32', [2, 32])],
      initializers: [makeTensor(`${name}_w`, wave([32]))],
    });
  const yes: HostTensor = { dataType: 'bool', dims: [], data: Uint8Array.of(1) };
  const attributes = { then_branch: branch('a'), else_branch: branch('b') };
  const model = layer({ nodes: [makeNode('If', ['yes'], ['y'], { attributes })], input: [2, 32], weights: { yes } });
  const { graph } = await converted(model);
  expect(graph.node[0]?.attribute.map(({ g }) => g?.node.map(({ opType }) => opType))).toEqual([
    ['Cast', 'Mul'],
    ['Cast', 'Mul'],
  ]);
});

test('weights in Constant nodes are weights too', async () => {
  const nodes = [
    makeNode('Constant', [], ['w'], { attributes: { value: wave([8, 32]) }, name: 'constant' }),
    makeNode('MatMul', ['x', 'w'], ['y'], { name: 'product' }),
  ];
  const { graph } = await converted(layer({ nodes, weights: {} }));
  expect(graph.node.map(({ opType }) => opType)).toEqual(['Cast', 'MatMul']);
  expect(graph.initializer.map(({ name }) => name)).toEqual(['w_bfloat16']);
});

test('the largest float32 values are clamped and told; NaN and infinity stay', async () => {
  const data = Float32Array.from(
    { length: 32 },
    (_, i) => [3.4e38, Number.NaN, Number.NEGATIVE_INFINITY, 1][i % 4] as number,
  );
  const { graph, findings } = await converted(
    layer({ weights: { w: wave([8, 32]), b: { dataType: 'float32', dims: [32], data } } }),
  );
  expect(numbersOf(graph.initializer[1]).slice(0, 4)).toEqual([
    3.3895313892515355e38,
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    1,
  ]);
  expect(findings).toMatchObject([{ code: 'WEIGHT_CLAMPED', args: { tensor: 'b', overflow: 8, type: 'bfloat16' } }]);
});

test('it is not for models without weights that are worth it', async () => {
  expect(reasonOf(layer({ nodes: [makeNode('Add', ['x', 's'], ['y'])], weights: { s: filled([], 1) } }))).toMatch(
    /no float32 weight .* two dims or more than 16 values/,
  );
  const w: HostTensor = { dataType: 'bfloat16', dims: [4], data: new Uint16Array(4) };
  expect(reasonOf(layer({ nodes: [], weights: { w } }))).toBe('its weights are bfloat16 already');
  await expect(converted(layer(), { excludeNodes: ['product', 'bias'] })).rejects.toMatchObject({
    code: 'METHOD_NOT_APPLICABLE',
  });
});
