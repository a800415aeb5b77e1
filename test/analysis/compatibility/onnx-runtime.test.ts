import { describe, expect, test } from 'vitest';
import { makeGraph, makeNode, makeTensor, makeValueInfo } from '../../../src/onnx/build.ts';
import { branch, floats, localFunction, matMulModel } from '../models.ts';
import { judge, nodeModel } from './judge.ts';

describe('the CPU', () => {
  test('runs what it has kernels for', async () => {
    expect(await judge('cpu', matMulModel())).toEqual({
      target: 'cpu',
      version: 'ONNX Runtime 1.30',
      verdict: 'runs',
      findings: [],
    });
  });

  test.each([
    [
      'a type without a kernel',
      nodeModel('MatMul', { inputs: ['bfloat16', 'bfloat16'] }),
      { reason: 'type', dataType: 'bfloat16', slot: 'input 0' },
    ],
    ['a version without a kernel', nodeModel('GlobalLpPool', { opset: 22 }), { reason: 'version', opset: 22 }],
    [
      'an operator without a kernel',
      nodeModel('ImageDecoder', { opset: 20, inputs: ['uint8'] }),
      { reason: 'operator' },
    ],
    [
      'a contrib operator of CUDA only',
      nodeModel('GroupNorm', { options: { domain: 'com.microsoft' } }),
      { operator: 'com.microsoft::GroupNorm', reason: 'operator' },
    ],
  ])('refuses %s', async (_, model, args) => {
    const { verdict, findings } = await judge('cpu', model);
    expect(verdict).toBe('refused');
    expect(findings).toMatchObject([
      { code: 'CPU_NO_KERNEL', severity: 'error', where: 'n', args: { ...args, count: 1, nodes: ['n'] } },
    ]);
  });

  test('does not take sequences with the batch first', async () => {
    const lstm = (layout: bigint) =>
      nodeModel('LSTM', {
        inputs: ['float32', 'float32', 'float32'],
        options: { attributes: { hidden_size: 4n, layout } },
      });
    expect((await judge('cpu', lstm(1n))).findings).toMatchObject([
      { code: 'CPU_NO_KERNEL', args: { operator: 'LSTM', reason: 'attribute', attribute: 'layout' } },
    ]);
    expect((await judge('cpu', lstm(0n))).verdict).toBe('runs');
  });

  test('tells of many nodes in one finding per operator and reason', async () => {
    const nodes = Array.from({ length: 5 }, (_, index) => makeNode('MatMul', ['x', 'x'], [`y${index}`]));
    const outputs = nodes.map((_, index) => makeValueInfo(`y${index}`, 'bfloat16', null));
    const parts = { nodes, outputs, inputs: [makeValueInfo('x', 'bfloat16', [4, 4])] };
    expect((await judge('cpu', matMulModel({ ...parts }))).findings).toMatchObject([
      { where: 'MatMul_0', args: { operator: 'MatMul', count: 5, nodes: ['MatMul_0', 'MatMul_1', 'MatMul_2'] } },
    ]);
  });

  test('casts float16 where only float32 has a kernel, and says so once', async () => {
    const { verdict, findings } = await judge('cpu', nodeModel('MatMul', { inputs: ['float16', 'float16'] }));
    expect([verdict, findings]).toMatchObject([
      'runs',
      [{ code: 'CPU_CASTS', args: { operators: { MatMul: 1 }, count: 1 } }],
    ]);
    expect((await judge('cpu', nodeModel('Clip', { inputs: ['float16'] }))).findings).toEqual([]);
  });

  test('CastLike is a Cast, and a function only from the opset on that defines it', async () => {
    const cast = (output: 'int4' | 'float8e8m0', opset: number) =>
      judge('cpu', nodeModel('CastLike', { opset, inputs: ['float32', output], output }));
    expect((await cast('int4', 25)).verdict).toBe('runs');
    expect(
      (await judge('cpu', nodeModel('PRelu', { opset: 6, inputs: ['float32', 'float32'] }))).findings,
    ).toMatchObject([{ code: 'CPU_NO_KERNEL', args: { operator: 'PRelu', reason: 'version', opset: 6 } }]);
  });

  test('puts the function of an operator in place, and does not guess what that gives for other types', async () => {
    expect((await judge('cpu', nodeModel('HardSwish'))).verdict).toBe('runs');
    expect((await judge('cpu', nodeModel('HardSwish', { inputs: ['bfloat16'] }))).verdict).toBe('unknown');
  });

  test('looks into subgraphs and bodies of functions', async () => {
    const inner = makeNode('MatMul', ['x', 'x'], ['z'], { name: 'inner' });
    const nodes = [makeNode('If', ['c'], ['y'], { name: 'if', attributes: { then_branch: branch([inner], 'z') } })];
    const inputs = [makeValueInfo('x', 'bfloat16', [4, 4]), makeValueInfo('c', 'bool', [])];
    const nested = matMulModel({ nodes, inputs, outputs: [makeValueInfo('y', 'bfloat16', null)] });
    expect((await judge('cpu', nested)).findings).toMatchObject([{ where: 'inner' }]);

    const call = [makeNode('Own', ['x'], ['y'], { name: 'call', domain: 'local' })];
    const functions = [localFunction('Own', 'local', [makeNode('RegexDecoder', ['a'], ['b'], { name: 'body' })])];
    const { findings } = await judge('cpu', matMulModel({ nodes: call }, { functions }));
    expect(findings).toMatchObject([{ code: 'CPU_NO_KERNEL', where: 'body' }]);
  });

  test('a type that is not known leaves the verdict open', async () => {
    const nodes = [
      makeNode('Relu', ['x'], ['hidden'], { name: 'a' }),
      makeNode('Relu', ['hidden'], ['y'], { name: 'b' }),
    ];
    expect(await judge('cpu', matMulModel({ nodes }))).toMatchObject({ verdict: 'unknown', findings: [] });
  });

  test('repeats what the checks found about versions and domains', async () => {
    const model = matMulModel({}, { irVersion: 99, opsetImport: [{ domain: '', version: 99 }] });
    const { verdict, findings } = await judge('cpu', model);
    expect([verdict, findings.map(({ code }) => code)]).toEqual(['refused', ['IR_TOO_NEW', 'OPSET_TOO_NEW']]);
  });
});

