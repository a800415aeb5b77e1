/** Sizes that a model calculates in its own graph, as exporters write them. */
import { describe, expect, test } from 'vitest';
import { type AttributeValue, makeNode, makeTensor } from '../../../src/onnx/build.ts';
import type { NodeProto } from '../../../src/onnx/proto.ts';
import { inferTypes } from '../../../src/onnx/shapes/infer.ts';
import { modelOf, textOf } from './notation.ts';

const node = (
  operator: string,
  inputs: string,
  output: string,
  attributes: Record<string, AttributeValue> = {},
): NodeProto => makeNode(operator, inputs.split(' '), [output], { attributes });

/** Shape of a tensor that is filled to the sizes in `sizes`. */
function shapeOf(nodes: NodeProto[], inputs: string[], sizes = 'sizes'): string {
  const all = [...nodes, node('ConstantOfShape', sizes, 'filled')];
  return textOf(inferTypes(modelOf(all, inputs, ['filled'])).types.get('filled') ?? null);
}

describe('sizes from shapes', () => {
  test('part of a shape, joined with a constant', () => {
    const nodes = [
      node('Shape', 'in0', 'shape'),
      node('Gather', 'shape in1', 'batch'),
      node('Unsqueeze', 'batch in2', 'list'),
      node('Concat', 'list in3', 'sizes', { axis: 0n }),
    ];
    const inputs = ['float32[N,3,8,8]', 'int64[]{0}', 'int64[1]{0}', 'int64[2]{5,6}'];
    expect(shapeOf(nodes, inputs)).toBe('float32[N,5,6]');
  });

  test('start and end of Shape', () => {
    const inputs = ['float32[N,3,H,8]'];
    expect(shapeOf([node('Shape', 'in0', 'sizes', { start: 1n, end: -1n })], inputs)).toBe('float32[3,H]');
    expect(shapeOf([node('Shape', 'in0', 'sizes', { start: 3n, end: 1n })], inputs)).toBe('float32[]');
  });

  test('Size is the product of the dims', () => {
    const nodes = [node('Size', 'in0', 'size'), node('Unsqueeze', 'size in1', 'sizes')];
    expect(shapeOf(nodes, ['float32[2,3,4]', 'int64[1]{0}'])).toBe('float32[24]');
  });

  test('an element that is not known leaves the others', () => {
    const nodes = [node('Concat', 'in0 in1', 'sizes', { axis: 0n })];
    expect(shapeOf(nodes, ['int64[1]', 'int64[1]{7}'])).toBe('float32[?,7]');
  });

  test('through floats and back, as scales of images are applied', () => {
    const nodes = [
      node('Shape', 'in0', 'shape'),
      node('Cast', 'shape', 'float', { to: 1n }),
      node('Mul', 'float in1', 'scaled'),
      node('Floor', 'scaled', 'floor'),
      node('Cast', 'floor', 'sizes', { to: 7n }),
    ];
    expect(shapeOf(nodes, ['float32[5,N]', 'float32[2]{1.5,2}'])).toBe('float32[7,?]');
  });
});

