/**
 * Weights in the bodies of If, Loop and Scan. The reference, quantize_dynamic of onnxruntime 1.30 for Python, leaves all of
 * them float unless EnableSubgraph is set.
 */
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { makeGraph, makeNode, makeTensor, makeValueInfo } from '../../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import { allGraphs, allNodes } from '../../../src/onnx/graph.ts';
import type { OnnxModel } from '../../../src/onnx/open.ts';
import { dynamicInt8 } from '../../../src/quantization/dynamic-int8/quantizer.ts';
import type { QuantizeOutput } from '../../../src/quantization/quantizer.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { FAMILIES } from '../model-families.ts';
import { depsIn, filled, samplesOf, smallModel, wave } from '../small-models.ts';

const family = (title: string): OnnxModel => {
  const found = FAMILIES.find((one) => one.title.includes(title));
  if (found === undefined) throw new Error(`no family ${title}`);
  return found.make();
};
const quantize = (model: OnnxModel, excludeNodes: readonly string[] = []): Promise<QuantizeOutput> =>
  dynamicInt8.run({ model, calibration: null, options: { excludeNodes: [...excludeNodes] } }, depsIn(tmpdir()));

const nodesOf = ({ proto }: Pick<QuantizeOutput, 'proto'>, operator: string) =>
  [...allGraphs(proto)].flatMap(({ graph, place }) =>
    graph.node.filter(({ opType }) => opType === operator).map(({ name }) => [...place, name].join(' ')),
  );
const initializersOf = ({ proto }: QuantizeOutput) =>
  [...allGraphs(proto)].flatMap(({ graph, place }) => graph.initializer.map(({ name }) => [...place, name].join(' ')));

async function answerOf({ proto }: Pick<QuantizeOutput, 'proto'>, sign: number): Promise<number[]> {
  const { data, ...rest } = wave([2, 16]);
  const session = await openSession(encodedBytes(encodeModel(proto)), {
    configEntries: { 'session.x64quantprecision': '1' },
  });
  const { y } = await session.run({ x: { ...rest, data: (data as Float32Array).map((v) => sign * Math.abs(v)) } });
  await session.release();
  return Array.from(y?.data as Float32Array);
}

/** Gemm with everything that MatMulInteger lacks, in the else branch of an If inside a Loop. */
function nested(): OnnxModel {
  const branch = (
    nodes: ReturnType<typeof makeNode>[],
    output: string,
    initializers: ReturnType<typeof makeTensor>[],
  ) =>
    makeGraph({
      name: output,
      nodes,
      inputs: [],
      outputs: [makeValueInfo(output, 'float32', [2, 16])],
      initializers,
    });
  const gemm = makeNode('Gemm', ['state', 'w', 'own_bias'], ['big'], {
    name: 'inner',
    attributes: { transB: 1n, alpha: 0.5, beta: 2 },
  });
  const choose = makeNode('If', ['go'], ['next'], {
    name: 'choose',
    attributes: {
      then_branch: branch([gemm], 'big', [makeTensor('own_bias', wave([16], 5))]),
      else_branch: branch([makeNode('Neg', ['state'], ['small'])], 'small', []),
    },
  });
  const body = makeGraph({
    name: 'body',
    nodes: [makeNode('Identity', ['go'], ['go_on']), choose],
    inputs: [
      makeValueInfo('turn', 'int64', []),
      makeValueInfo('go', 'bool', []),
      makeValueInfo('state', 'float32', null),
    ],
    outputs: [makeValueInfo('go_on', 'bool', []), makeValueInfo('next', 'float32', null)],
  });
  return smallModel({
    nodes: [makeNode('Loop', ['trips', '', 'x'], ['y'], { name: 'loop', attributes: { body } })],
    input: [2, 16],
    weights: { trips: { dataType: 'int64', dims: [], data: BigInt64Array.of(3n) }, w: wave([16, 16], 2) },
    opset: 17,
  });
}

/** Scan over the rows of x, with a state that a MatMul of the body changes and one that makes the result of a row. */
function scanned(): OnnxModel {
  const body = makeGraph({
    name: 'body',
    nodes: [
      makeNode('MatMul', ['state', 'w'], ['turned'], { name: 'turn' }),
      makeNode('Add', ['turned', 'row'], ['next'], { name: 'add' }),
      makeNode('MatMul', ['next', 'own'], ['answer'], { name: 'answer' }),
    ],
    inputs: [makeValueInfo('state', 'float32', [16]), makeValueInfo('row', 'float32', [16])],
    outputs: [makeValueInfo('next', 'float32', [16]), makeValueInfo('answer', 'float32', [16])],
    initializers: [makeTensor('own', wave([16, 16], 4))],
  });
  const attributes = { body, num_scan_inputs: 1n };
  return smallModel({
    nodes: [makeNode('Scan', ['start', 'x'], ['last', 'y'], { name: 'scan', attributes })],
    input: [2, 16],
    weights: { start: filled([16], 0.5), w: wave([16, 16], 2) },
    opset: 17,
  });
}

