/** Shapes, costs and findings with the real ONNX Runtime. */
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { analyzeModel, requireSupported } from '../../src/analysis/analyze.ts';
import type { Analysis } from '../../src/analysis/facts.ts';
import type { NimifyError } from '../../src/base/errors.ts';
import { makeNode, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import { type OnnxModel, openModel } from '../../src/onnx/open.ts';
import type { ModelProto } from '../../src/onnx/proto.ts';
import { writeModel } from '../../src/onnx/write.ts';
import { probeShapes } from '../../src/runtime/probed-shapes.ts';
import { inferShapes } from '../../src/runtime/shapes.ts';
import { asModel, floats, longs, matMulModel } from '../analysis/models.ts';

const SHARED = new URL('../../../shared/', import.meta.url).pathname;
const shared = (path: string): string => join(SHARED, path);
const hasShared = existsSync(shared('models')) && existsSync(shared('onnx-cases'));
const { signal } = new AbortController();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-analysis-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const analyze = (path: string, bind: Record<string, number> = {}): Promise<Analysis> =>
  analyzeModel(openModel(shared(path)), { sha256: 'abc', signal, temporaryFolder: folder, bind });
const codes = (analysis: Analysis): string[] => analysis.findings.map((finding) => finding.code);

describe('shapes when the model is not as it should be', () => {
  test('a model that ONNX Runtime refuses has the shapes that do not depend on what is wrong, and says why', async () => {
    const reasons: NimifyError[] = [];
    const outputs = [makeValueInfo('y', 'float32', null)];
    const broken = asModel(matMulModel({ initializers: [floats('w', 5, 3)], outputs }));
    const { tensors, problems } = await inferShapes(broken, { signal, onRefused: (reason) => reasons.push(reason) });
    expect(tensors).toMatchObject({ x: { shape: [1, 4] }, w: { shape: [5, 3] } });
    expect(problems).toMatchObject([{ message: '4 columns of the first matrix meet 5 rows of the second' }]);
    expect(reasons.map((reason) => reason.code)).toEqual(['RUNTIME_REFUSED']);
    const analysis = await analyzeModel(broken, { sha256: '', signal });
    expect(analysis).toMatchObject({ macs: null, memory: { peakActivationBytes: null } });
    expect(analysis.findings).toMatchObject([
      { code: 'SHAPES_NOT_INFERRED', severity: 'warning', args: { reason: expect.stringContaining('ncompatible') } },
    ]);
  });

  test('a shape that the model declares otherwise is a finding of its own', async () => {
    const model = asModel(matMulModel({ outputs: [makeValueInfo('y', 'float32', [1, 7])] }));
    const analysis = await analyzeModel(model, { sha256: '', signal });
    expect(analysis.shapes?.y?.shape).toEqual([1, 3]);
    expect(analysis.findings).toMatchObject([
      {
        code: 'SHAPE_CONTRADICTION',
        where: 'y',
        args: { reason: 'it is declared as [1, 7], and its node makes [1, 3]', others: 0 },
      },
    ]);
  });

  test.each([
    ['in the default domain', ''],
    ['in the domain of the runtime', 'com.microsoft'],
  ])('an unknown operator %s is an error of its own, and a finding of the analysis', async (_, domain) => {
    const nodes = [makeNode('Nope', ['x'], ['y'], { name: 'n', domain })];
    const opsetImport = ['', 'com.microsoft'].map((name) => ({ domain: name, version: name === '' ? 17 : 1 }));
    const model = asModel(matMulModel({ nodes }, { opsetImport }));
    await expect(probeShapes(model, { signal })).rejects.toMatchObject({ code: 'CUSTOM_OPERATORS' });
    const analysis = await analyzeModel(model, { sha256: '', signal });
    expect(analysis.findings).toMatchObject([
      { code: 'UNKNOWN_OPERATOR', args: { reason: expect.stringContaining('Nope') } },
    ]);
    expect(() => requireSupported(analysis)).toThrow(expect.objectContaining({ code: 'CUSTOM_OPERATORS' }));
  });

  test('an abort ends it', async () => {
    const aborted = AbortSignal.abort();
    await expect(inferShapes(asModel(matMulModel()), { signal: aborted })).rejects.toThrow('aborted');
    await expect(analyzeModel(asModel(matMulModel()), { sha256: '', signal: aborted })).rejects.toThrow('aborted');
  });
});

describe.each([
  ['our own rules', async (model: OnnxModel, bind = {}) => (await inferShapes(model, { bind, signal })).tensors],
  ['ONNX Runtime', (model: OnnxModel, bind = {}) => probeShapes(model, { bind, signal })],
] as const)('shapes by %s', (engine, infer) => {
  const shapesOf = async (proto: ModelProto, bind: Record<string, number> = {}) => {
    const shapes = await infer(asModel(proto), bind);
    return Object.fromEntries(Object.values(shapes).map((info) => [info.name, info.shape]));
  };

  test('a model of traditional machine learning, without the default operator set', async () => {
    const nodes = [
      makeNode('Normalizer', ['x'], ['y'], { name: 'n', domain: 'ai.onnx.ml', attributes: { norm: 'L2' } }),
    ];
    const model = matMulModel({ nodes, initializers: [] }, { opsetImport: [{ domain: 'ai.onnx.ml', version: 3 }] });
    expect(await shapesOf(model)).toMatchObject({ x: [1, 4] });
  });

  test('a few bytes that ask for gigabytes do not get them', async () => {
    const nodes = [makeNode('ConstantOfShape', ['many'], ['a']), makeNode('ReduceMax', ['a'], ['y'])];
    const model = matMulModel({
      nodes,
      initializers: [longs('many', 1 << 20, 1 << 16)],
      outputs: [{ name: 'y', metadataProps: [] }],
    });
    expect(await shapesOf(model)).toMatchObject({ a: [1 << 20, 1 << 16], y: [1, 1] });
  });

  test('a scalar is not an unknown rank, though ONNX Runtime prints both alike', async () => {
    const nodes = [
      makeNode('ReduceSum', ['x'], ['scalar'], { attributes: { keepdims: 0n } }),
      makeNode('Reshape', ['x', 'target'], ['unknown']),
      makeNode('Shape', ['unknown'], ['rank']),
      makeNode('Relu', ['x'], ['y']),
    ];
    const inputs = [makeValueInfo('x', 'float32', [2, 3]), makeValueInfo('target', 'int64', ['n'])];
    const shapes = await shapesOf(matMulModel({ nodes, inputs, outputs: [makeValueInfo('y', 'float32', [2, 3])] }));
    expect(shapes).toMatchObject({ scalar: [], unknown: null, rank: [null], y: [2, 3] });
  });

  test('dims are bound by symbol and by place; symbols of the runtime itself are not shown', async () => {
    const nodes = [makeNode('Concat', ['x', 'z'], ['c'], { attributes: { axis: 1n } }), makeNode('Relu', ['c'], ['y'])];
    const inputs = [
      makeValueInfo('x', 'float32', ['batch', 4]),
      makeValueInfo('z', 'float32', ['batch', null]),
      makeValueInfo('u', 'float32', ['constructor']),
    ];
    const model = matMulModel({ nodes, inputs, outputs: [makeValueInfo('y', 'float32', ['batch', 'wide'])] });
    // Ours names a size wherever it is the same as one that the model names.
    const width = engine === 'our own rules' ? 'wide' : null;
    expect(await shapesOf(model)).toMatchObject({ c: ['batch', width], y: ['batch', 'wide'] });
    expect(await shapesOf(model, { batch: 2, 'z:1': 3 })).toMatchObject({
      z: [2, 3],
      c: [2, 7],
      y: [2, 7],
      u: ['constructor'],
    });
    expect(await shapesOf(model, { 'x:1': 9 })).toMatchObject({ x: ['batch', 4] });
  });

  test('shapes that the graph calculates are known once the inputs are', async () => {
    const nodes = [
      makeNode('Shape', ['x'], ['s']),
      makeNode('Gather', ['s', 'first'], ['n']),
      makeNode('Concat', ['n', 'rest'], ['target'], { attributes: { axis: 0n } }),
      makeNode('Reshape', ['x', 'target'], ['y']),
    ];
    const model = matMulModel({
      nodes,
      inputs: [makeValueInfo('x', 'float32', ['batch', 4])],
      outputs: [makeValueInfo('y', 'float32', null)],
      initializers: [longs('first', 0), longs('rest', 2, 2)],
    });
    expect(await shapesOf(model, { batch: 3 })).toMatchObject({ y: [3, 2, 2] });
  });

  test('the model that was asked about stays as it was', async () => {
    const model = asModel(
      matMulModel({ initializers: [floats('w', 400, 300)], inputs: [makeValueInfo('x', 'float32', ['n', 400])] }),
    );
    const before = encodedBytes(encodeModel(model.proto));
    await infer(model, { n: 2 });
    expect(Buffer.from(encodedBytes(encodeModel(model.proto))).equals(before)).toBe(true);
  });

  test('weights are not read: the data file may be gone, and small values beside them are embedded', async () => {
    const { rawData: _w, ...weight } = floats('w', 4, 1000);
    const { rawData: _t, ...target } = longs('t', 10, 100);
    const where = (offset: number, length: number) => ({
      dataLocation: 1,
      externalData: Object.entries({ location: 'w.bin', offset: `${offset}`, length: `${length}` }).map(
        ([key, value]) => ({ key, value }),
      ),
    });
    const proto = matMulModel({
      nodes: [makeNode('MatMul', ['x', 'w'], ['a']), makeNode('Reshape', ['a', 't'], ['y'])],
      outputs: [makeValueInfo('y', 'float32', null)],
      initializers: [
        { ...weight, ...where(16, 16_000) },
        { ...target, ...where(0, 16) },
      ],
    });
    const bytes = Buffer.alloc(16_016);
    bytes.writeBigInt64LE(10n, 0);
    bytes.writeBigInt64LE(100n, 8);
    writeFileSync(join(folder, 'w.bin'), bytes);
    await writeModel(proto, join(folder, 'm.onnx'));
    const model = openModel(join(folder, 'm.onnx'));
    truncateSync(join(folder, 'w.bin'), 16);
    const shapes = await infer(model);
    expect(shapes.y).toEqual({ name: 'y', dataType: 'float32', shape: [10, 100] });
    expect(shapes.w?.shape).toEqual([4, 1000]);
  });

  test('types narrower than a byte and half precision', async () => {
    const scale = makeTensor('s', { dataType: 'float16', dims: [], data: Uint16Array.of(0x3c00) });
    const packed = makeTensor('q', { dataType: 'int4', dims: [4, 1024], data: new Uint8Array(2048) });
    const nodes = [makeNode('DequantizeLinear', ['q', 's'], ['w']), makeNode('MatMul', ['x', 'w'], ['y'])];
    const model = matMulModel(
      {
        nodes,
        inputs: [makeValueInfo('x', 'float16', ['n', 4])],
        outputs: [makeValueInfo('y', 'float16', null)],
        initializers: [packed, scale],
      },
      { opsetImport: [{ domain: '', version: 21 }], irVersion: 10 },
    );
    const shapes = await infer(asModel(model));
    expect(shapes.w).toEqual({ name: 'w', dataType: 'float16', shape: [4, 1024] });
    expect(shapes.q).toEqual({ name: 'q', dataType: 'int4', shape: [4, 1024] });
  });
});

describe('where the runtime is asked', () => {
  test('a large copy goes through a file in the temporary folder', async () => {
    const data = new Float32Array(51 << 20);
    const attributes = { value: { dataType: 'float32', dims: [data.length], data } as const };
    const nodes = [makeNode('Constant', [], ['k'], { attributes }), makeNode('Add', ['x', 'k'], ['y'])];
    const model = matMulModel({
      nodes,
      inputs: [makeValueInfo('x', 'float32', [1])],
      outputs: [makeValueInfo('y', 'float32', null)],
    });
    const opened = { path: '', sizeBytes: 0, proto: model as never, externalFiles: [] };
    const shapes = await probeShapes(opened, { signal, temporaryFolder: folder });
    expect(shapes.y?.shape).toEqual([51 << 20]);
    expect(readdirSync(folder)).toEqual(['shapes.onnx']);
  });

  test('for operators that only it knows; what the rules know stays', async () => {
    const attributes = { kernel_shape: [2n, 2n], strides: [2n, 2n] };
    const nodes = [
      makeNode('MaxpoolWithMask', ['x', 'mask'], ['a'], { domain: 'com.microsoft', attributes }),
      makeNode('Relu', ['x'], ['b']),
      makeNode('Relu', ['a'], ['y']),
    ];
    const opsetImport = ['', 'com.microsoft'].map((name) => ({ domain: name, version: name === '' ? 17 : 1 }));
    const parts = {
      nodes,
      initializers: [],
      inputs: [makeValueInfo('x', 'float32', [1, 3, 8, 8]), makeValueInfo('mask', 'int32', [1, 3, 8, 8])],
      outputs: ['y', 'b'].map((name) => ({ name, metadataProps: [] })),
    };
    const model = asModel(matMulModel(parts, { opsetImport }));
    const { tensors } = await inferShapes(model, { signal });
    expect(tensors).toMatchObject({ y: { dataType: 'float32', shape: [1, 3, 4, 4] }, b: { shape: [1, 3, 8, 8] } });
    const alone = await inferShapes(model, { signal, canLoad: false });
    expect(alone.tensors).toMatchObject({ y: { dataType: null, shape: null }, b: { shape: [1, 3, 8, 8] } });
  });
});

describe.skipIf(!hasShared)('published models (skipped where ../shared is missing)', () => {
  test('ultraface: a whole network with known shapes', async () => {
    const analysis = await analyze('models/ultraface/version-RFB-320.onnx');
    expect(analysis).toMatchObject({ nodeCount: 242, parameterCount: 307655, weightBytes: 1230760, macs: 100418560 });
    expect(analysis.opsets).toEqual({ 'ai.onnx': 9 });
    expect(analysis.inputs).toEqual([{ name: 'input', dataType: 'float32', shape: [1, 3, 240, 320] }]);
    expect(
      Object.values(analysis.shapes ?? {}).filter((info) => !info.shape?.every((d) => typeof d === 'number')),
    ).toEqual([]);
    expect(codes(analysis)).toEqual(['OPSET_OLD', 'INITIALIZER_IS_INPUT', 'UNNAMED_NODES']);
  });

  test('silero-vad: nested branches, weights in constants, recurrent state', async () => {
    const analysis = await analyze('models/silero-vad/silero_vad.onnx');
    expect(analysis).toMatchObject({ nodeCount: 689, subgraphCount: 50, operators: { If: 25 }, macs: null });
    expect(analysis.weightsIn).toEqual({ initializers: 0, constants: 545288 });
    expect(codes(analysis)).toEqual([
      'WEIGHTS_IN_CONSTANTS',
      'DYNAMIC_SHAPE',
      'DYNAMIC_SHAPE',
      'CONTROL_FLOW',
      'SEQUENCE_STATE',
      'UNNAMED_NODES',
    ]);
    expect(analysis.findings.find((f) => f.code === 'SEQUENCE_STATE')?.args).toEqual({
      input: 'state',
      output: 'stateN',
    });
  });

  test('silero-vad: the branch that takes the given sizes costs what the build without branches costs', async () => {
    // 64 samples of context and 512 new ones at 16 kHz; the branch for 8 kHz cannot take them.
    const chosen = await analyze('models/silero-vad/silero_vad.onnx', { 'input:1': 576, 'state:1': 1 });
    const plain = await analyze('models/silero-vad/silero_vad_op18_ifless.onnx', { sequence: 576 });
    expect(chosen.macs).toBe(679_552);
    expect(plain.macs).toBe(679_552);
  });

  test('super-resolution: the operators that it lacks are named, and the runtime is not asked', async () => {
    const analysis = await analyze('models/super-resolution/model.onnx');
    expect(analysis.findings[0]).toEqual({
      code: 'CUSTOM_DOMAIN',
      severity: 'error',
      where: 'com.microsoft.extensions',
      args: { domain: 'com.microsoft.extensions', operators: { DecodeImage: 1, EncodeImage: 1 }, count: 2 },
    });
    expect(codes(analysis)).toContain('SHAPES_NOT_INFERRED');
    expect(() => requireSupported(analysis)).toThrow(/DecodeImage, EncodeImage of com\.microsoft\.extensions/);
  });

  test('magika: the batch is taken as 1, and Einsum counts', async () => {
    const analysis = await analyze('models/magika/model.onnx');
    expect(analysis).toMatchObject({ macs: 366717952, weightBytes: 3138152 });
    expect(analysis.shapes?.target_label?.shape).toEqual(['unk__215', 214]);
  });

  test('mnist: weights that are inputs too', async () => {
    const analysis = await analyze('models/mnist/mnist.onnx');
    expect(analysis.inputs.map((input) => input.name)).toEqual(['Input3']);
    // 8×28×28 outputs of 25, 16×14×14 outputs of 200, 256 × 10.
    expect(analysis.macs).toBe(8 * 28 * 28 * 25 + 16 * 14 * 14 * 200 + 2560);
  });

  test('yunet: what depends on open dims is not guessed, and --bind closes them', async () => {
    const path = 'models/yunet/yunet_n_dynamic.onnx';
    const open = await analyze(path);
    expect(open).toMatchObject({ macs: null, memory: { peakActivationBytes: null } });
    expect(open.costs).toMatchObject({ bindings: { batch: 1 }, assumed: ['batch'], deviceMemory: [] });
    expect(open.costs?.certainty.macs).toBe('not known: bind height, width');
    expect(codes(open)).toContain('DYNAMIC_SHAPE');

    const bound = await analyze(path, { batch: 2, height: 320, width: 320 });
    // Twice what one picture costs: Conv alone, 59 of them.
    expect(bound.macs).toBe(2 * 135_598_400);
    expect(bound.costs).toMatchObject({ assumed: [], certainty: { macs: 'exact' } });
    expect(bound.costs?.deviceMemory.map(({ batch }) => batch)).toEqual([2, 2, 2, 2]);
    expect(bound.shapes?.input?.shape).toEqual([2, 3, 320, 320]);
    expect(codes(bound)).not.toContain('DYNAMIC_SHAPE');
  });

  test('a binding that fits no input is an error that lists what does', async () => {
    await expect(analyze('models/yunet/yunet_n_dynamic.onnx', { heigth: 320 })).rejects.toMatchObject({
      code: 'USAGE',
      hint: 'These can be bound: batch, height, width.',
    });
  });

  test('tiny-bert: 128 tokens are assumed and said, and the shapes stay as the model names them', async () => {
    const analysis = await analyze('models/tiny-bert/model.onnx');
    expect(analysis.costs).toMatchObject({ bindings: { batch: 1, sequence: 128 }, assumed: ['batch', 'sequence'] });
    expect(analysis.shapes?.input_ids?.shape).toEqual(['batch', 'sequence']);
    // config.json: 2 layers of width 2, 2 in the middle. Each: 4 projections, QKᵀ and its values, 2 products; then 2 × 2, twice.
    const layer = 4 * 128 * 4 + 2 * 128 ** 2 * 2 + 2 * 128 * 4;
    expect(analysis.macs).toBe(2 * layer + 2 * 4);
    expect(analysis.costs?.deviceMemory.map(({ precision, batch }) => `${precision} ${batch}`)).toHaveLength(12);
  });
});
