import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compareModels, diffFindings } from '../../src/diff/compare.ts';
import {
  type AttributeValue,
  makeGraph,
  makeModel,
  makeNode,
  makeTensor,
  makeValueInfo,
} from '../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import { type OnnxModel, openModel } from '../../src/onnx/open.ts';
import type { ModelProto, NodeProto, TensorProto } from '../../src/onnx/proto.ts';

const folder = mkdtempSync(join(tmpdir(), 'nimify-diff-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const deps = { signal: new AbortController().signal, report: () => {} };
const floats = (...values: number[]) => Float32Array.from(values);
const weight = (name: string, data: Float32Array): TensorProto =>
  makeTensor(name, { dataType: 'float32', dims: [data.length], data });
const add = (
  name: string,
  inputs: string[],
  output: string,
  attributes: Record<string, AttributeValue> = {},
): NodeProto => makeNode('Add', inputs, [output], { name, attributes });

interface Parts {
  readonly nodes?: NodeProto[];
  readonly weights?: TensorProto[];
  readonly input?: number;
  readonly opset?: number;
}

function proto({ nodes, weights, input = 2, opset = 17 }: Parts): ModelProto {
  const graph = makeGraph({
    name: 'g',
    nodes: nodes ?? [add('first', ['x', 'w'], 'y')],
    inputs: [makeValueInfo('x', 'float32', [input])],
    outputs: [makeValueInfo('y', 'float32', [input])],
    initializers: weights ?? [weight('w', floats(1, 2))],
  });
  return makeModel({ graph, opset, irVersion: 8 });
}

let files = 0;
function written(model: ModelProto): OnnxModel {
  files += 1;
  const path = join(folder, `${files}.onnx`);
  writeFileSync(path, encodedBytes(encodeModel(model)));
  return openModel(path);
}

const compare = (before: ModelProto, after: ModelProto) => compareModels(written(before), written(after), deps);

describe('what differs between two models', () => {
  test('nothing, where only the form of the file differs', async () => {
    const { rawData, ...rest } = weight('w', floats(1, 2));
    const typed: TensorProto = { ...rest, floatData: rawData as Uint8Array };
    const diff = await compare(proto({}), proto({ weights: [typed] }));
    expect(diff).toMatchObject({ isEqual: true, weights: { unchangedCount: 1, unchangedBytes: 8 } });
    expect(diffFindings(diff)).toEqual([]);
  });

  test('a weight with other values is told by its digests', async () => {
    const diff = await compare(proto({}), proto({ weights: [weight('w', floats(1, 3))] }));
    expect(diff.nodes).toEqual({ added: [], removed: [], changed: [], unchangedCount: 1 });
    expect(diff.weights.changed).toMatchObject([{ before: { name: 'w', dims: [2] }, after: { name: 'w' } }]);
    expect(diff.weights.changed[0]?.before.sha256).not.toBe(diff.weights.changed[0]?.after.sha256);
    expect(diffFindings(diff)).toMatchObject([{ code: 'GRAPH_DIFFERS', args: { nodes: 0, weights: 1 } }]);
  });

  test('a weight under another name is a rename, and the node that reads it changed', async () => {
    const after = proto({ nodes: [add('first', ['x', 'v'], 'y')], weights: [weight('v', floats(1, 2))] });
    const diff = await compare(proto({}), after);
    expect(diff.weights).toMatchObject({
      added: [],
      removed: [],
      renamed: [{ before: 'w', after: 'v', sizeBytes: 8 }],
    });
    expect(diff.nodes.changed).toMatchObject([
      { node: 'first', operator: 'Add', changes: [{ what: 'input 1', before: 'w', after: 'v' }] },
    ]);
  });

  test('a weight of which a quantizer made another one is one change of precision', async () => {
    const quantized = makeTensor('w_quantized', { dataType: 'int8', dims: [2], data: Int8Array.of(64, 127) });
    const diff = await compare(proto({}), proto({ weights: [quantized] }));
    expect(diff.weights.changed).toMatchObject([
      { before: { name: 'w', dataType: 'float32' }, after: { name: 'w_quantized', dataType: 'int8' } },
    ]);
    expect(diff.weights.precision).toEqual([
      { what: 'float32', before: 8, after: 0 },
      { what: 'int8', before: 0, after: 2 },
    ]);
  });

  test('another shape of an input is an interface that differs', async () => {
    const diff = await compare(proto({}), proto({ input: 4 }));
    expect(diff.inputs).toMatchObject([{ name: 'x', before: { shape: [2] }, after: { shape: [4] } }]);
    expect(diffFindings(diff)).toMatchObject([
      { code: 'INTERFACE_DIFFERS', severity: 'warning', args: { inputs: ['x'], outputs: ['y'] } },
      { code: 'GRAPH_DIFFERS' },
    ]);
  });

  test('nodes without names are paired by operator and output; names that are there twice are not trusted', async () => {
    const nodes = (op: string): NodeProto[] => [
      add('same', ['x', 'w'], 'a'),
      makeNode(op, ['a'], ['y'], { name: 'same' }),
    ];
    const diff = await compare(proto({ nodes: nodes('Relu') }), proto({ nodes: nodes('Abs') }));
    expect(diff.nodes).toMatchObject({
      unchangedCount: 1,
      removed: [{ node: 'same', operator: 'Relu', place: [] }],
      added: [{ node: 'same', operator: 'Abs' }],
      changed: [],
    });
    expect(diff.operators).toEqual([
      { what: 'Abs', before: 0, after: 1 },
      { what: 'Relu', before: 1, after: 0 },
    ]);
  });

  test('attributes, opsets and metadata are told by name', async () => {
    const before = proto({ nodes: [add('first', ['x', 'w'], 'y', { axis: 1n, kept: 'a' })] });
    const after = proto({ nodes: [add('first', ['x', 'w'], 'y', { axis: 2n, kept: 'a', more: [1n, 2n] })], opset: 18 });
    after.metadataProps.push({ key: 'author', value: 'me' });
    const diff = await compare(before, after);
    expect(diff.nodes.changed[0]?.changes).toEqual([
      { what: 'attribute axis', before: '1', after: '2' },
      { what: 'attribute more', before: null, after: '[1, 2]' },
    ]);
    expect(diff.opsets).toEqual([{ what: 'ai.onnx', before: 17, after: 18 }]);
    expect(diff.format).toEqual([{ what: 'metadata.author', before: null, after: 'me' }]);
  });

  test('subgraphs are compared too, and a Constant node counts as a weight', async () => {
    const branch = (value: number) =>
      makeGraph({
        name: 'then',
        nodes: [
          makeNode('Constant', [], ['c'], {
            name: 'c',
            attributes: { value: { dataType: 'float32', dims: [1], data: floats(value) } },
          }),
        ],
        inputs: [],
        outputs: [makeValueInfo('c', 'float32', [1])],
      });
    const model = (value: number) =>
      proto({
        nodes: [
          makeNode('If', ['x'], ['y'], {
            name: 'if',
            attributes: { then_branch: branch(value), else_branch: branch(0) },
          }),
        ],
      });
    const diff = await compare(model(1), model(2));
    expect(diff.nodes).toMatchObject({ unchangedCount: 3, changed: [] });
    expect(diff.weights.changed).toMatchObject([{ before: { name: 'c', place: ['if.then_branch'] } }]);
  });

  test('an aborted comparison ends with its reason', async () => {
    const reason = new Error('enough');
    const aborted = { signal: AbortSignal.abort(reason), report: () => {} };
    await expect(compareModels(written(proto({})), written(proto({})), aborted)).rejects.toBe(reason);
  });
});
