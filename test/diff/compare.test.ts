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

const constantNode = (name: string, value: number): NodeProto =>
  makeNode('Constant', [], [name], {
    name,
    attributes: { value: { dataType: 'float32', dims: [1], data: floats(value) } },
  });

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

  test('nothing, between a model and itself, whose nodes have no names and whose branches use the same ones', async () => {
    const branch = (value: number) =>
      makeGraph({
        name: 'branch',
        nodes: [constantNode('k', value), makeNode('Add', ['x', 'k'], ['r'])],
        inputs: [],
        outputs: [makeValueInfo('r', 'float32', null)],
        initializers: [weight('v', floats(value, value))],
      });
    const choice = (output: string, value: number): NodeProto =>
      makeNode('If', ['x'], [output], { attributes: { then_branch: branch(value), else_branch: branch(value + 1) } });
    const model = (last: number) => proto({ nodes: [choice('a', 1), choice('y', last)] });
    expect(await compare(model(3), model(3))).toMatchObject({ isEqual: true, weights: { unchangedCount: 9 } });
    const { nodes, weights } = await compare(model(3), model(5));
    expect(nodes).toMatchObject({ added: [], removed: [], changed: [], unchangedCount: 10 });
    expect(weights).toMatchObject({ added: [], removed: [] });
    expect(weights.changed).toHaveLength(4);
  });

  test('the order in which a body takes and gives its values is part of its node', async () => {
    const model = (inputs: string[], outputs: string[]) => {
      const value = (name: string) => makeValueInfo(name, 'float32', null);
      const nodes = [makeNode('Neg', ['a'], ['p'], { name: 'neg' }), makeNode('Abs', ['b'], ['q'], { name: 'abs' })];
      const body = makeGraph({ name: 'body', nodes, inputs: inputs.map(value), outputs: outputs.map(value) });
      return proto({ nodes: [makeNode('Loop', ['', 'c', 'x', 'w'], ['y', 'z'], { name: 'l', attributes: { body } })] });
    };
    const diff = await compare(
      model(['i', 'c', 'a', 'b'], ['c', 'p', 'q']),
      model(['i', 'c', 'b', 'a'], ['c', 'q', 'p']),
    );
    const [before, after] = ['graph (i, c, a, b) → (c, p, q)', 'graph (i, c, b, a) → (c, q, p)'];
    expect(diff.nodes.changed).toMatchObject([{ node: 'l', changes: [{ what: 'attribute body', before, after }] }]);
  });

  test('numbers of another type and texts of other bytes are other attributes', async () => {
    const model = (attributes: Record<string, AttributeValue>) =>
      proto({ nodes: [add('n', ['x', 'w'], 'y', attributes)] });
    const before = model({ a: 1n, b: 0, c: [2n] });
    const diff = await compare(before, model({ a: 1, b: -0, c: [2] }));
    expect(diff.nodes.changed[0]?.changes).toEqual([
      { what: 'attribute a', before: '1', after: '1.0' },
      { what: 'attribute b', before: '0.0', after: '-0.0' },
      { what: 'attribute c', before: '[2]', after: '[2.0]' },
    ]);
    const bytes = (...s: number[]) => {
      const one = model({ a: '' });
      Object.assign(one.graph?.node[0]?.attribute[0] as object, { s: Uint8Array.from(s) });
      return one;
    };
    expect((await compare(bytes(0xff), bytes(0xfe))).isEqual).toBe(false);
    expect((await compare(bytes(0xef, 0xbb, 0xbf), bytes())).isEqual).toBe(false);
  });

  test('constants of functions are weights, and the interface of a function belongs to the format', async () => {
    const model = (value: number, output: string[], domain?: string) => {
      const made = proto({});
      const constant = { ...constantNode('k', value), ...(domain ? { domain } : {}) };
      const node = [constant, makeNode('Add', ['i', 'k'], ['o'], { name: 'a' })];
      const lists = { attribute: [], attributeProto: [], opsetImport: [], valueInfo: [], metadataProps: [] };
      made.functions.push({ name: 'F', domain: 'my', input: ['i'], output, node, ...lists });
      return made;
    };
    const { weights } = await compare(model(1, ['o']), model(2, ['o']));
    expect(weights.changed).toMatchObject([{ before: { name: 'k', place: ['function F'] } }]);
    const { format } = await compare(model(1, ['o', 'k']), model(1, ['k', 'o']));
    expect(format).toEqual([
      { what: 'function my::F', before: '(i) → (o, k), 2 nodes', after: '(i) → (k, o), 2 nodes' },
    ]);
    const custom = await compare(model(1, ['o'], 'other'), model(2, ['o'], 'other'));
    expect(custom.nodes.changed).toMatchObject([{ node: 'k', changes: [{ what: 'attribute value' }] }]);
  });

  test('sparse weights are told apart by their indices and dims too', async () => {
    const sparse = (size: number, ...at: bigint[]) => {
      const model = proto({ weights: [] });
      const indices = makeTensor('', { dataType: 'int64', dims: [2], data: BigInt64Array.from(at) });
      model.graph?.sparseInitializer.push({ values: weight('w', floats(1, 2)), indices, dims: [size] });
      return model;
    };
    expect((await compare(sparse(4, 0n, 1n), sparse(4, 0n, 1n))).isEqual).toBe(true);
    expect((await compare(sparse(4, 0n, 1n), sparse(4, 1n, 2n))).weights.changed).toHaveLength(1);
    expect((await compare(sparse(4, 0n, 1n), sparse(5, 0n, 1n))).weights.changed).toHaveLength(1);
  });

  test('an aborted comparison ends with its reason', async () => {
    const reason = new Error('enough');
    const aborted = { signal: AbortSignal.abort(reason), report: () => {} };
    await expect(compareModels(written(proto({})), written(proto({})), aborted)).rejects.toBe(reason);
  });
});
