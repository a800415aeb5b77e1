import { describe, expect, test } from 'vitest';
import { makeGraph, makeNode } from '../../../src/onnx/build.ts';
import type { GraphProto, NodeProto } from '../../../src/onnx/proto.ts';
import { type Inference, inferTypes } from '../../../src/onnx/shapes/infer.ts';
import { modelOf, textOf, valueInfo } from './notation.ts';

function graphOf(nodes: NodeProto[], inputs: string[], outputs: string[]): GraphProto {
  const untyped = (name: string) => ({ name, metadataProps: [] });
  return makeGraph({ name: 'body', nodes, inputs: inputs.map(untyped), outputs: outputs.map(untyped) });
}

const typeOf = (found: Inference, name: string): string => textOf(found.types.get(name) ?? null);

describe('If', () => {
  const branches = (then: NodeProto, otherwise: NodeProto) => ({
    then_branch: graphOf([then], [], ['t']),
    else_branch: graphOf([otherwise], [], ['e']),
  });
  const infer = (condition: string, attributes: ReturnType<typeof branches>): Inference =>
    inferTypes(
      modelOf(
        [makeNode('If', ['in0'], ['y'], { name: 'choice', attributes })],
        [condition, 'float32[1,N,4]', 'int64[1]{0}'],
        ['y'],
      ),
    );

  const same = branches(makeNode('Relu', ['in1'], ['t']), makeNode('Tanh', ['in1'], ['e']));
  const other = branches(makeNode('Squeeze', ['in1', 'in2'], ['t']), makeNode('Identity', ['in1'], ['e']));

  test('what both branches agree on', () => {
    expect(typeOf(infer('bool[]', same), 'y')).toBe('float32[1,N,4]');
    expect(typeOf(infer('bool[]', other), 'y')).toBe('float32');
  });

  test('the branch of a condition that is known', () => {
    expect(typeOf(infer('bool[]{1}', other), 'y')).toBe('float32[N,4]');
    expect(typeOf(infer('bool[]{0}', other), 'y')).toBe('float32[1,N,4]');
  });

  test('what cannot be in a branch that never runs is no problem', () => {
    const squeeze = branches(makeNode('Squeeze', ['in1', 'in3'], ['t']), makeNode('Identity', ['in1'], ['e']));
    const found = (condition: string) => {
      const nodes = [makeNode('If', ['in0'], ['y'], { name: 'choice', attributes: squeeze })];
      return inferTypes(modelOf(nodes, [condition, 'float32[3,4]', '', 'int64[1]{0}'], ['y']));
    };
    const problems = (condition: string) => found(condition).problems;
    const canRun = (condition: string) => found(condition).subgraphs.map((graph) => graph.canRun);
    expect(problems('bool[]{0}')).toEqual([]);
    expect(canRun('bool[]{0}')).toEqual([false, true]);
    expect(canRun('bool[]{1}')).toEqual([false, false]);
    expect(canRun('bool[]')).toEqual([false, true]);
    expect(problems('bool[]')).toMatchObject([{ kind: 'node', place: ['choice.then_branch'], node: 'Squeeze' }]);
  });

  test('the values of both graphs, with their places', () => {
    const { subgraphs } = infer('bool[]{1}', other);
    expect(subgraphs.map(({ place, tensors }) => [place, tensors])).toEqual([
      [['choice.then_branch'], { t: { name: 't', dataType: 'float32', shape: ['N', 4] } }],
      [['choice.else_branch'], { e: { name: 'e', dataType: 'float32', shape: [1, 'N', 4] } }],
    ]);
  });

  test('graphs in graphs see the values around all of them', () => {
    const inner = makeNode('If', ['in0'], ['t'], { name: 'inner', attributes: same });
    const found = infer('bool[]', branches(inner, makeNode('Relu', ['in1'], ['e'])));
    expect(found.subgraphs.map(({ place }) => place)).toContainEqual(['choice.then_branch', 'inner.else_branch']);
    expect(typeOf(found, 'y')).toBe('float32[1,N,4]');
  });
});

