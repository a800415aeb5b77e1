import { describe, expect, test } from 'vitest';
import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../../src/onnx/build.ts';
import { cleanUp } from '../../../src/onnx/clean-up/clean-up.ts';
import { PASSES } from '../../../src/onnx/clean-up/registry.ts';
import type { GraphProto, NodeProto, TensorProto } from '../../../src/onnx/proto.ts';

const floats = (name: string, values: number[], dims = [values.length]): TensorProto =>
  makeTensor(name, { dataType: 'float32', dims, data: Float32Array.from(values) });
const constant = (output: string, value: number): NodeProto =>
  makeNode('Constant', [], [output], { name: output, attributes: { value } });
const constantOf = (output: string, values: number[]): NodeProto =>
  makeNode('Constant', [], [output], {
    name: output,
    attributes: { value: { dataType: 'float32', dims: [values.length], data: Float32Array.from(values) } },
  });
const node = (op: string, inputs: string[], outputs: string[], name?: string): NodeProto =>
  makeNode(op, inputs, outputs, name === undefined ? {} : { name });

interface Parts {
  readonly nodes: NodeProto[];
  readonly weights?: TensorProto[];
  readonly inputs?: string[];
  readonly outputs?: string[];
  readonly irVersion?: number;
  readonly opset?: number;
}

function graphOf({ nodes, weights = [], inputs = ['x'], outputs = ['y'] }: Parts): GraphProto {
  return makeGraph({
    name: 'g',
    nodes,
    inputs: inputs.map((name) => makeValueInfo(name, 'float32', null)),
    outputs: outputs.map((name) => makeValueInfo(name, 'float32', null)),
    initializers: weights,
  });
}

function cleaned(parts: Parts) {
  const model = makeModel({ graph: graphOf(parts), opset: parts.opset ?? 17, irVersion: parts.irVersion ?? 8 });
  const before = structuredClone(model);
  const { model: result, steps } = cleanUp(model);
  expect(model).toEqual(before);
  const { graph } = result;
  return {
    result,
    steps: Object.fromEntries(steps.map(({ id, count }) => [id, count])),
    nodes: graph.node.map(({ opType, input, output }) => `${opType}(${input}) → ${output}`),
    weights: graph.initializer.map(({ name }) => name),
    graph,
  };
}

test('a model with training graphs is refused: they name its weights', () => {
  const graph = graphOf({ nodes: [node('Relu', ['x'], ['y'])] });
  const training = { initializationBinding: [], updateBinding: [{ key: 'w', value: 'w_new' }] };
  const model = { ...makeModel({ graph, opset: 17, irVersion: 8 }), trainingInfo: [training] };
  expect(() => cleanUp(model)).toThrow(/training graphs/);
});

