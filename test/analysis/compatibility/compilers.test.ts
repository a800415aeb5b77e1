import { describe, expect, test } from 'vitest';
import { requireTargets } from '../../../src/analysis/compatibility/registry.ts';
import { makeNode, makeTensor, makeValueInfo } from '../../../src/onnx/build.ts';
import { branch, longs, matMulModel } from '../models.ts';
import { type JudgeOptions, judge, type NodeModel, nodeModel } from './judge.ts';

describe('TensorRT', () => {
  const findings = async (operator: string, model: NodeModel = {}, options: JudgeOptions = {}) =>
    (await judge('tensorrt', nodeModel(operator, model), options)).findings;

  test('imports a plain model', async () => {
    expect(await judge('tensorrt', matMulModel())).toEqual({
      target: 'tensorrt',
      version: 'TensorRT 10.15',
      verdict: 'runs',
      findings: [],
    });
  });

  test('leaves operators that it cannot import to others, if there is a rest', async () => {
    const nodes = [makeNode('Det', ['x'], ['d'], { name: 'n' }), makeNode('Relu', ['d'], ['y'], { name: 'r' })];
    expect((await judge('tensorrt', nodeModel('Det'))).verdict).toBe('refused');
    expect(await judge('tensorrt', matMulModel({ nodes }))).toMatchObject({
      verdict: 'partly',
      findings: [{ code: 'TENSORRT_OPERATOR', severity: 'warning', args: { operator: 'Det', count: 1, nodes: ['n'] } }],
    });
    expect(await findings('Attention', { options: { domain: 'com.microsoft' } })).toMatchObject([
      { code: 'TENSORRT_OPERATOR', args: { operator: 'com.microsoft::Attention' } },
    ]);
  });

  test('knows its own plugins by name, whatever their domain', async () => {
    const model = nodeModel('EfficientNMS_TRT', { options: { domain: 'TRT' } });
    expect(await judge('tensorrt', model)).toMatchObject({
      verdict: 'runs',
      findings: [{ code: 'TENSORRT_PLUGIN', severity: 'info', args: { operator: 'TRT::EfficientNMS_TRT' } }],
    });
  });

  test.each([
    ['CumSum', ['int64', 'int64'], 'int64'],
    ['Where', ['bool', 'uint8', 'uint8'], 'uint8'],
    ['Conv', ['int8', 'int8'], 'int8'],
  ] as const)('%s of %o is not taken', async (operator, inputs, dataType) => {
    expect(await findings(operator, { inputs, output: 'float32' })).toContainEqual(
      expect.objectContaining({ code: 'TENSORRT_TYPE', args: { operator, dataType, count: 1, nodes: ['n'] } }),
    );
  });

  test('narrows float64, takes int64, and has no int16 at the border', async () => {
    expect(await findings('Add', { inputs: ['float64', 'float64'] })).toEqual([]);
    expect(await findings('Add', { inputs: ['int64', 'int64'] })).toEqual([]);
    expect(await findings('Cast', { inputs: ['int16'], output: 'float32' })).toMatchObject([
      { code: 'TENSORRT_TYPE', args: { operator: 'Cast', dataType: 'int16' } },
      { code: 'TENSORRT_TYPE', where: 'x0', args: { tensor: 'x0', dataType: 'int16' } },
    ]);
    expect(await findings('Cast', { inputs: ['uint8'], output: 'float32' })).toEqual([]);
  });

  test.each([
    ['Resize', { mode: 'cubic' }, { what: 'mode', allowed: 'nearest, linear', found: 'cubic' }],
    ['Resize', { antialias: 1n }, { what: 'antialias', allowed: '0', found: '1' }],
    ['LSTM', { layout: 1n }, { what: 'layout', allowed: '0', found: '1' }],
    ['TopK', { sorted: 0n }, { what: 'sorted', allowed: '1', found: '0' }],
    ['ScatterND', { reduction: 'add' }, { what: 'reduction', allowed: 'none', found: 'add' }],
    ['LpPool', { dilations: [1n, 2n] }, { what: 'dilations', allowed: '1', found: '1, 2' }],
  ] as const)('%s with %o is beyond a limit', async (operator, attributes, args) => {
    expect(await findings(operator, { options: { attributes } })).toMatchObject([
      { code: 'TENSORRT_LIMIT', args: { operator, ...args, count: 1 } },
    ]);
  });

  test.each([
    ['Resize', { mode: 'linear', antialias: 0n }],
    ['LpPool', { dilations: [1n, 1n] }],
    ['TopK', { sorted: 1n }],
  ] as const)('%s with %o is within them', async (operator, attributes) => {
    expect(await findings(operator, { options: { attributes } })).toEqual([]);
  });

  test('axes have to be constant: an initializer or a Constant node', async () => {
    const reduce = (axes: 'input' | 'initializer' | 'node') =>
      matMulModel({
        nodes: [
          ...(axes === 'node'
            ? [
                makeNode('Constant', [], ['axes'], {
                  attributes: { value: { dataType: 'int64', dims: [1], data: new BigInt64Array(1) } },
                }),
              ]
            : []),
          makeNode('ReduceSum', ['x', 'axes'], ['y'], { name: 'sum' }),
        ],
        inputs: [
          makeValueInfo('x', 'float32', [1, 4]),
          ...(axes === 'input' ? [makeValueInfo('axes', 'int64', [1])] : []),
        ],
        initializers: axes === 'initializer' ? [longs('axes', 0)] : [],
      });
    expect((await judge('tensorrt', reduce('input'))).findings).toMatchObject([
      { code: 'TENSORRT_LIMIT', args: { operator: 'ReduceSum', what: 'input 1', allowed: 'a constant' } },
    ]);
    expect((await judge('tensorrt', reduce('initializer'))).findings).toEqual([]);
    expect((await judge('tensorrt', reduce('node'))).findings).toEqual([]);
  });

  test('pooling is for two or three spatial dimensions, and gives no indices', async () => {
    const model = matMulModel({
      nodes: [makeNode('MaxPool', ['x'], ['y', 'indices'], { name: 'pool' })],
      inputs: [makeValueInfo('x', 'float32', [1, 3, 8])],
    });
    expect((await judge('tensorrt', model)).findings).toMatchObject([
      { args: { operator: 'MaxPool', what: 'outputs', allowed: '1', found: '2' } },
      { args: { operator: 'MaxPool', what: 'dimensions', allowed: '4 or 5', found: '3' } },
    ]);
  });

  test.each(['QLinearConv', 'MatMulInteger', 'DynamicQuantizeLinear'])(
    '%s is quantized arithmetic',
    async (operator) => {
      expect(await findings(operator)).toMatchObject([
        { code: 'TENSORRT_QUANTIZATION', args: { operator, problem: 'arithmetic' } },
      ]);
    },
  );

  test.each([
    ['int8', [0], undefined],
    ['int8', [3], 'zero-point'],
    ['uint8', [0], 'unsigned'],
    ['int32', [0], 'bias'],
  ] as const)('a pair in %s with the zero point %o', async (dataType, values, problem) => {
    const array = { int8: Int8Array, uint8: Uint8Array, int32: Int32Array }[dataType];
    const initializers = [
      makeTensor('s', { dataType: 'float32', dims: [], data: new Float32Array([0.1]) }),
      makeTensor('z', { dataType, dims: [], data: array.from(values) }),
      makeTensor('q', { dataType, dims: [4], data: new array(4) }),
    ];
    const nodes = [
      makeNode('DequantizeLinear', ['q', 's', 'z'], ['w'], { name: 'dq' }),
      makeNode('Add', ['x', 'w'], ['y']),
    ];
    const model = matMulModel({ nodes, initializers });
    model.graph?.valueInfo.push(makeValueInfo('w', 'float32', [4]));
    expect((await judge('tensorrt', model)).findings.map(({ args }) => args.problem)).toEqual(
      problem === undefined ? [] : [problem],
    );
  });

  test('a zero point that cannot be read proves nothing', async () => {
    const zero = { ...makeTensor('z', { dataType: 'int8', dims: [], data: new Int8Array(1) }), dims: [5] };
    const scale = makeTensor('s', { dataType: 'float32', dims: [], data: new Float32Array([0.1]) });
    const nodes = [makeNode('QuantizeLinear', ['x', 's', 'z'], ['y'], { name: 'q' })];
    const outputs = [makeValueInfo('y', 'int8', [1, 4])];
    expect((await judge('tensorrt', matMulModel({ nodes, outputs, initializers: [scale, zero] }))).findings).toEqual(
      [],
    );
  });

  test.each([8, 25])('opset %i is outside of its documentation', async (opset) => {
    expect(await judge('tensorrt', nodeModel('Relu', { opset }))).toMatchObject({
      verdict: 'unknown',
      findings: [{ code: 'TENSORRT_OPSET', args: { version: opset, oldest: 9, newest: 24 } }],
    });
  });

  test('says what it asks of branches and loops', async () => {
    const nodes = [makeNode('If', ['c'], ['y'], { name: 'if', attributes: { then_branch: branch([], 'x') } })];
    const inputs = [makeValueInfo('x', 'float32', [4]), makeValueInfo('c', 'bool', [])];
    expect((await judge('tensorrt', matMulModel({ nodes, inputs }))).findings).toMatchObject([
      { code: 'TENSORRT_CONTROL_FLOW', severity: 'info', args: { operator: 'If', hasScanOutputs: false } },
    ]);
  });

  test('asks for branches of the same rank', async () => {
    const attributes = {
      then_branch: branch([makeNode('Relu', ['x'], ['a'])], 'a'),
      else_branch: branch([makeNode('Size', ['x'], ['b'])], 'b'),
    };
    const shapes = [makeValueInfo('a', 'float32', [1, 4]), makeValueInfo('b', 'float32', [])];
    attributes.then_branch.valueInfo.push(shapes[0] as (typeof shapes)[0]);
    attributes.else_branch.valueInfo.push(shapes[1] as (typeof shapes)[0]);
    const nodes = [makeNode('If', ['c'], ['y'], { name: 'if', attributes })];
    const inputs = [makeValueInfo('x', 'float32', [1, 4]), makeValueInfo('c', 'bool', [])];
    const { verdict, findings: found } = await judge('tensorrt', matMulModel({ nodes, inputs }));
    expect(verdict).toBe('partly');
    expect(found).toContainEqual(
      expect.objectContaining({
        code: 'TENSORRT_LIMIT',
        args: {
          operator: 'If',
          what: 'branches',
          allowed: 'of the same rank',
          found: '2 and 0',
          count: 1,
          nodes: ['if'],
        },
      }),
    );
  });

  describe('a profile', () => {
    const dynamic = (shape: (string | number | null)[] | null) =>
      matMulModel({
        inputs: [makeValueInfo('x', 'float32', shape), makeValueInfo('fixed', 'float32', [2, 2])],
        outputs: [makeValueInfo('y', 'float32', ['batch', 3])],
      });
    const profile = async (shape: (string | number | null)[] | null, options: JudgeOptions = {}) =>
      (await judge('tensorrt', dynamic(shape), options)).findings.find(({ code }) => code === 'TENSORRT_PROFILE')?.args;

    test('is not needed where all inputs are fixed', async () => {
      expect(await profile([1, 4])).toBeUndefined();
    });

    test('takes the batch up to what the server may form, and says that nobody gave it', async () => {
      expect(await profile(['batch', 4])).toEqual({
        minShapes: 'x:1x4',
        optShapes: 'x:1x4',
        maxShapes: 'x:8x4',
        assumed: ['batch'],
      });
    });

    test('takes other sizes from --bind, by name or by place, and asks for those that are missing', async () => {
      const bind = { batch: 16, 'x:2': 128 };
      expect(await profile(['batch', 3, null], { bind })).toEqual({
        minShapes: 'x:1x3x1',
        optShapes: 'x:16x3x128',
        maxShapes: 'x:16x3x128',
        assumed: [],
      });
      expect(await profile(['batch', 'height', null], { bind: { batch: 1 } })).toEqual({ missing: ['height', 'x:2'] });
      expect(await profile(null)).toEqual({ missing: ['x'] });
    });
  });
});

