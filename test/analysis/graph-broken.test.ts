import { describe, expect, test } from 'vitest';
import type { Check } from '../../src/analysis/check.ts';
import { graphBroken } from '../../src/analysis/checks/graph-broken.ts';
import { makeGraph, makeModel, makeNode, makeValueInfo } from '../../src/onnx/build.ts';
import type { NodeProto } from '../../src/onnx/proto.ts';
import { branch } from './models.ts';

function findingsOf(nodes: NodeProto[]) {
  const graph = makeGraph({
    name: 'g',
    nodes,
    inputs: [makeValueInfo('x', 'float32', [1])],
    outputs: [makeValueInfo('y', 'float32', [1])],
  });
  const model = { proto: makeModel({ graph, opset: 17, irVersion: 8 }) };
  return graphBroken.run({ model } as unknown as Parameters<Check['run']>[0]);
}

describe('a graph that no runtime loads', () => {
  test('reads a tensor that nothing makes', () => {
    expect(findingsOf([makeNode('Add', ['x', 'nope'], ['y'], { name: 'add' })])).toMatchObject([
      { code: 'GRAPH_BROKEN', severity: 'error', args: { problem: 'undefined-tensor', tensor: 'nope', node: 'add' } },
    ]);
  });

  test('has nodes that wait for one another', () => {
    const nodes = [makeNode('Add', ['x', 'b'], ['a']), makeNode('Relu', ['a'], ['b']), makeNode('Relu', ['a'], ['y'])];
    expect(findingsOf(nodes)).toMatchObject([{ args: { problem: 'cycle' } }]);
  });

  test('is not one whose nodes stand in another order, or whose branches take what is outside', () => {
    const inner = branch([makeNode('Relu', ['late'], ['r'])], 'r');
    const choice = makeNode('If', ['x'], ['y'], { attributes: { then_branch: inner, else_branch: inner } });
    expect(findingsOf([choice, makeNode('Relu', ['x'], ['late'])])).toEqual([]);
  });
});
