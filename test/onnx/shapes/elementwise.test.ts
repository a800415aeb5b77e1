import { describe, expect, test } from 'vitest';
import { makeNode } from '../../../src/onnx/build.ts';
import { inferTypes } from '../../../src/onnx/shapes/infer.ts';
import { inferNode, modelOf, problemsOf } from './notation.ts';

describe('one element from one', () => {
  test.each([
    ['Relu', 'float32[2,N,?]', 'float32[2,N,?]'],
    ['Softmax', 'float16[N,1000]', 'float16[N,1000]'],
    ['CumSum', 'int32[5]', 'int32[5]'],
    ['Identity', 'opt(seq(float32[N]))', 'opt(seq(float32[N]))'],
    ['IsNaN', 'float32[N]', 'bool[N]'],
    ['Sqrt', 'float32', 'float32'],
  ])('%s of %s', (operator, input, output) => {
    expect(inferNode(operator, [input])).toEqual([output]);
  });

  test('Cast names its type, CastLike takes that of the other input', () => {
    expect(inferNode('Cast', ['float32[N]'], { attributes: { to: 7n } })).toEqual(['int64[N]']);
    expect(inferNode('Cast', ['float32[N]'], { attributes: { to: 999n } })).toEqual(['?[N]']);
    expect(inferNode('CastLike', ['float32[N]', 'float16[]'])).toEqual(['float16[N]']);
  });
});

describe('broadcasting', () => {
  test.each([
    [['float32[2,3]', 'float32[3]'], 'float32[2,3]'],
    [['float32[1,3]', 'float32[4,1]'], 'float32[4,3]'],
    [['float32[]', 'float32[N,2]'], 'float32[N,2]'],
    [['float32[N]', 'float32[N]'], 'float32[N]'],
    [['float32[N]', 'float32[1]'], 'float32[N]'],
    [['float32[N]', 'float32[7]'], 'float32[7]'],
    [['float32[N]', 'float32[M]'], 'float32[?]'],
    [['float32[?]', 'float32[?]'], 'float32[?]'],
    [['float32[0]', 'float32[1]'], 'float32[0]'],
    [['float32[2]', 'float32'], 'float32'],
  ])('Add of %j', (inputs, output) => {
    expect(inferNode('Add', inputs)).toEqual([output]);
  });

  test('dims that differ and are not 1 are a contradiction', () => {
    expect(inferNode('Mul', ['float32[2]', 'float32[3]'])).toEqual(['']);
    expect(problemsOf('Mul', ['float32[2]', 'float32[3]'])).toEqual(['2 and 3 cannot be broadcast to one another']);
  });

  test('comparisons make booleans, Where takes the type of its second input', () => {
    expect(inferNode('Less', ['int64[N,1]', 'int64[3]'])).toEqual(['bool[N,3]']);
    expect(inferNode('Where', ['bool[N,1]', 'float16[3]', 'float16[]'])).toEqual(['float16[N,3]']);
  });

  test('any number of inputs', () => {
    expect(inferNode('Sum', ['float32[1]', 'float32[N,1]', 'float32[3]'])).toEqual(['float32[N,3]']);
  });

  test('an input of unknown type takes that of the others', () => {
    const nodes = [makeNode('Add', ['nowhere', 'in0'], ['y'])];
    const { tensors } = inferTypes(modelOf(nodes, ['float16[2]'], ['y']));
    expect(tensors.y).toMatchObject({ dataType: 'float16', shape: null });
  });

  test('before operators broadcast, the first input says the shape', () => {
    expect(inferNode('Add', ['float32[2,3,4]', 'float32[3]'], { opset: 6 })).toEqual(['float32[2,3,4]']);
    expect(inferNode('Max', ['float32[N,3]', 'float32[?,?]'], { opset: 7 })).toEqual(['float32[N,3]']);
  });
});
