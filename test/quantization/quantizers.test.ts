import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { makeConfig } from '../../src/config/make-config.ts';
import { findAttribute } from '../../src/onnx/attribute.ts';
import { makeNode } from '../../src/onnx/build.ts';
import { foldChannels } from '../../src/onnx/clean-up/fold-channels.ts';
import { GraphEditor } from '../../src/onnx/graph-editor.ts';
import { loadTensor } from '../../src/onnx/tensor.ts';
import { methodOptions } from '../../src/quantization/options.ts';
import { findQuantizer, QUANTIZERS } from '../../src/quantization/registry.ts';
import { planNodes } from '../../src/quantization/static-int8/plan.ts';
import { WEIGHTED_OPERATORS, weightedNodes } from '../../src/quantization/weighted-nodes.ts';
import { depsIn, filled, samplesOf, smallModel, wave } from './small-models.ts';

const deps = depsIn(tmpdir());
const matMul = () =>
  smallModel({
    nodes: [makeNode('MatMul', ['x', 'w'], ['y'], { name: 'mm' })],
    input: [1, 4],
    weights: { w: wave([4, 3]) },
  });

async function reasons(id: string, model: ReturnType<typeof smallModel>) {
  const quantizer = await findQuantizer(id).load();
  return quantizer.requires(model).map((finding) => [finding.code, finding.args.method, finding.args.reason]);
}

