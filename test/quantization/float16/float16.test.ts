/** What a conversion to float16 does to a model; that every model still runs is in test/contracts. */
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { findAttribute } from '../../../src/onnx/attribute.ts';
import { makeGraph, makeNode, makeValueInfo } from '../../../src/onnx/build.ts';
import { DATA_TYPES } from '../../../src/onnx/data-type.ts';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import { subgraphsOf } from '../../../src/onnx/graph.ts';
import { halfToNumber } from '../../../src/onnx/half.ts';
import type { OnnxModel } from '../../../src/onnx/open.ts';
import type { GraphProto, NodeProto } from '../../../src/onnx/proto.ts';
import { type HostTensor, loadTensor } from '../../../src/onnx/tensor.ts';
import { tensorInfo } from '../../../src/onnx/value-info.ts';
import { float16 } from '../../../src/quantization/float16/quantizer.ts';
import type { QuantizeInput } from '../../../src/quantization/quantizer.ts';
import { weightOnly } from '../../../src/quantization/weight-only/quantizer.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { depsIn, filled, type SmallModel, smallModel, wave } from '../small-models.ts';

const { float32, float16: half } = DATA_TYPES;

async function converted(model: OnnxModel, options: QuantizeInput['options'] = {}) {
  const output = await float16.run({ model, calibration: null, options }, depsIn(tmpdir()));
  return { ...output, proto: output.proto as OnnxModel['proto'], graph: (output.proto as OnnxModel['proto']).graph };
}

/** The model answers, and its first output comes back. */
async function answer({ proto }: Pick<OnnxModel, 'proto'>, x: HostTensor): Promise<HostTensor> {
  const session = await openSession(encodedBytes(encodeModel(proto)), {});
  const [output] = Object.values(await session.run({ x }));
  await session.release();
  return output as HostTensor;
}

const only = (graph: GraphProto, operator: string): NodeProto => {
  const found = graph.node.filter(({ opType }) => opType === operator);
  expect(found).toHaveLength(1);
  return found[0] as NodeProto;
};
/** `input -> output: type` of each Cast, in their order. */
const castsOf = (graph: GraphProto): string[] =>
  graph.node
    .filter(({ opType }) => opType === 'Cast')
    .map((node) => `${node.input[0]} -> ${node.output[0]}: ${Number(findAttribute(node, 'to')?.i)}`);
const weight = (graph: GraphProto, name: string) => graph.initializer.find((tensor) => tensor.name === name);

const layer = (parts: Partial<SmallModel> = {}): OnnxModel =>
  smallModel({
    nodes: [makeNode('MatMul', ['x', 'w'], ['y'], { name: 'product' })],
    input: [2, 4],
    weights: { w: wave([4, 3]) },
    opset: 17,
    ...parts,
  });
