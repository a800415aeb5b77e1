import { describe, expect, test } from 'vitest';
import { analyzeModel, requireSupported } from '../../src/analysis/analyze.ts';
import type { Analysis } from '../../src/analysis/facts.ts';
import { NimifyError } from '../../src/base/errors.ts';
import { makeNode, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import type { ModelProto } from '../../src/onnx/proto.ts';
import { asModel, branch, floats, localFunction, longs, matMulModel } from './models.ts';

const { signal } = new AbortController();
const structure = (proto: ModelProto): Promise<Analysis> =>
  analyzeModel(asModel(proto), { sha256: 'abc', signal, shapes: 'skip' });
const codes = async (proto: ModelProto): Promise<string[]> => (await structure(proto)).findings.map((f) => f.code);
const argsOf = async (proto: ModelProto, code: string) =>
  (await structure(proto)).findings.filter((f) => f.code === code).map((f) => ({ where: f.where, ...f.args }));

const opsets = (...pairs: [string, number][]) => pairs.map(([domain, version]) => ({ domain, version }));

describe('what a model needs that ONNX Runtime does not have', () => {
  test('operators of a foreign domain are counted per domain, subgraphs included', async () => {
    const inner = makeNode('Decode', ['x'], ['z'], { domain: 'com.acme' });
    const nodes = [
      makeNode('Encode', ['x'], ['a'], { domain: 'com.acme' }),
      makeNode('Fast', ['a'], ['c'], { domain: 'com.microsoft.extensions' }),
      makeNode('If', ['c'], ['y'], { attributes: { then_branch: branch([inner, inner], 'z') } }),
    ];
    expect(await argsOf(matMulModel({ nodes }), 'CUSTOM_DOMAIN')).toEqual([
      { where: 'com.acme', domain: 'com.acme', operators: { Decode: 2, Encode: 1 }, count: 3 },
      { where: 'com.microsoft.extensions', domain: 'com.microsoft.extensions', operators: { Fast: 1 }, count: 1 },
    ]);
  });

  test.each(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft', 'com.microsoft.nchwc', 'com.ms.internal.nhwc'])(
    'the domain %o is not foreign',
    async (domain) => {
      const nodes = [makeNode('Anything', ['x'], ['y'], { domain })];
      expect(await codes(matMulModel({ nodes }))).not.toContain('CUSTOM_DOMAIN');
    },
  );

  test('functions of the model are its own, but other operators of their domain are not', async () => {
    const nodes = [
      makeNode('Own', ['x'], ['a'], { domain: 'local' }),
      makeNode('Other', ['a'], ['y'], { domain: 'local' }),
    ];
    const functions = [localFunction('Own', 'local', [makeNode('Relu', ['a'], ['b'])])];
    expect(await argsOf(matMulModel({ nodes }, { functions }), 'CUSTOM_DOMAIN')).toEqual([
      { where: 'local', domain: 'local', operators: { Other: 1 }, count: 1 },
    ]);
  });

  test('requireSupported names domain and operators, says what to do, and exits with 4', async () => {
    const nodes = [makeNode('DecodeImage', ['x'], ['y'], { domain: 'com.microsoft.extensions' })];
    const analysis = await structure(matMulModel({ nodes }));
    const error = (() => {
      try {
        requireSupported(analysis);
      } catch (thrown) {
        return thrown as NimifyError;
      }
      throw new Error('nothing was thrown');
    })();
    expect(error).toBeInstanceOf(NimifyError);
    expect(error.code).toBe('CUSTOM_OPERATORS');
    expect(error.exitCode).toBe(4);
    expect(error.message).toContain('/models/m.onnx needs operators');
    expect(error.message).toContain('DecodeImage of com.microsoft.extensions');
    expect(error.hint).toContain('without custom operators');
    expect(error.details?.domains).toMatchObject([{ domain: 'com.microsoft.extensions', count: 1 }]);
  });

  test('a plain model is supported', async () => {
    const analysis = await structure(matMulModel());
    expect(() => requireSupported(analysis)).not.toThrow();
  });

  test('versions that are too new, per domain', async () => {
    expect(await argsOf(matMulModel({}, { irVersion: 14 }), 'IR_TOO_NEW')).toEqual([{ irVersion: 14, supported: 13 }]);
    expect(await codes(matMulModel({}, { irVersion: 13 }))).not.toContain('IR_TOO_NEW');
    const model = matMulModel({}, { opsetImport: opsets(['', 27], ['ai.onnx.ml', 6], ['com.acme', 99]) });
    expect(await argsOf(model, 'OPSET_TOO_NEW')).toEqual([
      { where: 'ai.onnx', domain: 'ai.onnx', version: 27, supported: 26 },
      { where: 'ai.onnx.ml', domain: 'ai.onnx.ml', version: 6, supported: 5 },
    ]);
    const newest = matMulModel({}, { opsetImport: opsets(['', 26], ['ai.onnx.ml', 5]) });
    expect(await codes(newest)).not.toContain('OPSET_TOO_NEW');
  });

  test('an opset below 13 has no quantization per channel', async () => {
    const old = matMulModel({}, { opsetImport: opsets(['ai.onnx', 12]) });
    expect(await argsOf(old, 'OPSET_OLD')).toEqual([{ version: 12, needed: 13 }]);
    expect(await codes(matMulModel({}, { opsetImport: opsets(['', 13]) }))).not.toContain('OPSET_OLD');
  });
});

describe('what to know before quantizing', () => {
  test('a plain model has nothing to report', async () => {
    expect(await codes(matMulModel())).toEqual([]);
  });

  test.each([
    ['QuantizeLinear', ''],
    ['DynamicQuantizeLinear', ''],
    ['QLinearConv', ''],
    ['MatMulInteger', ''],
    ['MatMulNBits', 'com.microsoft'],
    ['QGemm', 'com.microsoft'],
    ['GatherBlockQuantized', 'com.microsoft'],
  ])('%s means that the model is quantized', async (opType, domain) => {
    const key = domain === '' ? opType : `${domain}::${opType}`;
    const model = matMulModel({ nodes: [makeNode(opType, ['x', 'w'], ['y'], { name: 'n', domain })] });
    expect((await structure(model)).isQuantized).toBe(true);
    expect(await argsOf(model, 'ALREADY_QUANTIZED')).toEqual([{ operators: { [key]: 1 }, dataTypes: [] }]);
  });

  test.each(['Gelu', 'QuickGelu', 'Range', 'Queue'])('%s does not', async (opType) => {
    const model = matMulModel({ nodes: [makeNode(opType, ['x'], ['y'], { name: 'n' })] });
    expect((await structure(model)).isQuantized).toBe(false);
  });

  test('int8 weights do, a table of uint8 does not', async () => {
    const of = (dataType: 'int8' | 'uint8') =>
      matMulModel({ initializers: [makeTensor('w', { dataType, dims: [8], data: new Uint8Array(8) })] });
    expect(await argsOf(of('int8'), 'ALREADY_QUANTIZED')).toEqual([{ operators: {}, dataTypes: ['int8'] }]);
    expect(await codes(of('uint8'))).not.toContain('ALREADY_QUANTIZED');
  });

  test('a model without weights, and one that keeps them in Constant nodes', async () => {
    const nodes = [makeNode('Relu', ['x'], ['y'], { name: 'r' })];
    expect(await codes(matMulModel({ nodes, initializers: [] }))).toEqual(['NO_WEIGHTS']);
    const constant = makeNode('Constant', [], ['w'], {
      name: 'c',
      attributes: { value: { dataType: 'float32', dims: [4, 3], data: new Float32Array(12) } },
    });
    const product = makeNode('MatMul', ['x', 'w'], ['y'], { name: 'm' });
    const inNodes = matMulModel({ nodes: [constant, product], initializers: [floats('b', 3)] });
    expect(await argsOf(inNodes, 'WEIGHTS_IN_CONSTANTS')).toEqual([{ constants: 12, initializers: 3 }]);
  });

  test('initializers that callers may replace', async () => {
    const inputs = [makeValueInfo('x', 'float32', [1, 4]), makeValueInfo('w', 'float32', [4, 3])];
    const analysis = await structure(matMulModel({ inputs }));
    expect(analysis.inputs.map((input) => input.name)).toEqual(['x']);
    expect(await argsOf(matMulModel({ inputs }), 'INITIALIZER_IS_INPUT')).toEqual([{ count: 1, irVersion: 9 }]);
  });

  test('nodes without names', async () => {
    const nodes = [makeNode('Relu', ['x'], ['a'], { name: 'r' }), makeNode('MatMul', ['a', 'w'], ['y'])];
    expect(await argsOf(matMulModel({ nodes }), 'UNNAMED_NODES')).toEqual([{ count: 1, nodeCount: 2 }]);
  });

  test('open dims are named as --bind takes them; a size of -1 is open too', async () => {
    const inputs = [
      makeValueInfo('a', 'float32', ['batch', 3, null]),
      makeValueInfo('b', 'int64', [-1]),
      makeValueInfo('c', 'float32', null),
      makeValueInfo('d', 'float32', [2, 2]),
    ];
    expect(await argsOf(matMulModel({ inputs }), 'DYNAMIC_SHAPE')).toEqual([
      { where: 'a', input: 'a', shape: ['batch', 3, null], bind: ['batch', 'a:2'] },
      { where: 'b', input: 'b', shape: [null], bind: ['b:0'] },
      { where: 'c', input: 'c', shape: null, bind: [] },
    ]);
  });

  test('control flow, and recurrent state that goes in and comes out', async () => {
    const nodes = [
      makeNode('If', ['c'], ['z'], { name: 'if', attributes: { then_branch: branch([], 'x') } }),
      makeNode('GRU', ['x', 'w', 'w'], ['y', 'state_out'], { name: 'gru' }),
    ];
    const state = (name: string) => makeValueInfo(name, 'float32', [1, 1, 4]);
    const model = matMulModel({
      nodes,
      inputs: [makeValueInfo('x', 'float32', [1, 1, 4]), state('state_in'), makeValueInfo('statement', 'float32', [1])],
      outputs: [state('y'), state('state_out')],
    });
    expect(await argsOf(model, 'CONTROL_FLOW')).toEqual([{ operators: { If: 1 }, subgraphs: 1 }]);
    expect(await argsOf(model, 'SEQUENCE_STATE')).toEqual([
      { where: 'state_in', input: 'state_in', output: 'state_out' },
    ]);
  });
});

describe('facts', () => {
  test('nodes, operators and weights are those of subgraphs and functions too, and not of training graphs', async () => {
    const list = { dataType: 'int64', dims: [2], data: BigInt64Array.of(1n, 2n) } as const;
    const inner = branch([makeNode('Constant', [], ['k'], { attributes: { value: list } })], 'k', [floats('v', 5)]);
    const nodes = [
      makeNode('Own', ['x'], ['a'], { domain: 'local' }),
      makeNode('If', ['a'], ['b'], { attributes: { then_branch: inner } }),
      makeNode('MatMul', ['b', 'w'], ['y']),
    ];
    const functions = [localFunction('Own', 'local', [makeNode('Relu', ['a'], ['b']), makeNode('Relu', ['a'], ['b'])])];
    const training = branch([makeNode('Gradient', [], ['t'])], 't', [floats('huge', 100)]);
    const trainingInfo = [{ algorithm: training, initializationBinding: [], updateBinding: [] }];
    const analysis = await structure(matMulModel({ nodes }, { functions, trainingInfo }));
    expect(analysis).toMatchObject({
      nodeCount: 6,
      subgraphCount: 1,
      functionCount: 1,
      operators: { Relu: 2, Constant: 1, If: 1, MatMul: 1, 'local::Own': 1 },
      parameterCount: 12 + 5 + 2,
      weightBytes: (12 + 5) * 4 + 16,
      weightBytesByType: { float32: 68, int64: 16 },
      weightsIn: { initializers: 17, constants: 2 },
      memory: { weightBytes: 84, peakActivationBytes: null },
      macs: null,
      shapes: null,
      opsets: { 'ai.onnx': 17 },
      irVersion: 9,
      producer: { name: 'nimify', version: '' },
      model: { path: '/models/m.onnx', sha256: 'abc' },
    });
    expect(Object.keys(analysis.operators)[0]).toBe('Relu');
  });

  test('names that mean something to JavaScript are only names', async () => {
    const nodes = [
      makeNode('constructor', ['x'], ['__proto__'], { name: 'a' }),
      makeNode('__proto__', ['__proto__'], ['y'], { name: 'b' }),
    ];
    const analysis = await structure(matMulModel({ nodes }));
    expect(Object.entries(analysis.operators)).toEqual([
      ['__proto__', 1],
      ['constructor', 1],
    ]);
  });

  test('4-bit weights take half a byte each, scalars in Constant nodes are no weights', async () => {
    const packed = makeTensor('w', { dataType: 'int4', dims: [5], data: Uint8Array.of(1, 2, 3) });
    const scalar = makeNode('Constant', [], ['c'], {
      attributes: { value: { dataType: 'float32', dims: [], data: Float32Array.of(1) } },
    });
    const analysis = await structure(matMulModel({ nodes: [scalar], initializers: [packed, longs('i', 1, 2)] }));
    expect(analysis).toMatchObject({ parameterCount: 7, weightBytes: 19, weightsIn: { constants: 0 } });
  });
});