describe('every matrix product of a body becomes one of integers', () => {
  test('in the branches of an If, each with integers of its own activation', async () => {
    const made = await quantize(family('branches of an If'));
    expect(nodesOf(made, 'MatMul')).toEqual([]);
    expect(nodesOf(made, 'DynamicQuantizeLinear')).toEqual([
      'chosen_QuantizeLinear',
      'choose.then_branch x_QuantizeLinear',
      'choose.then_branch then_h_QuantizeLinear',
      'choose.else_branch x_QuantizeLinear_1',
      'choose.else_branch else_h_QuantizeLinear',
    ]);
    expect(made.recipe.quantizedNodes).toEqual({ MatMul: 5 });
  });

  test('whose weight stays where it was, and one of the graph around serves both branches', async () => {
    expect(initializersOf(await quantize(family('branches of an If')))).toEqual([
      'zero',
      'w_quantized',
      'w_scale',
      'w_zero_point',
      'shared_quantized',
      'shared_scale',
      'shared_zero_point',
      'choose.then_branch then_w_quantized',
      'choose.then_branch then_w_scale',
      'choose.then_branch then_w_zero_point',
      'choose.else_branch else_w_quantized',
      'choose.else_branch else_w_scale',
      'choose.else_branch else_w_zero_point',
    ]);
  });

  test('in an If inside a Loop, with the factors and the turn of a Gemm', async () => {
    const made = await quantize(nested());
    expect(nodesOf(made, 'Gemm')).toEqual([]);
    expect(nodesOf(made, 'MatMulInteger')).toEqual(['loop.body choose.then_branch inner_output_quantized']);
    expect(initializersOf(made)).toContain('w_quantized');
  });

  test('in a Scan, each with a range of its own in each turn', async () => {
    const made = await quantize(scanned());
    expect(nodesOf(made, 'MatMul')).toEqual([]);
    expect(nodesOf(made, 'MatMulInteger')).toEqual([
      'scan.body turn_output_quantized',
      'scan.body answer_output_quantized',
    ]);
    expect(made.recipe.quantizedNodes).toEqual({ MatMul: 2 });
  });

  test('also where the main graph has none', () => expect(dynamicInt8.requires(nested())).toEqual([]));
});

test('a name that a node makes is made by no other one, in any graph', async () => {
  for (const model of [family('branches of an If'), family('Loop'), nested(), scanned()]) {
    const { proto } = await quantize(model);
    const outputs = [...allNodes(proto)].flatMap(({ output }) => output);
    const names = [...outputs, ...[...allGraphs(proto)].flatMap(({ graph }) => graph.initializer.map((t) => t.name))];
    expect(new Set(names).size).toBe(names.length);
  }
});

test.each([
  ['an If', () => family('branches of an If')],
  ['a Loop', () => family('Loop')],
  ['an If in a Loop', nested],
  ['a Scan', scanned],
])(
  'ONNX Runtime computes nearly the same with the bodies of %s in integers, whichever way it goes',
  async (_, make) => {
    const quantized = await quantize(make());
    for (const sign of [1, -1]) {
      const [expected, found] = [await answerOf(make(), sign), await answerOf(quantized, sign)];
      const error = Math.hypot(...expected.map((value, index) => value - (found[index] as number)));
      expect(error / Math.hypot(...expected)).toBeLessThan(0.03);
      expect(found).not.toEqual(expected);
    }
  },
);

describe('nodes of bodies can be excluded', () => {
  test('by name, and no others are', async () => {
    const made = await quantize(family('branches of an If'), ['then_second']);
    expect(nodesOf(made, 'MatMul')).toEqual(['choose.then_branch then_second']);
    // The other branch takes its integers.
    expect(initializersOf(made)).toEqual(expect.arrayContaining(['shared', 'shared_quantized']));
  });

  test('by operator and place where they have no name', async () => {
    const unnamed = nested();
    for (const node of allNodes(unnamed.proto)) node.name = '';
    await expect(quantize(unnamed, ['Gemm_0'])).rejects.toMatchObject({
      code: 'METHOD_NOT_APPLICABLE',
      details: { reason: 'excludeNodes and opTypes leave no node to quantize' },
    });
  });

  test('and a name that no body has is an error with the nearest one', async () => {
    await expect(quantize(nested(), ['iner'])).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: 'Did you mean "inner"?',
    });
  });
});

test('a body hides a weight of the same name around it: what it computes itself is no constant', async () => {
  const inner = (name: string) =>
    makeGraph({
      name,
      nodes: [
        makeNode('Relu', ['x'], [`${name}_r`]),
        makeNode('MatMul', ['x', `${name}_r`], [`${name}_y`], { name: `${name}_product` }),
      ],
      inputs: [],
      outputs: [makeValueInfo(`${name}_y`, 'float32', null)],
    });
  const model = smallModel({
    nodes: [
      makeNode('If', ['c'], ['y'], {
        name: 'choose',
        attributes: { then_branch: inner('w'), else_branch: inner('v') },
      }),
    ],
    input: [4, 4],
    weights: { c: { dataType: 'bool', dims: [], data: Uint8Array.of(1) }, w_r: filled([4, 4], 1) },
  });
  expect(dynamicInt8.requires(model)[0]?.args.reason).toBe(
    'it has no MatMul, Gemm node with a constant float32 weight',
  );
});

test('static-int8, which sees activations of the main graph alone, leaves bodies float', async () => {
  const { staticInt8 } = await import('../../../src/quantization/static-int8/quantizer.ts');
  const calibration = samplesOf([{ x: wave([2, 16]) }]);
  const run = { model: family('branches of an If'), calibration, options: {} };
  const made = await staticInt8.run(run, depsIn(tmpdir()));
  expect(nodesOf(made, 'MatMul').filter((node) => node.startsWith('choose'))).toHaveLength(4);
});
