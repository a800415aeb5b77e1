import { expect, test } from 'vitest';
import { inferNode, problemsOf } from './notation.ts';

test('Multinomial draws from rows of probabilities', () => {
  expect(problemsOf('Multinomial', ['float32[3]'])).toEqual(['input 0 has rank 1 instead of 2']);
  expect(inferNode('Multinomial', ['float32[N,5]'], { attributes: { sample_size: 4n } })).toEqual(['int32[N,4]']);
  expect(inferNode('Multinomial', ['float32[N,5]'], { attributes: { dtype: 7n } })).toEqual(['int64[N,1]']);
});

test('random values of a given shape, or of the shape of another tensor', () => {
  expect(inferNode('RandomNormal', [], { attributes: { shape: [2n, 3n] } })).toEqual(['float32[2,3]']);
  expect(inferNode('RandomUniform', [], { attributes: { shape: [2n], dtype: 11n } })).toEqual(['float64[2]']);
  expect(inferNode('RandomNormalLike', ['float16[N]'])).toEqual(['float16[N]']);
  expect(inferNode('Bernoulli', ['float16[N]'], { attributes: { dtype: 9n } })).toEqual(['bool[N]']);
});
