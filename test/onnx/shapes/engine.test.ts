import { describe, expect, test } from 'vitest';
import { makeAttribute, makeNode, makeTensor, makeValueInfo } from '../../../src/onnx/build.ts';
import type { FunctionProto, GraphProto, ModelProto, NodeProto } from '../../../src/onnx/proto.ts';
import { inferTypes } from '../../../src/onnx/shapes/infer.ts';
import { modelOf, textOf, valueInfo } from './notation.ts';

type Model = ModelProto & { graph: GraphProto };

const shapesOf = (model: Model, bind = {}) => {
  const { tensors } = inferTypes(model, { bind });
  return Object.fromEntries(Object.values(tensors).map(({ name, shape }) => [name, shape]));
};

const functionOf = (name: string, parts: Partial<FunctionProto>): FunctionProto => ({
  name,
  domain: 'local',
  input: ['a'],
  output: ['b'],
  attribute: [],
  node: [],
  opsetImport: [{ domain: '', version: 17 }],
  attributeProto: [],
  valueInfo: [],
  metadataProps: [],
  ...parts,
});

describe('models that are not as they should be', () => {
  test('an input that nobody makes leaves the output open', () => {
    const model = modelOf([makeNode('Relu', ['nowhere'], ['y'])], [], ['y']);
    expect(inferTypes(model)).toMatchObject({ tensors: { y: { dataType: null, shape: null } }, problems: [] });
  });

  test('a node that cannot be is named, and the nodes after it are still inferred', () => {
    const nodes = [
      makeNode('MatMul', ['in0', 'in1'], ['bad'], { name: 'product' }),
      makeNode('Relu', ['in0'], ['good']),
      makeNode('Relu', ['bad'], ['unknown']),
    ];
    const found = inferTypes(modelOf(nodes, ['float32[2,3]', 'float32[4,5]'], ['good']));
    expect(found.problems).toEqual([
      { kind: 'node', place: [], node: 'product', message: '3 columns of the first matrix meet 4 rows of the second' },
    ]);
    expect(found.tensors.good?.shape).toEqual([2, 3]);
    expect(found.tensors.unknown?.shape).toBeNull();
  });

  test('a declared shape that contradicts is reported, and what was inferred counts', () => {
    const model = modelOf([makeNode('Relu', ['in0'], ['y'])], ['float32[2,3]'], []);
    model.graph.output.push(makeValueInfo('y', 'float32', [2, 4]));
    const found = inferTypes(model);
    expect(found.problems[0]).toMatchObject({
      node: 'y',
      message: 'it is declared as [2, 4], and its node makes [2, 3]',
    });
    expect(found.tensors.y?.shape).toEqual([2, 3]);
  });

  test('nodes in a cycle end the walk', () => {
    const nodes = [makeNode('Relu', ['b'], ['a'], { name: 'first' }), makeNode('Relu', ['a'], ['b'])];
    expect(inferTypes(modelOf(nodes, [], ['a'])).problems).toEqual([
      { kind: 'order', place: [], node: 'first', message: '2 nodes wait for one another in a cycle' },
    ]);
  });

  test('functions that call each other without end, or very often, end too', () => {
    const calls = (name: string, count: number): NodeProto[] =>
      Array.from({ length: count }, (_, index) =>
        makeNode(name, ['a'], [index === 0 ? 'b' : `b${index}`], { domain: 'local' }),
      );
    const itself = modelOf(calls('again', 1), [], ['b']);
    itself.functions.push(functionOf('again', { node: calls('again', 1) }));
    expect(inferTypes(itself).tensors.b?.shape).toBeNull();
    const many = modelOf(calls('f0', 1), [], ['b']);
    for (let index = 0; index < 30; index += 1) {
      many.functions.push(functionOf(`f${index}`, { node: calls(`f${index + 1}`, 10) }));
    }
    expect(inferTypes(many).tensors.b?.shape).toBeNull();
  });

  test('an operator without a rule is named once, and what the model declares is kept', () => {
    const nodes = [
      makeNode('Novel', ['in0'], ['y'], { domain: 'acme' }),
      makeNode('Novel', ['y'], ['z'], { domain: 'acme' }),
    ];
    const model = modelOf(nodes, ['float32[2]'], ['z']);
    model.graph.valueInfo.push(makeValueInfo('y', 'float16', ['N', 2]));
    const found = inferTypes(model);
    expect(found.unknownOperators).toEqual(['acme.Novel']);
    expect(found.tensors.y).toEqual({ name: 'y', dataType: 'float16', shape: ['N', 2] });
  });

  test('dims that no tensor has are not known: below 0, or more axes than anybody needs', () => {
    const model = modelOf(
      [makeNode('Relu', ['in0'], ['y']), makeNode('Relu', ['w'], ['z'])],
      [`float32[${Array(65).fill(1)}]`],
      ['y'],
    );
    const sound = makeTensor('w', { dataType: 'float32', dims: [0], data: new Float32Array(0) });
    model.graph.initializer.push({ ...sound, dims: [-3, 2] });
    expect(shapesOf(model)).toEqual({ in0: null, y: null, w: null, z: null });
  });

  test('of very many problems the first hundred are told', () => {
    const nodes = Array.from({ length: 300 }, (_, index) =>
      makeNode('MatMul', ['in0', 'in0'], [`y${index}`], { name: `n${index}` }),
    );
    const { problems } = inferTypes(modelOf(nodes, ['float32[2,3]'], ['y0']));
    expect(problems.map(({ node }) => node)).toEqual(Array.from({ length: 100 }, (_, index) => `n${index}`));
  });
});