const scalar = (value: number): HostTensor => filled([], value);
const integers = (...values: number[]): HostTensor => ({
  dataType: 'int64',
  dims: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

describe('inputs and outputs', () => {
  test('stay float32, with one Cast behind each input and one before each output', async () => {
    const { graph } = await converted(layer());
    expect(graph.node.map(({ opType }) => opType)).toEqual(['Cast', 'MatMul', 'Cast']);
    expect(castsOf(graph)).toEqual([`x -> x_float16: ${half.code}`, `y_float16 -> y: ${float32.code}`]);
    expect([...graph.input, ...graph.output].map(tensorInfo)).toMatchObject([
      { name: 'x', dataType: 'float32' },
      { name: 'y', dataType: 'float32' },
    ]);
  });

  test('become float16 without keepIo, but for those that floatIo names', async () => {
    const all = await converted(layer(), { keepIo: false });
    expect(all.graph.node.map(({ opType }) => opType)).toEqual(['MatMul']);
    expect([...all.graph.input, ...all.graph.output].map((value) => tensorInfo(value).dataType)).toEqual([
      'float16',
      'float16',
    ]);
    const some = await converted(layer(), { keepIo: false, floatIo: ['y'] });
    expect([...some.graph.input, ...some.graph.output].map((value) => tensorInfo(value).dataType)).toEqual([
      'float16',
      'float32',
    ]);
  });

  test('a name that is none of them is an error that names the nearest', async () => {
    await expect(converted(layer(), { keepIo: false, floatIo: ['yy'] })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('"y"'),
    });
  });

  test('an output that other nodes read too is converted once', async () => {
    const nodes = [makeNode('MatMul', ['x', 'w'], ['h']), makeNode('Relu', ['h'], ['y'])];
    const { graph, proto } = await converted(layer({ nodes, outputs: ['h', 'y'] }));
    expect(castsOf(graph)).toEqual([
      `x -> x_float16: ${half.code}`,
      `h_float16 -> h: ${float32.code}`,
      `y_float16 -> y: ${float32.code}`,
    ]);
    expect(only(graph, 'Relu').input).toEqual(['h_float16']);
    await answer({ proto }, wave([2, 4]));
  });
});

describe('what stays float32', () => {
  /** y = operator(x · w), with what the operator needs. */
  const behind = (operator: string, inputs: string[], parts: Partial<SmallModel> = {}, attributes = {}): OnnxModel =>
    layer({
      nodes: [
        makeNode('MatMul', ['x', 'w'], ['h'], { name: 'product' }),
        makeNode(operator, inputs, ['y'], { name: 'last', attributes }),
      ],
      ...parts,
    });

  test.each([
    [13, 'float32'],
    [14, 'float16'],
  ] as const)('operators that do not have the type in opset %i: CumSum is %s', async (opset, form) => {
    const weights = { w: wave([4, 3]), axis: integers(1) };
    const { graph, proto } = await converted(behind('CumSum', ['h', 'axis'], { opset, weights }));
    expect(only(graph, 'CumSum').input[0]).toBe(form === 'float32' ? 'h_float32' : 'h');
    await answer({ proto }, wave([2, 4]));
  });

  test('operators of other domains', async () => {
    const nodes = [
      makeNode('MatMul', ['x', 'w'], ['h']),
      makeNode('Normalizer', ['h'], ['y'], { domain: 'ai.onnx.ml', attributes: { norm: 'L2' } }),
    ];
    const model = layer({ nodes });
    model.proto.opsetImport.push({ domain: 'ai.onnx.ml', version: 3 });
    const { graph, proto } = await converted(model);
    expect(only(graph, 'Normalizer').input).toEqual(['h_float32']);
    await answer({ proto }, wave([2, 4]));
  });

  test('what adds up where it scatters: the CPU has no float16 kernel and finds out when it runs', async () => {
    const weights = { w: wave([4, 3]), at: { ...integers(0, 1), dims: [2, 1] } };
    const scattering = (attributes: Record<string, string>) =>
      behind('ScatterND', ['h', 'at', 'h'], { weights, opset: 18 }, attributes);
    const added = await converted(scattering({ reduction: 'add' }));
    expect(only(added.graph, 'ScatterND').input).toEqual(['h_float32', 'at', 'h_float32']);
    await answer(added, wave([2, 4]));
    const replaced = await converted(scattering({}));
    expect(only(replaced.graph, 'ScatterND').input).toEqual(['h', 'at', 'h']);
    await answer(replaced, wave([2, 4]));
  });

  test('integers of 16 bits, which are more exact than float16', async () => {
    const zero: HostTensor = { dataType: 'int16', dims: [], data: Int16Array.of(0) };
    const nodes = [
      makeNode('MatMul', ['x', 'w'], ['h']),
      makeNode('QuantizeLinear', ['h', 's', 'zero'], ['q']),
      makeNode('DequantizeLinear', ['q', 's', 'zero'], ['y']),
    ];
    const model = layer({ nodes, opset: 21, weights: { w: wave([4, 3]), s: scalar(0.001), zero } });
    const { graph, proto } = await converted(model);
    expect(only(graph, 'QuantizeLinear').input).toEqual(['h_float32', 's', 'zero']);
    expect(only(graph, 'DequantizeLinear')).toMatchObject({ input: ['q', 's', 'zero'], output: ['y'] });
    await answer({ proto }, wave([2, 4]));
  });

  test('the scales of a Resize, while its data is float16', async () => {
    const weights = {
      w: wave([3, 3, 1, 1]),
      scales: { dataType: 'float32', dims: [4], data: Float32Array.of(1, 1, 2, 2) },
    } as const;
    const nodes = [makeNode('Conv', ['x', 'w'], ['h']), makeNode('Resize', ['h', '', 'scales'], ['y'])];
    const { graph, proto } = await converted(layer({ nodes, weights, input: [1, 3, 4, 4] }));
    expect(only(graph, 'Resize').input).toEqual(['h', '', 'scales']);
    expect(weight(graph, 'scales')?.dataType).toBe(float32.code);
    expect((await answer({ proto }, wave([1, 3, 4, 4]))).dims).toEqual([1, 3, 8, 8]);
  });

  test('floatOps and excludeNodes', async () => {
    for (const options of [{ floatOps: ['Softmax'] }, { excludeNodes: ['last'] }]) {
      const { graph } = await converted(behind('Softmax', ['h']), options);
      expect(only(graph, 'Softmax')).toMatchObject({ input: ['h_float32'], output: ['y'] });
    }
    await expect(converted(layer(), { excludeNodes: ['produkt'] })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('nodes that touch a tensor whose type nobody knows', async () => {
    const nodes = [
      makeNode('MatMul', ['x', 'w'], ['h']),
      makeNode('Riddle', ['h'], ['u'], { domain: 'own' }),
      makeNode('Add', ['u', 'b'], ['y']),
    ];
    const model = layer({ nodes, weights: { w: wave([4, 3]), b: wave([3], 2) } });
    model.proto.opsetImport.push({ domain: 'own', version: 1 });
    const { graph } = await converted(model);
    expect(only(graph, 'Riddle').input).toEqual(['h_float32']);
    expect(only(graph, 'Add')).toMatchObject({ input: ['u', 'b'], output: ['y'] });
    expect(weight(graph, 'b')?.dataType).toBe(float32.code);
  });

  test('sizes that the graph calculates with floats, which float16 would round', async () => {
    const nodes = [
      makeNode('Mul', ['x', 'w'], ['h']),
      makeNode('Shape', ['h'], ['shape']),
      makeNode('Cast', ['shape'], ['sizes'], { attributes: { to: 1n } }),
      makeNode('Mul', ['sizes', 'one'], ['same']),
      makeNode('Cast', ['same'], ['target'], { attributes: { to: 7n } }),
      makeNode('Expand', ['h', 'target'], ['y']),
    ];
    const model = layer({ nodes, input: [1, 4099], weights: { w: wave([1, 4099]), one: filled([1], 1) } });
    const { graph, proto } = await converted(model);
    expect(castsOf(graph)).toContain('shape -> sizes: 1');
    expect((await answer({ proto }, wave([1, 4099]))).dims).toEqual([1, 4099]);
  });
});

describe('weights', () => {
  test('are the nearest float16; those that both types read are kept twice', async () => {
    const nodes = [makeNode('Mul', ['x', 'w'], ['h']), makeNode('Add', ['h', 'w'], ['y'], { name: 'exact' })];
    const { graph, proto } = await converted(layer({ nodes, weights: { w: wave([2, 4]) } }), {
      excludeNodes: ['exact'],
    });
    expect(graph.initializer.map(({ name, dataType }) => [name, dataType])).toEqual([
      ['w', float32.code],
      ['w_float16', half.code],
    ]);
    expect(only(graph, 'Mul').input).toEqual(['x_float16', 'w_float16']);
    expect(only(graph, 'Add').input).toEqual(['h_float32', 'w']);
    await answer({ proto }, wave([2, 4]));
  });

  test('beyond the range are clamped, and each such tensor is named', async () => {
    const w: HostTensor = { dataType: 'float32', dims: [4], data: Float32Array.of(1e9, -1e9, 1e-12, 1) };
    const small: HostTensor = { dataType: 'float32', dims: [4], data: Float32Array.of(1e-12, 0, 1, -1e-20) };
    const nodes = [makeNode('Add', ['x', 'w'], ['h']), makeNode('Mul', ['h', 'small'], ['y'])];
    const { graph, findings } = await converted(layer({ nodes, weights: { w, small } }));
    const bits = loadTensor(weight(graph, 'w') as never).data as Uint16Array;
    expect(Array.from(bits, halfToNumber)).toEqual([65504, -65504, 2 ** -24, 1]);
    expect(findings).toMatchObject([
      { code: 'WEIGHT_CLAMPED', severity: 'warning', args: { tensor: 'w', overflow: 2, underflow: 1, limit: 65504 } },
      { code: 'WEIGHTS_NEAR_ZERO', severity: 'info', args: { values: 2, tensors: { small: 2 } } },
    ]);
  });

  test('beyond the range keep their nodes in float32 where that is asked for', async () => {
    const nodes = [makeNode('MatMul', ['x', 'w'], ['h']), makeNode('Add', ['h', 'mask'], ['y'])];
    const model = layer({ nodes, weights: { w: wave([4, 3]), mask: filled([3], -1e9) } });
    const { graph, findings } = await converted(model, { float16Overflow: 'float32' });
    expect(only(graph, 'Add')).toMatchObject({ input: ['h_float32', 'mask'], output: ['y'] });
    expect(findings).toEqual([]);
  });

  test('of NaN and infinity stay what they are', async () => {
    const w: HostTensor = {
      dataType: 'float32',
      dims: [4],
      data: Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY, 0, 2),
    };
    const { graph, findings } = await converted(layer({ nodes: [makeNode('Add', ['x', 'w'], ['y'])], weights: { w } }));
    const bits = loadTensor(weight(graph, 'w') as never).data as Uint16Array;
    expect(Array.from(bits, halfToNumber)).toEqual([Number.NaN, Number.NEGATIVE_INFINITY, 0, 2]);
    expect(findings).toEqual([]);
  });

  test('of more values than are made at once are the same, made while the model is written', async () => {
    const w = wave([4, 20_000]);
    const { graph } = await converted(layer({ weights: { w } }));
    expect(weight(graph, 'w')?.rawData).toMatchObject({ length: 160_000, produce: expect.any(Function) });
    const bits = loadTensor(weight(graph, 'w') as never).data as Uint16Array;
    const worst = Math.max(...Array.from(bits, (b, i) => Math.abs(halfToNumber(b) - Number(w.data[i]))));
    expect(worst).toBeLessThanOrEqual(2 ** -12);
  });

  test('in nodes become float16 too: Constant, ConstantOfShape, and numbers that a Cast makes floats of', async () => {
    const nodes = [
      makeNode('Constant', [], ['c'], { attributes: { value_floats: [1, 2, 3] } }),
      makeNode('ConstantOfShape', ['three'], ['zeros']),
      makeNode('Cast', ['three'], ['t'], { attributes: { to: 1n } }),
      makeNode('MatMul', ['x', 'w'], ['h']),
      makeNode('Sum', ['h', 'c', 'zeros', 't'], ['y']),
    ];
    const { graph, proto } = await converted(layer({ nodes, weights: { w: wave([4, 3]), three: integers(3) } }));
    expect(findAttribute(only(graph, 'Constant'), 'value')?.t?.dataType).toBe(half.code);
    expect(findAttribute(only(graph, 'ConstantOfShape'), 'value')?.t?.dataType).toBe(half.code);
    expect(castsOf(graph)).toContain(`three -> t: ${half.code}`);
    await answer({ proto }, wave([2, 4]));
  });
});

describe('graphs inside the graph', () => {
  /** Both branches read `h` of the graph around them; one in an operator that stays float32. */
  const model = (): OnnxModel => {
    const branch = (operator: string) =>
      makeGraph({
        name: operator,
        nodes: [makeNode(operator, ['h'], [`${operator}_y`], { name: operator })],
        inputs: [],
        outputs: [makeValueInfo(`${operator}_y`, 'float32', [2, 3])],
      });
    return layer({
      nodes: [
        makeNode('MatMul', ['x', 'w'], ['h']),
        makeNode('ReduceSum', ['x'], ['total'], { attributes: { keepdims: 0n } }),
        makeNode('Greater', ['total', 'zero'], ['condition']),
        makeNode('If', ['condition'], ['y'], {
          name: 'choose',
          attributes: { then_branch: branch('Celu'), else_branch: branch('Relu') },
        }),
      ],
      weights: { w: wave([4, 3]), zero: scalar(0) },
    });
  };

  test('convert what they take from outside where they need it, and give the types of one another', async () => {
    const { graph, proto } = await converted(model());
    const [then, otherwise] = subgraphsOf(only(graph, 'If')).map((inner) => inner.graph) as [GraphProto, GraphProto];
    expect(castsOf(then)).toEqual([`h -> h_float32: ${float32.code}`, `Celu_y -> Celu_y_float16: ${half.code}`]);
    expect(castsOf(otherwise)).toEqual([]);
    expect([then, otherwise].flatMap(({ output }) => output.map(tensorInfo))).toMatchObject([
      { name: 'Celu_y_float16', dataType: 'float16' },
      { name: 'Relu_y', dataType: 'float16' },
    ]);
    for (const sign of [1, -1]) await answer({ proto }, filled([2, 4], sign));
  });

  test('nodes in them can be excluded by name', async () => {
    const { graph, proto } = await converted(model(), { excludeNodes: ['Relu'] });
    const [, otherwise] = subgraphsOf(only(graph, 'If')).map((inner) => inner.graph);
    expect(castsOf(otherwise as GraphProto)).toHaveLength(2);
    await answer({ proto }, filled([2, 4], -1));
  });
});

describe('functions of the model', () => {
  const model = (): OnnxModel => {
    const made = layer({
      nodes: [makeNode('Layer', ['x', 'w'], ['y'], { domain: 'own', name: 'call' })],
    });
    made.proto.opsetImport.push({ domain: 'own', version: 1 });
    made.proto.functions.push({
      name: 'Layer',
      domain: 'own',
      input: ['a', 'b'],
      output: ['c'],
      node: [makeNode('MatMul', ['a', 'b'], ['c'])],
      opsetImport: [{ domain: '', version: 17 }],
      ...{ attribute: [], attributeProto: [], valueInfo: [], metadataProps: [] },
    });
    return made;
  };

  test('are put in place of their calls, where types are known', async () => {
    const { graph, proto } = await converted(model());
    expect(only(graph, 'MatMul')).toMatchObject({ input: ['x_float16', 'w'], output: ['y_float16'] });
    expect(proto.functions).toEqual([]);
    await answer({ proto }, wave([2, 4]));
  });

  test('stay where their call is excluded', async () => {
    const made = model();
    made.proto.graph.node.push(makeNode('Neg', ['y'], ['z']));
    const { graph, proto } = await converted(made, { excludeNodes: ['call'] });
    expect(only(graph, 'Layer').input).toEqual(['x', 'w']);
    expect(proto.functions).toHaveLength(1);
    await answer({ proto }, wave([2, 4]));
  });
});

describe('integers that are there already', () => {
  const quantized = (opset: number): OnnxModel =>
    layer({
      opset,
      nodes: [
        makeNode('QuantizeLinear', ['x', 's'], ['q']),
        makeNode('DequantizeLinear', ['q', 's'], ['d']),
        makeNode('MatMul', ['d', 'w'], ['y']),
      ],
      weights: { w: wave([4, 3]), s: scalar(0.01) },
    });

  test.each([
    [18, float32.code, ['d_float16', 'w']],
    [19, half.code, ['d', 'w']],
  ] as const)('their scales are float16 from opset 19 on: opset %i', async (opset, code, inputs) => {
    const { graph, proto } = await converted(quantized(opset));
    expect(weight(graph, 's')?.dataType).toBe(code);
    expect(only(graph, 'MatMul').input).toEqual(inputs);
    await answer({ proto }, wave([2, 4]));
  });

  test('matrices in blocks take float16 scales, which is 4 bits with float16 around', async () => {
    const model = layer({ input: [2, 32], weights: { w: wave([32, 64]) } });
    const { proto } = await weightOnly.run({ model, calibration: null, options: {} }, depsIn(tmpdir()));
    const mixed = await converted({ ...model, proto: proto as OnnxModel['proto'] });
    expect(mixed.recipe.quantizedNodes).toEqual({ MatMulNBits: 1 });
    expect((await answer(mixed, wave([2, 32]))).dims).toEqual([2, 64]);
  });
});

describe('models for which it is not', () => {
  const reasonOf = (model: OnnxModel) => float16.requires(model)[0]?.args.reason;

  test('without weights, and with weights of 16 bits already', () => {
    expect(reasonOf(smallModel({ nodes: [makeNode('Relu', ['x'], ['y'])], input: [4] }))).toBe(
      'it has no float32 weight',
    );
    const w: HostTensor = { dataType: 'float16', dims: [4], data: new Uint16Array(4) };
    expect(reasonOf(layer({ weights: { w } }))).toBe('its weights are float16 already');
  });

  test('of an opset that nobody converts', () => {
    expect(reasonOf(layer({ opset: 1 }))).toMatch(/opset 1 cannot be converted/);
  });

  test('with training graphs', () => {
    const model = layer();
    model.proto.trainingInfo.push({ initializationBinding: [], updateBinding: [] });
    expect(reasonOf(model)).toMatch(/training/);
  });

  test('when the options leave nothing', async () => {
    await expect(converted(layer(), { floatOps: ['MatMul'] })).rejects.toMatchObject({ code: 'METHOD_NOT_APPLICABLE' });
  });
});