describe('CUDA', () => {
  const fallback = async (...args: Parameters<typeof nodeModel>) => (await judge('cuda', nodeModel(...args))).findings;

  test('leaves nodes without a kernel to the CPU', async () => {
    const { verdict, findings } = await judge('cuda', nodeModel('Det'));
    expect([verdict, findings]).toMatchObject([
      'partly',
      [{ code: 'CUDA_FALLBACK', severity: 'warning', args: { operator: 'Det', reason: 'operator', count: 1 } }],
    ]);
    expect((await judge('cuda', nodeModel('MatMul', { inputs: ['float16', 'float16'] }))).verdict).toBe('runs');
  });

  test('and refuses those that the CPU has none for either', async () => {
    expect(await judge('cuda', nodeModel('ImageDecoder', { opset: 20, inputs: ['uint8'] }))).toMatchObject({
      verdict: 'refused',
      findings: [{ code: 'CUDA_NO_KERNEL' }],
    });
  });

  test.each([
    ['LSTM', { clip: 1 }, 'clip'],
    ['LSTM', { input_forget: 1n }, 'input_forget'],
    ['GRU', { linear_before_reset: 0n }, 'linear_before_reset'],
    ['ConvTranspose', { pads: [0n, 0n, 1n, 1n] }, 'pads'],
    ['ConvTranspose', { auto_pad: 'SAME_UPPER' }, 'auto_pad'],
  ] as const)('%s with %o goes to the CPU', async (operator, attributes, attribute) => {
    expect(
      await fallback(operator, { inputs: ['float32', 'float32', 'float32'], options: { attributes } }),
    ).toMatchObject([{ code: 'CUDA_FALLBACK', args: { operator, reason: 'attribute', attribute } }]);
  });

  test.each([
    ['GRU', { linear_before_reset: 1n }],
    ['ConvTranspose', { pads: [1n, 1n, 1n, 1n] }],
    ['ConvTranspose', { auto_pad: 'VALID' }],
  ] as const)('%s with %o stays', async (operator, attributes) => {
    expect(await fallback(operator, { inputs: ['float32', 'float32', 'float32'], options: { attributes } })).toEqual(
      [],
    );
  });

  test('counts each tensor that crosses once, and none for what is calculated while the model loads', async () => {
    const nodes = [
      makeNode('Relu', ['x'], ['a']),
      makeNode('Det', ['a'], ['b'], { name: 'det' }),
      makeNode('Relu', ['b'], ['c']),
      makeNode('Neg', ['b'], ['d']),
      makeNode('Add', ['c', 'd'], ['y']),
      makeNode('Det', ['w'], ['folded']),
      makeNode('Add', ['folded', 'x'], ['z']),
    ];
    const known = ['a', 'b', 'c', 'd', 'folded'].map((name) => makeValueInfo(name, 'float32', null));
    const outputs = [makeValueInfo('y', 'float32', null), makeValueInfo('z', 'float32', null)];
    const model = matMulModel({ nodes, outputs, initializers: [floats('w', 4, 4)] });
    model.graph?.valueInfo.push(...known);
    const { findings } = await judge('cuda', model);
    expect(findings).toMatchObject([
      { code: 'CUDA_FALLBACK', args: { nodes: ['det'], count: 1 } },
      { code: 'CUDA_COPIES', args: { toHost: 1, toDevice: 1, count: 1 } },
    ]);
  });

  test('does not gain from 8-bit activations, and has no kernel for an int32 bias', async () => {
    const scale = makeTensor('s', { dataType: 'float32', dims: [], data: new Float32Array([0.1]) });
    const zero = makeTensor('z', { dataType: 'int8', dims: [], data: new Int8Array(1) });
    const bias = makeTensor('bias', { dataType: 'int32', dims: [4], data: new Int32Array(4) });
    const nodes = [
      makeNode('QuantizeLinear', ['x', 's', 'z'], ['q']),
      makeNode('DequantizeLinear', ['q', 's', 'z'], ['f']),
      makeNode('DequantizeLinear', ['bias', 's'], ['b'], { name: 'bias_dq' }),
      makeNode('Add', ['f', 'b'], ['y']),
    ];
    const model = matMulModel({ nodes, initializers: [scale, zero, bias] });
    model.graph?.valueInfo.push(
      makeValueInfo('q', 'int8', null),
      makeValueInfo('f', 'float32', null),
      makeValueInfo('b', 'float32', null),
    );
    const { findings } = await judge('cuda', model);
    expect(findings).toMatchObject([
      { code: 'CUDA_FALLBACK', args: { operator: 'DequantizeLinear', dataType: 'int32', nodes: ['bias_dq'] } },
      { code: 'CUDA_COPIES', args: { toHost: 0, toDevice: 1 } },
      { code: 'CUDA_QUANTIZATION', args: { quantize: 1, dequantize: 2 } },
    ]);
  });
});