describe('a clean-up leaves the given model as it is and', () => {
  test('does nothing to a graph that is clean', () => {
    const { steps, nodes } = cleaned({ nodes: [node('Add', ['x', 'w'], ['y'], 'add')], weights: [floats('w', [1])] });
    expect(steps).toEqual({});
    expect(nodes).toEqual(['Add(x,w) → y']);
  });

  test('names nodes by operator and place, without taking a name that is there', () => {
    const { graph } = cleaned({ nodes: [node('Relu', ['x'], ['a'], 'Abs_1'), node('Abs', ['a'], ['y'])] });
    expect(graph.node.map(({ name }) => name)).toEqual(['Abs_1', 'Abs_1_1']);
  });

  test('takes weights off the list of inputs, and raises an IR version that needs them there', () => {
    const parts = { nodes: [node('Add', ['x', 'w'], ['y'], 'n')], weights: [floats('w', [1])], inputs: ['x', 'w'] };
    const { graph, result, steps } = cleaned({ ...parts, irVersion: 3 });
    expect(graph.input.map(({ name }) => name)).toEqual(['x']);
    expect([result.irVersion, steps['initializer-inputs']]).toEqual([4, 1]);
  });

  test('makes initializers of Constant nodes, except of one that is an output of the graph', () => {
    const { nodes, weights } = cleaned({
      nodes: [constantOf('c', [1, 2]), constantOf('k', [3]), node('Add', ['x', 'c'], ['y'], 'n')],
      outputs: ['y', 'k'],
    });
    expect(nodes).toEqual(['Constant() → k', 'Add(x,c) → y']);
    expect(weights).toEqual(['c']);
  });

  test('removes Identity and Dropout, but not where a name of the interface would go or a mask is used', () => {
    const { nodes } = cleaned({
      nodes: [
        node('Identity', ['x'], ['a'], '1'),
        node('Dropout', ['a'], ['b', 'mask'], '2'),
        node('Dropout', ['b'], ['c', 'used'], '3'),
        node('Where', ['used', 'c', 'b'], ['d'], '4'),
        node('Identity', ['d'], ['y'], '5'),
      ],
    });
    expect(nodes).toEqual(['Dropout(x) → c,used', 'Where(used,c,x) → d', 'Identity(d) → y']);
  });

  test('merges equal weights, but not one that is an input or differs in type or dims', () => {
    const { nodes, weights } = cleaned({
      nodes: [node('Sum', ['x', 'a', 'b', 'c', 'd'], ['y'], 'n')],
      weights: [floats('a', [1, 2]), floats('b', [1, 2]), floats('c', [1, 2], [2, 1]), floats('d', [1, 3])],
    });
    expect(nodes).toEqual(['Sum(x,a,a,c,d) → y']);
    expect(weights).toEqual(['a', 'c', 'd']);
  });

  test('leaves weights alone whose name is there twice: ONNX Runtime takes the last of them', () => {
    const twice = cleaned({
      nodes: [node('Add', ['x', 'w'], ['y'], 'n')],
      weights: [floats('w', [1]), floats('w', [1])],
    });
    expect([twice.nodes, twice.weights]).toEqual([['Add(x,w) → y'], ['w', 'w']]);
    const other = cleaned({
      nodes: [node('Sum', ['x', 'v', 'w'], ['y'], 'n')],
      weights: [floats('w', [1]), floats('w', [2]), floats('v', [1])],
    });
    expect(other.nodes).toEqual(['Sum(x,v,w) → y']);
  });

  test('follows long chains of Identity, and stops where they lead in a circle', () => {
    const count = 20_000;
    const chain = Array.from({ length: count }, (_, i) =>
      node('Identity', [i === 0 ? 'x' : `a${i}`], [`a${i + 1}`], `i${i}`),
    );
    const end = node('Relu', [`a${count}`], ['y'], 'end');
    expect(cleaned({ nodes: [...chain, end] }).nodes).toEqual(['Relu(x) → y']);
    const circle = cleaned({
      nodes: [
        node('Identity', ['k'], ['k'], 'i'),
        node('Conv', ['x', 'k'], ['a'], 'c'),
        node('BatchNormalization', ['a', 'k', 'k', 'k', 'k'], ['y'], 'b'),
      ],
      outputs: ['y', 'k'],
    });
    expect(circle.nodes).toHaveLength(3);
  });

  test('counts names that many subgraphs would give, however many they are', () => {
    const branch = () => graphOf({ nodes: [node('Relu', ['x'], ['r'])], inputs: [], outputs: ['r'] });
    const outputs = Array.from({ length: 300 }, (_, i) => `y${i}`);
    const nodes = outputs.map((output) => makeNode('If', ['x'], [output], { attributes: { then_branch: branch() } }));
    const { graph } = cleaned({ nodes, outputs });
    const inner = graph.node.map(({ attribute }) => attribute[0]?.g?.node[0]?.name);
    expect([inner[0], inner[1], inner.at(-1)]).toEqual(['Relu_0', 'Relu_0_1', 'Relu_0_299']);
  });

  test('takes nodes with very many inputs', () => {
    const inputs = Array.from({ length: 150_000 }, () => 'x');
    expect(cleaned({ nodes: [node('Sum', inputs, ['y'], 'n')] }).steps).toEqual({});
    const branch = graphOf({ nodes: [node('Sum', inputs, ['r'], 'n')], inputs: [], outputs: ['r'] });
    const choice = makeNode('If', ['x'], ['y'], { name: 'if', attributes: { then_branch: branch } });
    expect(cleaned({ nodes: [choice] }).steps).toEqual({});
  });

  test('removes nodes and weights that no output needs, whatever the order of the nodes', () => {
    const { nodes, weights, steps } = cleaned({
      nodes: [node('Relu', ['a'], ['y'], '2'), node('Add', ['x', 'w'], ['a'], '1'), node('Abs', ['v'], ['b'], '3')],
      weights: [floats('w', [1]), floats('v', [2])],
    });
    expect(nodes).toEqual(['Relu(a) → y', 'Add(x,w) → a']);
    expect([weights, steps.dead]).toEqual([['w'], 2]);
  });
});