describe('the registry', () => {
  test('an unknown method is an error with the nearest name and the list', () => {
    const list = `Methods: ${QUANTIZERS.map(({ id }) => id).join(', ')}.`;
    expect(() => findQuantizer('static-int')).toThrow(
      expect.objectContaining({ code: 'METHOD_UNKNOWN', hint: `Did you mean static-int8? ${list}` }),
    );
    expect(() => findQuantizer('zzz')).toThrow(expect.objectContaining({ hint: list }));
  });

  test('every entry loads, takes the options of the configuration, and refuses others', async () => {
    const { quantization: settings } = makeConfig();
    for (const entry of QUANTIZERS) {
      const quantizer = await entry.load();
      const calibration = entry.needsCalibration ? samplesOf([]) : null;
      const run = (options: Record<string, never>) => quantizer.run({ model: matMul(), calibration, options }, deps);
      await expect(run({ colour: 'red' as never })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
      const options = methodOptions(entry, settings);
      const made = run(options as Record<string, never>);
      if (entry.needsCalibration) await expect(made).rejects.toMatchObject({ code: 'DATA_EMPTY' });
      else expect((await made).recipe.options).toEqual(options);
    }
  });
});

describe('a method says why it does not apply', () => {
  test('to a model that is quantized already, where it makes integers itself', async () => {
    const model = smallModel({
      nodes: [makeNode('DequantizeLinear', ['x', 's'], ['q']), makeNode('MatMul', ['q', 'w'], ['y'])],
      input: [1, 4],
      weights: { w: wave([4, 3]), s: filled([], 1) },
    });
    for (const id of ['static-int8', 'dynamic-int8', 'weight-only']) {
      expect(await reasons(id, model)).toEqual([
        ['METHOD_SKIPPED', id, 'the model is quantized already (it has DequantizeLinear nodes)'],
      ]);
    }
  });

  test('to a model without a constant weight', async () => {
    const model = smallModel({ nodes: [makeNode('MatMul', ['x', 'x'], ['y'])], input: [4, 4] });
    expect((await reasons('dynamic-int8', model))[0]?.[2]).toBe(
      'it has no MatMul, Gemm node with a constant float32 weight',
    );
  });

  test('to a model whose weights are in subgraphs', async () => {
    const inner = matMul().proto.graph;
    const branch = makeNode('If', ['x'], ['y'], { attributes: { then_branch: inner, else_branch: inner } });
    const model = smallModel({ nodes: [branch], input: [1, 4] });
    expect((await reasons('static-int8', model))[0]?.[2]).toMatch(/are in subgraphs/);
  });

  test('to a model whose opset cannot be raised', async () => {
    const model = smallModel({
      nodes: [makeNode('Frobnicate', ['x'], ['z'], { name: 'f' }), makeNode('MatMul', ['z', 'w'], ['y'])],
      input: [1, 4],
      weights: { w: wave([4, 3]) },
      opset: 9,
    });
    expect((await reasons('static-int8', model))[0]?.[2]).toMatch(/Frobnicate \(f\) cannot be converted to opset 13/);
  });

  test('to Gemm with a transposed activation, which only static-int8 takes', async () => {
    const gemm = makeNode('Gemm', ['x', 'w'], ['y'], { attributes: { transA: 1n } });
    const model = smallModel({ nodes: [gemm], input: [4, 1], weights: { w: wave([4, 3]) } });
    expect(await reasons('dynamic-int8', model)).toHaveLength(1);
    expect(await reasons('static-int8', model)).toEqual([]);
  });

  test('and run refuses with the same reason', async () => {
    const model = smallModel({ nodes: [makeNode('Relu', ['x'], ['y'])], input: [4] });
    const run = (await findQuantizer('dynamic-int8').load()).run({ model, calibration: null, options: {} }, deps);
    await expect(run).rejects.toMatchObject({ code: 'METHOD_NOT_APPLICABLE' });
  });
});

describe('nodes can be excluded', () => {
  test('a name that no node has is an error with the nearest one', async () => {
    const options = { excludeNodes: ['nm'] };
    const run = (await findQuantizer('dynamic-int8').load()).run({ model: matMul(), calibration: null, options }, deps);
    await expect(run).rejects.toMatchObject({ code: 'CONFIG_INVALID', hint: 'Did you mean "mm"?' });
  });

  test('unnamed nodes are named after their place in the file, before the opset moves it', async () => {
    const nodes = [
      makeNode('Unsqueeze', ['x'], ['u'], { attributes: { axes: [0n] } }),
      makeNode('MatMul', ['u', 'w'], ['a']),
      makeNode('MatMul', ['a', 'v'], ['y']),
    ];
    const model = smallModel({ nodes, input: [1, 4], weights: { w: wave([4, 3]), v: wave([3, 2]) }, opset: 9 });
    const quantizer = await findQuantizer('dynamic-int8').load();
    const { proto } = await quantizer.run({ model, calibration: null, options: { excludeNodes: ['MatMul_1'] } }, deps);
    expect(proto.graph?.node.filter((node) => node.opType === 'MatMul').map((node) => node.name)).toEqual(['MatMul_1']);
  });
});

describe('dynamic-int8', () => {
  test('stops when it is told to', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const quantizer = await findQuantizer('dynamic-int8').load();
    const run = quantizer.run({ model: matMul(), calibration: null, options: {} }, depsIn(tmpdir(), stop.signal));
    await expect(run).rejects.toThrow('enough');
  });

  test('quantizes a shared activation and a shared weight once, and drops the float weight', async () => {
    const nodes = [
      makeNode('MatMul', ['x', 'w'], ['a'], { name: 'a' }),
      makeNode('MatMul', ['x', 'w'], ['b'], { name: 'b' }),
    ];
    const model = smallModel({ nodes, input: [1, 4], outputs: ['a', 'b'], weights: { w: wave([4, 3]) } });
    const quantizer = await findQuantizer('dynamic-int8').load();
    const { proto, recipe } = await quantizer.run({ model, calibration: null, options: {} }, deps);
    expect(proto.graph?.node.filter((node) => node.opType === 'DynamicQuantizeLinear')).toHaveLength(1);
    expect(proto.graph?.initializer.map((tensor) => tensor.name)).toEqual(['w_quantized', 'w_scale', 'w_zero_point']);
    expect(recipe.quantizedNodes).toEqual({ MatMul: 2 });
  });

  test('keeps a float weight that something else still takes', async () => {
    const nodes = [makeNode('MatMul', ['x', 'w'], ['a'], { name: 'a' }), makeNode('Relu', ['w'], ['b'])];
    const model = smallModel({ nodes, input: [1, 4], outputs: ['a', 'b'], weights: { w: wave([4, 3]) } });
    const quantizer = await findQuantizer('dynamic-int8').load();
    const { proto } = await quantizer.run({ model, calibration: null, options: {} }, deps);
    expect(proto.graph?.initializer.map((tensor) => tensor.name)).toContain('w');
  });
});