describe('Triton', () => {
  test.each([
    [
      'IR 13 is too new for 25.10',
      { irVersion: 13 },
      '25.10',
      'TRITON_IR_TOO_NEW',
      { irVersion: 13, maxIrVersion: 11 },
    ],
    [
      'opset 24 is too new for 26.01',
      { opsetImport: [{ domain: '', version: 24 }] },
      '26.01',
      'TRITON_OPSET_TOO_NEW',
      { version: 24, supported: 23 },
    ],
  ])('%s', async (_, changes, tritonTag, code, args) => {
    const { verdict, findings } = await judge('triton', matMulModel({}, changes), { plan: { tritonTag } });
    expect(verdict).toBe('refused');
    expect(findings).toContainEqual(
      expect.objectContaining({ code, severity: 'error', args: expect.objectContaining({ ...args, tritonTag }) }),
    );
    expect((await judge('triton', matMulModel({}, changes), { plan: { tritonTag: '26.07' } })).verdict).toBe('runs');
  });

  test('a tag before the table is said, and leaves the verdict open', async () => {
    expect(await judge('triton', matMulModel(), { plan: { tritonTag: '22.01' } })).toMatchObject({
      version: 'Triton 22.01',
      verdict: 'unknown',
      findings: [{ code: 'TRITON_TAG_UNKNOWN', args: { tritonTag: '22.01' } }, { code: 'BATCHING_OFF' }],
    });
  });

  test.each(['uint4', 'float8e4m3fn', 'complex64'] as const)('has no input of %s', async (dataType) => {
    const model = nodeModel('Identity', { opset: 21, inputs: [dataType] });
    const { findings, verdict } = await judge('triton', model);
    expect(verdict).toBe('refused');
    expect(findings.filter(({ code }) => code === 'TRITON_TYPE_UNSUPPORTED')).toMatchObject([
      { where: 'x0', args: { tensor: 'x0', dataType } },
      { where: 'y', args: { tensor: 'y', dataType } },
    ]);
  });

  test('a sequence cannot leave it', async () => {
    const output = {
      name: 'y',
      type: { sequenceType: { elemType: { tensorType: { elemType: 1 } } } },
      metadataProps: [],
    };
    const model = nodeModel('SplitToSequence', { parts: { outputs: [output] } });
    expect((await judge('triton', model)).findings).toMatchObject([
      { code: 'TRITON_TYPE_UNSUPPORTED', args: { tensor: 'y', dataType: null } },
      { code: 'BATCHING_OFF' },
    ]);
  });

  test.each([
    [[], 'scalar'],
    [[1, 4], 'fixed'],
    [null, 'rank-unknown'],
  ])('cannot batch inputs of the shape %o', async (shape, reason) => {
    const model = matMulModel({ inputs: [makeValueInfo('x', 'float32', shape)] });
    expect((await judge('triton', model)).findings).toContainEqual(
      expect.objectContaining({ code: 'BATCHING_OFF', severity: 'info', args: { tensor: 'x', reason } }),
    );
  });

  test('weights that are inputs too become optional inputs, from IR version 4 on', async () => {
    const graph = {
      inputs: [makeValueInfo('x', 'float32', ['n', 4]), makeValueInfo('w', 'float32', [4, 3])],
      outputs: [makeValueInfo('y', 'float32', ['n', 3])],
    };
    expect((await judge('triton', matMulModel(graph))).findings).toMatchObject([
      { code: 'TRITON_OPTIONAL_INPUTS', args: { count: 1 } },
    ]);
    expect((await judge('triton', matMulModel(graph, { irVersion: 3 }))).findings).toEqual([]);
  });

  test('runs on the CPU without GPUs, so it needs kernels of the CPU then', async () => {
    const model = nodeModel('MatMul', { inputs: ['bfloat16', 'bfloat16'] });
    expect((await judge('triton', model)).findings).toMatchObject([
      { code: 'CPU_NO_KERNEL' },
      { code: 'BATCHING_OFF' },
    ]);
    expect((await judge('triton', model, { plan: { gpus: 1 } })).findings).toMatchObject([{ code: 'BATCHING_OFF' }]);
  });
});

test('a branch that hides a name of the graph around it has its own type', async () => {
  const hidden = makeGraph({
    name: 'b',
    nodes: [makeNode('Relu', ['v'], ['z'], { name: 'inner' })],
    inputs: [],
    outputs: [makeValueInfo('z', 'float32', [4])],
    initializers: [floats('v', 4)],
  });
  const nodes = [makeNode('If', ['c'], ['y'], { name: 'if', attributes: { then_branch: hidden } })];
  const inputs = [makeValueInfo('c', 'bool', []), makeValueInfo('v', 'string', [4])];
  const model = matMulModel({ nodes, inputs, outputs: [makeValueInfo('y', 'float32', [4])] });
  expect(await judge('cpu', model)).toMatchObject({ verdict: 'runs', findings: [] });
});
