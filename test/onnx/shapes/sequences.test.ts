import { describe, expect, test } from 'vitest';
import { makeAttribute, makeGraph, makeNode } from '../../../src/onnx/build.ts';
import { ATTRIBUTE_TYPE } from '../../../src/onnx/proto.ts';
import { inferTypes } from '../../../src/onnx/shapes/infer.ts';
import { inferNode, modelOf, problemsOf, textOf, valueInfo } from './notation.ts';

describe('sequences', () => {
  test('an axis that no piece has is a problem of the node', () => {
    expect(problemsOf('SplitToSequence', ['float32[6]'], { attributes: { axis: 1n } })).toEqual([
      'axis 1 is out of range for rank 1',
    ]);
  });

  test('what is no sequence has no elements', () => {
    expect(inferNode('SequenceAt', ['float32[2]', 'int64[]'])).toEqual(['']);
    expect(inferNode('ConcatFromSequence', ['float32[2]'], { attributes: { axis: 0n } })).toEqual(['']);
  });

  test('the type of the elements is what is true of each of them', () => {
    expect(inferNode('SequenceConstruct', ['float32[2,N]', 'float32[2,N]'])).toEqual(['seq(float32[2,N])']);
    expect(inferNode('SequenceConstruct', ['float32[2,N]', 'float32[3,N]'])).toEqual(['seq(float32[?,N])']);
    expect(inferNode('SequenceConstruct', ['float32[2]', 'float32[2,2]'])).toEqual(['seq(float32)']);
    expect(inferNode('SequenceInsert', ['seq(float32[2])', 'float32[3]'])).toEqual(['seq(float32[?])']);
    expect(inferNode('SequenceEmpty', [])).toEqual(['seq(float32)']);
    expect(inferNode('SequenceEmpty', [], { attributes: { dtype: 7n } })).toEqual(['seq(int64)']);
  });

  test('what is taken out, counted and taken away', () => {
    expect(inferNode('SequenceAt', ['seq(float32[2,N])', 'int64[]'])).toEqual(['float32[2,N]']);
    expect(inferNode('SequenceLength', ['seq(float32[2])'])).toEqual(['int64[]']);
    expect(inferNode('SequenceErase', ['seq(float32[2])', 'int64[]'])).toEqual(['seq(float32[2])']);
  });

  test.each([
    ['one by one', ['float32[6,N]'], {}, 'seq(float32[1,N])'],
    ['one by one, without the axis', ['float32[6,N]'], { keepdims: 0n }, 'seq(float32[N])'],
    ['in equal parts', ['float32[6,N]', 'int64[]{2}'], {}, 'seq(float32[2,N])'],
    ['with a shorter part at the end', ['float32[7,N]', 'int64[]{2}'], {}, 'seq(float32[?,N])'],
    ['in parts of a list', ['float32[6,N]', 'int64[2]{3,3}'], {}, 'seq(float32[3,N])'],
    ['in other parts', ['float32[6,N]', 'int64[2]{2,4}'], { keepdims: 0n }, 'seq(float32[?,N])'],
    ['in parts that are not known', ['float32[6,N]', 'int64[M]'], { axis: -1n }, 'seq(float32[6,?])'],
  ] as const)('a tensor is split %s', (_, inputs, attributes, expected) => {
    expect(inferNode('SplitToSequence', inputs, { attributes })).toEqual([expected]);
  });

  test('joined along an axis or a new one, of unknown length', () => {
    const join = (attributes: Record<string, bigint>) =>
      inferNode('ConcatFromSequence', ['seq(float32[2,N])'], { attributes });
    expect(join({ axis: 1n })).toEqual(['float32[2,?]']);
    expect(join({ axis: -1n, new_axis: 1n })).toEqual(['float32[2,N,?]']);
    expect(inferNode('ConcatFromSequence', ['seq(float32)'], { attributes: { axis: 0n } })).toEqual(['float32']);
  });

  test('SequenceMap infers its body for one element', () => {
    const body = makeGraph({
      name: 'body',
      nodes: [makeNode('Concat', ['a', 'b'], ['c'], { attributes: { axis: 0n } })],
      inputs: [valueInfo('a', 'float32[2]'), valueInfo('b', 'float32')],
      outputs: [{ name: 'c', metadataProps: [] }],
    });
    const node = makeNode('SequenceMap', ['in0', 'in1'], ['out'], { attributes: { body } });
    const found = inferTypes(modelOf([node], ['seq(float32[2])', 'float32[3]'], ['out']));
    expect(textOf(found.types.get('out') ?? null)).toBe('seq(float32[5])');
    expect(found.subgraphs[0]?.tensors.b?.shape).toEqual([3]);
  });
});

describe('optionals', () => {
  test('wrap a value, and give it back', () => {
    expect(inferNode('Optional', ['float32[2]'])).toEqual(['opt(float32[2])']);
    expect(inferNode('OptionalGetElement', ['opt(seq(float32[2]))'])).toEqual(['seq(float32[2])']);
    expect(inferNode('OptionalGetElement', ['float32[2]'])).toEqual(['float32[2]']);
    expect(inferNode('OptionalHasElement', ['opt(float32[2])'])).toEqual(['bool[]']);
  });

  test('an absent one has the type of its attribute', () => {
    const node = makeNode('Optional', [], ['out']);
    const type = valueInfo('', 'seq(int32[4])').type;
    node.attribute.push({ ...makeAttribute('type', 0n), type: ATTRIBUTE_TYPE.TYPE_PROTO, ...(type && { tp: type }) });
    expect(textOf(inferTypes(modelOf([node], [], ['out'])).types.get('out') ?? null)).toBe('opt(seq(int32[4]))');
  });
});