describe('OpenVINO', () => {
  test('converts a plain model', async () => {
    expect(await judge('openvino', matMulModel())).toMatchObject({
      version: 'OpenVINO 2026.4',
      verdict: 'runs',
      findings: [],
    });
  });

  test.each(['DeformConv', 'StringSplit', 'TfIdfVectorizer'])('does not know %s', async (operator) => {
    expect(await judge('openvino', nodeModel(operator))).toMatchObject({
      verdict: 'refused',
      findings: [{ code: 'OPENVINO_OPERATOR', severity: 'error', args: { operator, count: 1 } }],
    });
  });

  test('does not convert every mode of an operator that it knows', async () => {
    const model = nodeModel('Resize', {
      options: { attributes: { coordinate_transformation_mode: 'tf_crop_and_resize' } },
    });
    expect((await judge('openvino', model)).findings).toMatchObject([
      {
        code: 'OPENVINO_LIMIT',
        severity: 'error',
        args: { operator: 'Resize', found: 'tf_crop_and_resize' },
      },
    ]);
  });

  test('has no complex numbers', async () => {
    expect((await judge('openvino', nodeModel('Identity', { inputs: ['complex64'] }))).findings).toMatchObject([
      { code: 'OPENVINO_TYPE', args: { dataType: 'complex64', operator: 'Identity' } },
    ]);
  });
});

describe('the list of targets', () => {
  test.each([
    ['tensortr', 'There is no target tensortr; did you mean tensorrt.'],
    ['', 'There is no target without a name.'],
    ['toaster', 'There is no target toaster.'],
  ])('%o is refused', (id, message) => {
    expect(() => requireTargets(['cpu', id])).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message,
        hint: 'Give --target a list of: cpu, triton, cuda, tensorrt, openvino',
      }),
    );
  });

  test('a target that is named twice counts once', () => {
    expect(requireTargets(['cuda', 'cpu', 'cuda'])).toEqual(['cuda', 'cpu']);
  });
});