describe('BatchNormalization', () => {
  const statistics = [floats('g', [2, 3]), floats('h', [1, 1]), floats('m', [1, 2]), floats('v', [0, 0])];
  const norm = makeNode('BatchNormalization', ['a', 'g', 'h', 'm', 'v'], ['y'], {
    name: 'bn',
    attributes: { epsilon: 1 },
  });
  const folded = (layer: NodeProto, weights: TensorProto[], opset?: number) => {
    const { graph, nodes } = cleaned({
      nodes: [layer, norm],
      weights: [...weights, ...statistics],
      ...(opset && { opset }),
    });
    const values = graph.initializer.map(({ rawData }) => [
      ...new Float32Array((rawData as Uint8Array).slice().buffer),
    ]);
    return { nodes, values };
  };

  test('moves into a convolution of the channels at axis 0', () => {
    const { nodes, values } = folded(node('Conv', ['x', 'w'], ['a'], 'c'), [floats('w', [1, 10], [2, 1, 1, 1])]);
    expect(nodes).toEqual(['Conv(x,w_folded,w_folded_bias) → y']);
    // scale 2 and 3; shift 1 − 1·2 and 1 − 2·3.
    expect(values).toEqual([
      [2, 30],
      [-1, -5],
    ]);
  });

  test('moves into a transposed convolution of two groups, whose channels are at axis 1 within the group', () => {
    const layer = makeNode('ConvTranspose', ['x', 'w', 'b'], ['a'], { name: 'c', attributes: { group: 2n } });
    const { values } = folded(layer, [floats('w', [1, 10], [2, 1, 1, 1]), floats('b', [1, 1])]);
    expect(values).toEqual([
      [2, 30],
      [1, -2],
    ]);
  });

  test('moves into Gemm with a transposed weight and a beta', () => {
    const layer = makeNode('Gemm', ['x', 'w', 'b'], ['a'], { name: 'c', attributes: { transB: 1n, beta: 2 } });
    const { nodes, values } = folded(layer, [floats('w', [1, 10, 5, 7], [2, 2]), floats('b', [1, 1])]);
    expect(nodes).toEqual(['Gemm(x,w_folded,w_folded_bias) → y']);
    expect(values).toEqual([
      [2, 20, 15, 21],
      [3, 1],
    ]);
  });

  test('stays behind a layer that others read too, and in opset 6, where it may be training', () => {
    const layer = node('Conv', ['x', 'w'], ['a'], 'c');
    const weights = [floats('w', [1, 10], [2, 1, 1, 1])];
    expect(folded(layer, weights, 6).nodes).toHaveLength(2);
    const { nodes } = cleaned({ nodes: [layer, norm], weights: [...weights, ...statistics], outputs: ['y', 'a'] });
    expect(nodes).toHaveLength(2);
  });
});

describe('subgraphs', () => {
  test('are cleaned up too; what they take from outside stays, under its new name', () => {
    const branch = (nodes: NodeProto[]): GraphProto => graphOf({ nodes, inputs: [], outputs: ['r'] });
    const { graph, nodes } = cleaned({
      nodes: [
        node('Identity', ['x'], ['outer'], 'i'),
        makeNode('If', ['cond'], ['y'], {
          name: 'if',
          attributes: {
            then_branch: branch([constant('k', 2), constantOf('c', [1]), node('Add', ['outer', 'c'], ['r'])]),
            else_branch: branch([node('Mul', ['outer', 'w'], ['r'], 'm'), node('Abs', ['w'], ['unused'], 'u')]),
          },
        }),
      ],
      weights: [floats('w', [1]), floats('z', [5])],
      inputs: ['x', 'cond'],
    });
    expect(nodes).toEqual(['If(cond) → y']);
    expect(graph.initializer.map(({ name }) => name)).toEqual(['w']);
    const [then, other] = graph.node[0]?.attribute.map(({ g }) => g) ?? [];
    expect(then?.node.map(({ opType, input, name }) => [opType, input, name])).toEqual([['Add', ['x', 'c'], 'Add_2']]);
    expect(then?.initializer.map(({ name }) => name)).toEqual(['c']);
    expect(other?.node.map(({ opType, input }) => [opType, input])).toEqual([['Mul', ['x', 'w']]]);
  });
});

describe('a subgraph that gives a name of the outer graph to something else', () => {
  const inner = graphOf({
    nodes: [node('Add', ['x', 'b'], ['r'], 'add')],
    weights: [floats('x', [5])],
    inputs: [],
    outputs: ['r'],
  });
  const choice = makeNode('If', ['cond'], ['y'], { name: 'if', attributes: { then_branch: inner } });

  test('still reads the tensor of the outer graph through its Identity', () => {
    const { nodes, graph } = cleaned({ nodes: [node('Identity', ['x'], ['b'], 'i'), choice], inputs: ['x', 'cond'] });
    expect(nodes).toEqual(['Identity(x) → b', 'If(cond) → y']);
    expect(graph.node[1]?.attribute[0]?.g?.node[0]?.input).toEqual(['x', 'b']);
  });

  test('still reads the weight of the outer graph that it sees', () => {
    const weights = [floats('x', [7]), floats('b', [7])];
    const { graph } = cleaned({ nodes: [choice], weights, inputs: ['cond'] });
    expect(graph.node[0]?.attribute[0]?.g?.node[0]?.input).toEqual(['x', 'b']);
    expect(graph.initializer.map(({ name }) => name)).toContain('b');
  });
});

test('every pass says what it did, under an id of its own', () => {
  expect(new Set(PASSES.map(({ id }) => id)).size).toBe(PASSES.length);
});
