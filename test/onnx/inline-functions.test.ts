import { describe, expect, test } from 'vitest';
import { makeAttribute, makeGraph, makeNode, makeValueInfo } from '../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import { inlineFunctions } from '../../src/onnx/inline-functions.ts';
import type { AttributeProto, FunctionProto, NodeProto } from '../../src/onnx/proto.ts';
import { openSession } from '../../src/runtime/session.ts';
import { smallModel, wave } from '../quantization/small-models.ts';

const OWN = { domain: 'own', version: 1 };
const ONNX = { domain: '', version: 17 };

function makeFunction(
  name: string,
  parts: Pick<FunctionProto, 'input' | 'output' | 'node'> & Partial<FunctionProto>,
): FunctionProto {
  const rest = { attribute: [], attributeProto: [], valueInfo: [], metadataProps: [] };
  return { name, domain: 'own', opsetImport: [ONNX, OWN], ...rest, ...parts };
}

const call = (name: string, input: string[], output: string[], attributes = {}): NodeProto =>
  makeNode(name, input, output, { domain: 'own', name: `call_${output[0]}`, attributes });

/** `attribute` of the node is that of the function. */
const refers = (node: NodeProto, attribute: string): NodeProto => ({
  ...node,
  attribute: [
    ...node.attribute,
    { ...makeAttribute(attribute, 0), f: undefined, refAttrName: attribute } as unknown as AttributeProto,
  ],
});

/** elu(x · w), of which alpha is an attribute with a default. */
const layer = makeFunction('Layer', {
  input: ['x', 'w'],
  output: ['y'],
  node: [makeNode('MatMul', ['x', 'w'], ['h']), refers(makeNode('Elu', ['h'], ['y']), 'alpha')],
  attributeProto: [makeAttribute('alpha', 0.5)],
});

function modelOf(nodes: NodeProto[], functions: FunctionProto[], outputs = ['y']) {
  const { proto } = smallModel({
    nodes,
    outputs,
    input: [2, 4],
    weights: { w: wave([4, 4]), v: wave([4, 4], 2) },
    opset: 17,
  });
  proto.opsetImport.push({ ...OWN });
  return { ...proto, functions };
}

type Model = ReturnType<typeof modelOf>;

async function answers(model: Model): Promise<unknown> {
  const session = await openSession(encodedBytes(encodeModel(model)), {});
  const outputs = await session.run({ x: wave([2, 4], 3) });
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data }]) => [name, Array.from(data as Float32Array)]),
  );
}

async function inlined(make: () => Model): Promise<Model> {
  const model = make();
  inlineFunctions(model);
  expect(await answers(model)).toEqual(await answers(make()));
  return model;
}

describe('calls of functions', () => {
  test('become their nodes, each with names and attributes of its own', async () => {
    const model = await inlined(() =>
      modelOf([call('Layer', ['x', 'w'], ['a'], { alpha: 2 }), call('Layer', ['a', 'v'], ['y'])], [layer]),
    );
    expect(model.functions).toEqual([]);
    expect(model.graph.node.map(({ name, input, output }) => [name, ...input, ...output])).toEqual([
      ['call_a/MatMul', 'x', 'w', 'call_a/h'],
      ['call_a/Elu', 'call_a/h', 'a'],
      ['call_y/MatMul', 'a', 'v', 'call_y/h'],
      ['call_y/Elu', 'call_y/h', 'y'],
    ]);
    expect(model.graph.node.map(({ attribute }) => attribute[0]?.f)).toEqual([undefined, 2, undefined, 0.5]);
  });

  test('of functions in functions hand their attributes on', async () => {
    const two = makeFunction('Two', {
      input: ['x', 'w', 'v'],
      output: ['y'],
      node: [refers(call('Layer', ['x', 'w'], ['h']), 'alpha'), call('Layer', ['h', 'v'], ['y'])],
      attribute: ['alpha'],
    });
    const model = await inlined(() => modelOf([call('Two', ['x', 'w', 'v'], ['y'], { alpha: 3 })], [two, layer]));
    expect(model.graph.node.map(({ attribute }) => attribute[0]?.f)).toEqual([undefined, 3, undefined, 0.5]);
  });

  test('with graphs inside', async () => {
    const branch = (operator: string) =>
      makeGraph({
        name: operator,
        nodes: [makeNode(operator, ['h'], ['b'])],
        inputs: [],
        outputs: [makeValueInfo('b', 'float32', null)],
      });
    const choosing = makeFunction('Choosing', {
      input: ['x', 'w'],
      output: ['y'],
      node: [
        makeNode('MatMul', ['x', 'w'], ['h']),
        makeNode('ReduceSum', ['h'], ['sum'], { attributes: { keepdims: 0n } }),
        makeNode('Cast', ['sum'], ['yes'], { attributes: { to: 9n } }),
        makeNode('If', ['yes'], ['y'], { attributes: { then_branch: branch('Neg'), else_branch: branch('Relu') } }),
      ],
    });
    const model = await inlined(() =>
      modelOf([call('Choosing', ['x', 'w'], ['a']), call('Choosing', ['a', 'v'], ['y'])], [choosing]),
    );
    expect(model.graph.node.filter(({ opType }) => opType === 'If')).toHaveLength(2);
  });

  test('hand on what a function gives back as it came, which ONNX Runtime refuses in functions', () => {
    const both = makeFunction('Both', { ...layer, name: 'Both', output: ['y', 'x'] });
    const model = modelOf([call('Both', ['x', 'w'], ['y', 'same'])], [both], ['y', 'same']);
    inlineFunctions(model);
    expect(model.graph.node.at(-1)).toMatchObject({ opType: 'Identity', input: ['x'], output: ['same'] });
  });

  test('stay where they are to stay, and where the function is of another opset', () => {
    const older = makeFunction('Old', { ...layer, name: 'Old', opsetImport: [{ domain: '', version: 13 }] });
    const model = modelOf([call('Layer', ['x', 'w'], ['a']), call('Old', ['a', 'v'], ['y'])], [layer, older]);
    inlineFunctions(model, ({ name }) => name === 'call_a');
    expect(model.graph.node.map(({ opType }) => opType)).toEqual(['Layer', 'Old']);
    expect(model.functions).toHaveLength(2);
  });

  test('without end are refused', () => {
    const endless = makeFunction('Endless', { input: ['x'], output: ['y'], node: [call('Endless', ['x'], ['y'])] });
    const growing = makeFunction('Growing', {
      input: ['x'],
      output: ['y'],
      node: Array.from({ length: 30 }, (_, index) => call('Growing', ['x'], [index === 0 ? 'y' : `h${index}`])),
    });
    for (const fn of [endless, growing]) {
      const model = modelOf([call(fn.name as string, ['x'], ['y'])], [fn]);
      expect(() => inlineFunctions(model)).toThrow(expect.objectContaining({ code: 'MODEL_LIMIT' }));
    }
  });
});