describe('Loop', () => {
  const loop = (body: NodeProto[], outputs: string[], inputs: string[], results: string[]): Inference => {
    const attributes = { body: graphOf(body, ['i', 'c', 'state'], outputs) };
    return inferTypes(modelOf([makeNode('Loop', ['in0', '', 'in1'], results, { attributes })], inputs, results));
  };

  test('a state that no iteration changes keeps its shape; the other outputs are stacked', () => {
    const body = [makeNode('Relu', ['state'], ['next'])];
    const found = loop(body, ['c', 'next', 'next'], ['int64[]{5}', 'float32[N,3]'], ['last', 'all']);
    expect([typeOf(found, 'last'), typeOf(found, 'all')]).toEqual(['float32[N,3]', 'float32[5,N,3]']);
  });

  test('a state that grows is open along the axis that grows', () => {
    const body = [makeNode('Concat', ['state', 'state'], ['next'], { attributes: { axis: 0n } })];
    const found = loop(body, ['c', 'next'], ['int64[]', 'float32[1,3]'], ['last']);
    expect(typeOf(found, 'last')).toBe('float32[?,3]');
    expect(found.subgraphs[0]?.tensors.next?.shape).toEqual([null, 3]);
  });

  test('what is wrong in a body is told once, though it is walked several times', () => {
    const body = [
      makeNode('Concat', ['state', 'state'], ['next'], { attributes: { axis: 0n } }),
      makeNode('MatMul', ['in2', 'in2'], ['wrong']),
    ];
    const found = loop(body, ['c', 'next'], ['int64[]', 'float32[1,3]', 'float32[2,3]'], ['last']);
    expect(found.problems).toHaveLength(1);
  });

  test('a state whose rank changes has no shape', () => {
    const body = [makeNode('Unsqueeze', ['state', 'in2'], ['next'])];
    const found = loop(body, ['c', 'next'], ['int64[]', 'float32[3]', 'int64[1]{0}'], ['last']);
    expect(typeOf(found, 'last')).toBe('float32');
  });

  test.each([
    ['that may be false', [], 'c', 'int64[?]'],
    ['that stays as it is', [makeNode('Identity', ['c'], ['same'])], 'same', 'int64[5]'],
    ['that is calculated', [makeNode('Less', ['i', 'in2'], ['more'])], 'more', 'int64[?]'],
  ])('a condition %s', (kind, nodes, condition, all) => {
    const outer = kind === 'that may be false' ? 'bool[]' : 'bool[]{1}';
    const body = graphOf([...nodes, makeNode('Identity', ['i'], ['out'])], ['i', 'c'], [condition, 'out']);
    const node = makeNode('Loop', ['in0', 'in1'], ['all'], { attributes: { body } });
    expect(typeOf(inferTypes(modelOf([node], ['int64[]{5}', outer, 'int64[]'], ['all'])), 'all')).toBe(all);
  });
});

describe('Scan', () => {
  const body = (): GraphProto =>
    graphOf([makeNode('Add', ['state', 'x'], ['next']), makeNode('Relu', ['x'], ['y'])], ['state', 'x'], ['next', 'y']);

  test('scans an axis away and back', () => {
    const attributes = { body: body(), num_scan_inputs: 1n, scan_input_axes: [1n], scan_output_axes: [-1n] };
    const node = makeNode('Scan', ['in0', 'in1'], ['last', 'all'], { attributes });
    const found = inferTypes(modelOf([node], ['float32[N,4]', 'float32[N,S,4]'], ['last', 'all']));
    expect([typeOf(found, 'last'), typeOf(found, 'all')]).toEqual(['float32[N,4]', 'float32[N,4,S]']);
  });

  test('opset 8 has a batch in front', () => {
    const node = makeNode('Scan', ['', 'in0', 'in1'], ['last', 'all'], {
      attributes: { body: body(), num_scan_inputs: 1n },
    });
    const found = inferTypes(modelOf([node], ['float32[B,4]', 'float32[B,S,4]'], ['last', 'all'], { opset: 8 }));
    expect([typeOf(found, 'last'), typeOf(found, 'all')]).toEqual(['float32[B,4]', 'float32[B,S,4]']);
  });

  test('more scan inputs than inputs', () => {
    const node = makeNode('Scan', ['in0'], ['y'], { attributes: { body: body(), num_scan_inputs: 3n } });
    expect(inferTypes(modelOf([node], ['float32[2]'], ['y'])).problems).toHaveLength(1);
  });
});

test('graphs of operators that nobody knows are looked at too', () => {
  const inner = valueInfo('inner', 'float32[N]');
  const body = graphOf([makeNode('Relu', ['inner'], ['out'])], [], ['out']);
  body.input.push(inner);
  const model = modelOf(
    [makeNode('Novel', ['in0'], ['y'], { name: 'novel', attributes: { body } })],
    ['float32[2]'],
    ['y'],
  );
  expect(inferTypes(model).subgraphs).toMatchObject([{ place: ['novel.body'], tensors: { out: { shape: ['N'] } } }]);
});