describe('arithmetic on sizes that are symbols', () => {
  const withSize = (nodes: NodeProto[]): NodeProto[] => [node('Shape', 'in0', 'n'), ...nodes];
  const constants = ['int64[1]{3}', 'int64[1]{2}', 'int64[1]{0}'];

  test('what is added can be taken away', () => {
    const nodes = withSize([node('Add', 'n in1', 'more'), node('Sub', 'more in1', 'sizes')]);
    expect(shapeOf(nodes, ['float32[N]', ...constants])).toBe('float32[N]');
  });

  test('what is multiplied can be divided', () => {
    const nodes = withSize([node('Mul', 'n in1', 'times'), node('Div', 'times in1', 'sizes')]);
    expect(shapeOf(nodes, ['float32[N]', ...constants])).toBe('float32[N]');
  });

  test('a division that leaves a remainder is not undone', () => {
    const nodes = withSize([node('Div', 'n in2', 'half'), node('Mul', 'half in2', 'sizes')]);
    expect(shapeOf(nodes, ['float32[N]', ...constants])).toBe('float32[?]');
  });

  test('the difference of equal sizes is a number', () => {
    const nodes = withSize([node('Add', 'n in1', 'more'), node('Sub', 'more n', 'sizes')]);
    expect(shapeOf(nodes, ['float32[N]', ...constants])).toBe('float32[3]');
  });

  test('a size is never below 0, but may be 0', () => {
    const nodes = withSize([node('Max', 'n in3', 'sizes')]);
    expect(shapeOf(nodes, ['float32[N]', ...constants])).toBe('float32[N]');
    const other = withSize([node('Max', 'n in1', 'sizes')]);
    expect(shapeOf(other, ['float32[N]', ...constants])).toBe('float32[?]');
  });

  test('-1 is replaced in the way PyTorch writes expand', () => {
    const nodes = withSize([
      node('Concat', 'n in1', 'wanted', { axis: 0n }),
      node('Equal', 'wanted in2', 'isOpen'),
      node('Where', 'isOpen in3 wanted', 'sizes'),
    ]);
    expect(shapeOf(nodes, ['float32[N]', 'int64[1]{-1}', 'int64[1]{-1}', 'int64[2]{1,1}'])).toBe('float32[N,1]');
  });

  test('Range and slices up to a size', () => {
    const nodes = [
      node('Shape', 'in0', 'n'),
      node('Squeeze', 'n in3', 'scalar'),
      node('Range', 'in1 scalar in2', 'positions'),
      node('Slice', 'in4 in3 n in3', 'cut'),
      node('Add', 'positions cut', 'sum'),
    ];
    const inputs = ['float32[N]', 'int64[]{0}', 'int64[]{1}', 'int64[1]{0}', 'int64[512]'];
    const { types } = inferTypes(modelOf(nodes, inputs, ['sum']));
    expect(['positions', 'cut', 'sum'].map((name) => textOf(types.get(name) ?? null))).toEqual([
      'int64[N]',
      'int64[N]',
      'int64[N]',
    ]);
  });

  test('bounds that are calculated: the last `n` of `past + n`', () => {
    const nodes = [
      node('Concat', 'in0 in1', 'all', { axis: 0n }),
      node('Shape', 'all', 'total'),
      node('Shape', 'in1', 'new'),
      node('Sub', 'total new', 'start'),
      node('Slice', 'all start total in2', 'last'),
    ];
    const { types } = inferTypes(modelOf(nodes, ['float32[P]', 'float32[N]', 'int64[1]{0}'], ['last']));
    expect(textOf(types.get('last') ?? null)).toBe('float32[N]');
  });
});

describe('constants', () => {
  const rows: [string, Record<string, AttributeValue>, string][] = [
    ['value_int', { value_int: 3n }, 'int64[]'],
    ['value_ints', { value_ints: [3n, 4n] }, 'int64[2]'],
    ['value_float', { value_float: 1.5 }, 'float32[]'],
    ['value_floats', { value_floats: [1, 2, 3] }, 'float32[3]'],
    ['value_string', { value_string: 'a' }, 'string[]'],
    ['value', { value: { dataType: 'int8', dims: [2, 0], data: new Int8Array(0) } }, 'int8[2,0]'],
  ];

  test.each(rows)('Constant with %s', (_, attributes, type) => {
    const { types } = inferTypes(modelOf([makeNode('Constant', [], ['c'], { attributes })], [], ['c']));
    expect(textOf(types.get('c') ?? null)).toBe(type);
  });

  test('lists of sizes may be constants of any integer type, or computed from one', () => {
    expect(
      shapeOf([node('Neg', 'in0', 'positive'), node('Cast', 'positive', 'sizes', { to: 7n })], ['int32[2]{-3,-4}']),
    ).toBe('float32[3,4]');
    expect(shapeOf([node('ReduceProd', 'in0 in1', 'sizes')], ['int64[3]{2,3,4}', 'int64[1]{0}'])).toBe('float32[24]');
  });

  test('a constant that is damaged is only not known', () => {
    const model = modelOf([node('ConstantOfShape', 'sizes', 'filled')], [], ['filled']);
    const sizes = makeTensor('sizes', { dataType: 'int64', dims: [2], data: BigInt64Array.of(1n, 2n) });
    model.graph.initializer.push({ ...sizes, rawData: new Uint8Array(3) });
    const { types, problems } = inferTypes(model);
    expect([textOf(types.get('filled') ?? null), problems]).toEqual(['float32[?,?]', []]);
  });

  test('hostile sizes: too large, negative, or a list of them that nobody could hold', () => {
    expect(shapeOf([], ['int64[2]{-1,3}'], 'in0')).toBe('');
    const square = [node('Mul', 'in0 in0', 'sizes')];
    expect(shapeOf(square, ['int64[1]{9007199254740991}'])).toBe('float32[?]');
    expect(shapeOf([], ['int64[1000000000000]'], 'in0')).toBe('float32');
  });
});