describe('graphs', () => {
  test('nodes in any order', () => {
    const nodes = [makeNode('Relu', ['a'], ['b']), makeNode('Relu', ['in0'], ['a'])];
    expect(shapesOf(modelOf(nodes, ['float32[2,N]'], ['b']))).toMatchObject({ a: [2, 'N'], b: [2, 'N'] });
  });

  test('a name that the model declares is that of the same size elsewhere, a number beats both', () => {
    const nodes = [makeNode('Relu', ['in0'], ['y']), makeNode('Relu', ['y'], ['z'])];
    const model = modelOf(nodes, ['float32[?,M,K]'], []);
    model.graph.output.push(makeValueInfo('y', 'float32', ['batch', 3, 'L']));
    expect(shapesOf(model)).toMatchObject({ in0: ['batch', 'M', 'K'], y: ['batch', 3, 'L'], z: ['batch', 3, 'K'] });
  });

  test('what cannot be inferred is taken from what the model declares, and followed from there', () => {
    const nodes = [makeNode('NonZero', ['in0'], ['y']), makeNode('Relu', ['y'], ['z'])];
    const model = modelOf(nodes, ['float32[N]'], ['z']);
    model.graph.valueInfo.push(makeValueInfo('y', 'int64', [1, 'found']));
    expect(shapesOf(model)).toMatchObject({ y: [1, 'found'], z: [1, 'found'] });
  });

  test('a symbol that the model declares on the way does not hide that sizes are equal', () => {
    const nodes = [makeNode('Relu', ['in0'], ['y']), makeNode('Add', ['in0', 'y'], ['z'])];
    const model = modelOf(nodes, ['float32[N,?]'], ['z']);
    model.graph.valueInfo.push(makeValueInfo('y', 'float32', ['M', 'K']));
    expect(shapesOf(model)).toMatchObject({ y: ['M', 'K'], z: ['N', 'K'] });
  });

  test('bound sizes: by symbol, and by axis where there is no symbol', () => {
    const model = modelOf([makeNode('Relu', ['in0'], ['y'])], ['float32[N,?,4]'], []);
    model.graph.output.push(makeValueInfo('y', 'float32', ['N', 'L', 4]));
    expect(shapesOf(model, { N: 8, 'in0:1': 5, 'in0:2': 9 })).toMatchObject({ in0: [8, 5, 4], y: [8, 5, 4] });
  });

  test('dims that nobody named are equal to themselves only', () => {
    const nodes = [
      makeNode('Relu', ['in0'], ['a']),
      makeNode('Add', ['in0', 'a'], ['b']),
      makeNode('Add', ['in0', 'in1'], ['c']),
    ];
    const model = modelOf(nodes, ['float32[?]', 'float32[?]'], ['b']);
    const { types } = inferTypes(model);
    expect(types.get('b')).toEqual(types.get('in0'));
    expect(types.get('c')).not.toEqual(types.get('in0'));
  });

  test('sequences and optionals pass through', () => {
    const { types, tensors } = inferTypes(modelOf([makeNode('Identity', ['in0'], ['y'])], ['seq(float32[N])'], ['y']));
    expect(textOf(types.get('y') ?? null)).toBe('seq(float32[N])');
    expect(tensors.y).toEqual({ name: 'y', dataType: null, shape: null });
  });

  test('a function is inferred for each call, with the attributes of the call', () => {
    const cast = makeNode('Cast', ['a'], ['b']);
    cast.attribute.push({ ...makeAttribute('to', 1n), refAttrName: 'type' });
    const call = (input: string, output: string, type: bigint): NodeProto =>
      makeNode('Convert', [input], [output], { domain: 'local', attributes: { type } });
    const model = modelOf([call('in0', 'x', 7n), call('in1', 'y', 10n)], ['float32[2]', 'float32[N,3]'], ['x', 'y']);
    model.functions.push(functionOf('Convert', { node: [cast], attribute: ['type'] }));
    expect(inferTypes(model).tensors).toMatchObject({
      x: { dataType: 'int64', shape: [2] },
      y: { dataType: 'float16', shape: ['N', 3] },
    });
  });

  test('sparse initializers are tensors of their full shape', () => {
    const model = modelOf([makeNode('Relu', ['s'], ['y'])], [], ['y']);
    const values = makeTensor('s', { dataType: 'float16', dims: [2], data: new Uint16Array(2) });
    const indices = makeTensor('i', { dataType: 'int64', dims: [2], data: new BigInt64Array(2) });
    model.graph.sparseInitializer.push({ values, indices, dims: [4, 5] });
    expect(inferTypes(model).tensors.y).toEqual({ name: 'y', dataType: 'float16', shape: [4, 5] });
  });

  test('an initializer that is listed as an input too keeps its values', () => {
    const model = modelOf([makeNode('Relu', ['in0'], ['y'])], ['float32[2]{1,2}'], ['y']);
    model.graph.input.push(valueInfo('in0', 'float32[2]'));
    expect(shapesOf(model)).toMatchObject({ y: [2] });
  });
});

describe('size', () => {
  test('20,000 nodes are inferred in the time of a blink', () => {
    const nodes = Array.from({ length: 20_000 }, (_, index) =>
      makeNode('Add', [index === 0 ? 'in0' : `t${index - 1}`, 'in1'], [`t${index}`]),
    );
    const model = modelOf(nodes, ['float32[N,?,64]', 'float32[64]'], ['t19999']);
    expect(shapesOf(model).t19999).toEqual(['N', null, 64]);
  });

  test('weights are not read: a tensor without its bytes is only looked at for its type', () => {
    const model = modelOf([makeNode('MatMul', ['in0', 'w'], ['y'])], ['float32[N,4096]'], ['y']);
    const weight = { dims: [4096, 8192], dataType: 1, name: 'w', stringData: [], externalData: [], metadataProps: [] };
    model.graph.initializer.push({
      ...weight,
      get rawData(): Uint8Array {
        throw new Error('read');
      },
    });
    expect(shapesOf(model).y).toEqual(['N', 8192]);
  });
});
