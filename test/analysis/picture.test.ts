/** What a report draws beyond the facts: every tensor, with what it is and how large. */
import { describe, expect, test } from 'vitest';
import { analyzeModel } from '../../src/analysis/analyze.ts';
import { type Picture, pictureOf } from '../../src/analysis/picture.ts';
import { makeNode, makeValueInfo } from '../../src/onnx/build.ts';
import type { ModelProto } from '../../src/onnx/proto.ts';
import { asModel, matMulModel } from './models.ts';

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
    const { tensors } = await draw(matMulModel({ nodes, outputs: [makeValueInfo('y', 'int64', [2, null])] }));
    expect(tensors.find(({ name }) => name === 'y')?.sizeBytes).toBeNull();
  });
});
