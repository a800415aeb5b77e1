import { expect, test } from 'vitest';
import { makeGraph, makeNode, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import type { NodeProto } from '../../src/onnx/proto.ts';
import { normalizingNode } from '../../src/tasks/image/own-normalization.ts';

/** A graph whose `nodes` begin with the input x and may use the constant c. */
function found(nodes: NodeProto[], ...constant: number[]): string | undefined {
  const c = makeTensor('c', { dataType: 'float32', dims: [constant.length], data: Float32Array.from(constant) });
  const graph = makeGraph({
    name: 'g',
    nodes,
    inputs: [makeValueInfo('x', 'float32', [1, 3, 8, 8])],
    outputs: [makeValueInfo('y', 'float32', null)],
    initializers: [c],
  });
  return normalizingNode(graph, 'x');
}
const node = (operator: string, from = ['x', 'c'], to = 'y') => makeNode(operator, from, [to], { name: 'norm' });

test.each([
  ['Sub', [123.7, 116.3, 103.5]],
  ['Add', [-127]],
  ['Div', [255]],
  ['Mul', [1 / 127.5]],
])('a model that begins with %s of %j takes pixels', (operator, constant) => {
  expect(found([node(operator)], ...constant)).toBe('norm');
});

test.each([
  ['Sub', [0.485, 0.456, 0.406]],
  ['Div', [0.229]],
  ['Mul', [2]],
  ['Mul', [-1 / 255]],
  ['Conv', [255]],
])('one that begins with %s of %j tells nothing', (operator, constant) => {
  expect(found([node(operator)], ...constant)).toBeUndefined();
});

test('is seen behind what leaves values as they are, and in either place of the operator', () => {
  expect(
    found([makeNode('Transpose', ['x'], ['t']), makeNode('Cast', ['t'], ['u']), node('Sub', ['u', 'c'])], 127),
  ).toBe('norm');
  expect(found([node('Mul', ['c', 'x'])], 1 / 255)).toBe('norm');
  const constant = makeNode('Constant', [], ['k'], {
    attributes: { value: { dataType: 'float32', dims: [], data: Float32Array.of(255) } },
  });
  expect(found([constant, node('Div', ['x', 'k'])], 0)).toBe('norm');
});

test('is not guessed where the input goes two ways, or the other side is calculated or large', () => {
  expect(found([node('Div'), makeNode('Relu', ['x'], ['z'])], 255)).toBeUndefined();
  expect(found([makeNode('Relu', ['c'], ['r']), node('Div', ['x', 'r'])], 255)).toBeUndefined();
  expect(found([node('Div')], ...Array<number>(64).fill(255))).toBeUndefined();
});
