/** What a report draws beyond the facts: tensors with their sizes, and the memory of a run worked out by hand. */
import { describe, expect, test } from 'vitest';
import { analyzeModel } from '../../src/analysis/analyze.ts';
import { memoryCourse } from '../../src/analysis/course.ts';
import { type Picture, pictureOf } from '../../src/analysis/picture.ts';
import { makeGraph, makeNode, makeValueInfo } from '../../src/onnx/build.ts';
import type { GraphProto, ModelProto } from '../../src/onnx/proto.ts';
import { asModel, branch, floats, matMulModel } from './models.ts';

async function draw(proto: ModelProto): Promise<Picture> {
  const model = asModel(proto);
  return pictureOf(model, await analyzeModel(model, { sha256: null, signal: new AbortController().signal }));
}

describe('the tensors of a picture', () => {
  test('say what they are, how large, and what makes them', async () => {
    const nodes = [makeNode('MatMul', ['x', 'w'], ['p'], { name: 'product' }), makeNode('Relu', ['p'], ['y'])];
    const { tensors } = await draw(matMulModel({ nodes }));
    expect(tensors.map(({ name, role, sizeBytes }) => [name, role, sizeBytes])).toEqual([
      ['x', 'input', 16],
      ['w', 'weight', 48],
      ['p', 'intermediate', 12],
      ['y', 'output', 12],
    ]);
    expect(tensors.map(({ producer }) => producer)).toEqual([
      null,
      null,
      { operator: 'MatMul', node: 'product' },
      { operator: 'Relu', node: 'Relu_1' },
    ]);
  });

  test('keep open dims in their shape and take the size that the costs took for their bytes', async () => {
    const { tensors } = await draw(
      matMulModel({
        inputs: [makeValueInfo('x', 'float32', ['batch', 4])],
        outputs: [makeValueInfo('y', 'float32', ['batch', 3])],
      }),
    );
    expect(tensors.find(({ name }) => name === 'y')).toMatchObject({ shape: ['batch', 3], sizeBytes: 12 });
  });

  test('of unknown size have none', async () => {
    const nodes = [makeNode('NonZero', ['x'], ['y'])];
    const { tensors, course } = await draw(matMulModel({ nodes, outputs: [makeValueInfo('y', 'int64', [2, null])] }));
    expect(tensors.find(({ name }) => name === 'y')?.sizeBytes).toBeNull();
    expect(course).toBeNull();
  });
});

describe('the course of memory', () => {
  const size = (name: string): number => ({ x: 10, a: 100, b: 20, c: 5, w: 1000 })[name] ?? 0;
  const graph = (nodes: GraphProto['node'], outputs: string[]): GraphProto =>
    makeGraph({
      name: 'g',
      nodes,
      inputs: [makeValueInfo('x', 'float32', [1])],
      outputs: outputs.map((name) => makeValueInfo(name, 'float32', [1])),
      initializers: [floats('w', 1)],
    });

  test('a tensor lives from the node that makes it to the last that reads it; inputs and outputs stay', () => {
    const nodes = [
      makeNode('Conv', ['x', 'w'], ['a']),
      makeNode('Relu', ['a'], ['b']),
      makeNode('Add', ['b', 'b'], ['c']),
    ];
    expect(memoryCourse(graph(nodes, ['c']), size)).toEqual({
      liveBytes: [110, 130, 35],
      peak: 1,
      nodes: ['Conv_0', 'Relu_1', 'Add_2'],
    });
    expect(memoryCourse(graph(nodes, ['b', 'c']), size)?.liveBytes).toEqual([110, 130, 35]);
  });

  test('what nobody reads is not kept, and constants are weights', () => {
    const nodes = [makeNode('Constant', [], ['b']), makeNode('Dropout', ['x'], ['c', 'a'])];
    expect(memoryCourse(graph(nodes, ['c']), size)?.liveBytes).toEqual([10, 15]);
  });

  test('is not told where a size is not known or subgraphs hold tensors of their own', () => {
    const nodes = [makeNode('Conv', ['x', 'w'], ['a'])];
    expect(memoryCourse(graph(nodes, ['a']), () => null)).toBeNull();
    const inner = branch([makeNode('Relu', ['x'], ['r'])], 'r');
    const choice = makeNode('If', ['x'], ['a'], { attributes: { then_branch: inner, else_branch: inner } });
    expect(memoryCourse(graph([choice], ['a']), size)).toBeNull();
  });
});
