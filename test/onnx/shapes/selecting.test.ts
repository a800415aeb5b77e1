import { expect, test } from 'vitest';
import { inferNode, problemsOf } from './notation.ts';

test('an axis that is not there', () => {
  expect(problemsOf('Unique', ['float32[3]'], { attributes: { axis: 2n } })).toHaveLength(1);
  expect(problemsOf('Compress', ['float32[3]', 'bool[3]'], { attributes: { axis: 2n } })).toHaveLength(1);
});

test('Compress counts a condition that is constant', () => {
  expect(inferNode('Compress', ['float32[4,N]', 'bool[3]{1,0,1}'])).toEqual(['float32[2]']);
  expect(inferNode('Compress', ['float32[4,N]', 'bool[3]{1,0,1}'], { attributes: { axis: 0n } })).toEqual([
    'float32[2,N]',
  ]);
  expect(inferNode('Compress', ['float32[4,N]', 'bool[3]'], { attributes: { axis: -1n } })).toEqual(['float32[4,?]']);
});

test('Unique finds some of the elements, or some slices; each element is one of them', () => {
  expect(inferNode('Unique', ['float32[2,3]'], { outputs: 4 })).toEqual([
    'float32[?]',
    'int64[?]',
    'int64[6]',
    'int64[?]',
  ]);
  expect(inferNode('Unique', ['float32[2,N]'], { attributes: { axis: -1n }, outputs: 4 })).toEqual([
    'float32[2,?]',
    'int64[?]',
    'int64[N]',
    'int64[?]',
  ]);
  expect(inferNode('Unique', ['float32'], { attributes: { axis: 0n } })).toEqual(['float32']);
});