describe('static-int8 plans', () => {
  const conv = (output: string) => makeNode('Conv', ['x', 'w'], [output], { name: 'c' });
  const plan = (nodes: ReturnType<typeof conv>[], outputs = ['y'], weights = {}, isSymmetric = false) => {
    const { graph } = smallModel({
      nodes,
      input: [1, 1, 4, 4],
      outputs,
      weights: { w: wave([2, 1, 3, 3]), ...weights },
    }).proto;
    const editor = new GraphEditor(graph);
    return planNodes(weightedNodes(graph, editor, WEIGHTED_OPERATORS), editor, {
      excluded: new Set(),
      isSymmetric,
      quantizeOutputs: true,
    });
  };

  test('a Relu behind a convolution is absorbed, and its output is what counts', () => {
    const result = plan([conv('a'), makeNode('Relu', ['a'], ['y'], { name: 'r' })]);
    expect(result.nodes[0]?.absorbed?.name).toBe('r');
    expect(result.tensors).toEqual(['x', 'y']);
  });

  test('a Relu stays when the value before it is a graph output or has another consumer', () => {
    const relu = makeNode('Relu', ['a'], ['y'], { name: 'r' });
    expect(plan([conv('a'), relu], ['a', 'y']).tensors).toEqual(['x', 'a']);
    expect(plan([conv('a'), relu, makeNode('Neg', ['a'], ['z'])], ['y', 'z']).nodes[0]?.absorbed).toBeNull();
  });

  test('a Clip is absorbed only when its constant bounds hold zero', () => {
    const clip = makeNode('Clip', ['a', 'lo', 'hi'], ['y'], { name: 'r' });
    const bounds = (lo: number) => ({ lo: filled([], lo), hi: filled([], 6) });
    expect(plan([conv('a'), clip], ['y'], bounds(0)).nodes[0]?.absorbed?.name).toBe('r');
    expect(plan([conv('a'), clip], ['y'], bounds(1)).nodes[0]?.absorbed).toBeNull();
    expect(plan([conv('a'), clip], ['y'], { lo: filled([], 0) }).nodes[0]?.absorbed).toBeNull();
  });
});

describe('folding into a convolution', () => {
  const batchNorm = (outputs: string[]) =>
    makeNode('BatchNormalization', ['a', 'g', 'b', 'm', 'v'], outputs, { name: 'bn' });
  const weights = {
    w: filled([2, 1, 1, 1], 3),
    g: filled([2], 2),
    b: filled([2], 5),
    m: filled([2], 1),
    v: filled([2], 4),
  };

  function fold(nodes: ReturnType<typeof batchNorm>[], outputs = ['y'], excluded = new Set<string>()) {
    const { graph } = smallModel({ nodes, input: [1, 1, 4, 4], outputs, weights }).proto;
    foldChannels(new GraphEditor(graph), {
      layers: ['Conv'],
      operators: ['BatchNormalization', 'Add', 'Mul'],
      excluded,
    });
    return graph;
  }
  const conv = makeNode('Conv', ['x', 'w'], ['a'], { name: 'c' });

  test('does not happen when the value between is used elsewhere, or when a node is excluded', () => {
    expect(fold([{ ...conv }, batchNorm(['y'])], ['a', 'y']).node).toHaveLength(2);
    expect(fold([{ ...conv }, batchNorm(['y'])], ['y'], new Set(['bn'])).node).toHaveLength(2);
  });

  test('moves scale and shift of batch normalization into weight and bias', () => {
    const graph = fold([{ ...conv }, batchNorm(['y'])]);
    expect(graph.node.map((node) => [node.opType, node.output])).toEqual([['Conv', ['y']]]);
    const value = (name: string | undefined) => loadTensor(graph.initializer.find((t) => t.name === name)!).data[0];
    const factor = 2 / Math.sqrt(4 + 1e-5);
    expect(value(graph.node[0]?.input[1])).toBeCloseTo(3 * factor, 5);
    expect(value(graph.node[0]?.input[2])).toBeCloseTo(5 - factor, 5);
    expect(graph.initializer).toHaveLength(2);
  });
});

test('weights in Constant nodes and behind Identity are found', () => {
  const nodes = [
    makeNode('Constant', [], ['k'], { attributes: { value: wave([4, 3]) } }),
    makeNode('Identity', ['k'], ['i']),
    makeNode('MatMul', ['x', 'i'], ['y'], { name: 'mm' }),
  ];
  const { graph } = smallModel({ nodes, input: [1, 4] }).proto;
  const [found] = weightedNodes(graph, new GraphEditor(graph), ['MatMul']);
  expect(found?.weight).toBe(findAttribute(graph.node[0]!, 'value')?.t);
});
