import { expect, test } from 'vitest';
import { inferNode, problemsOf } from './notation.ts';

test('texts that can be normalized lie in a list or in one row', () => {
  expect(problemsOf('StringNormalizer', ['string[2,3,4]'])).toEqual(['its input has rank 3 instead of 1 or 2']);
  expect(inferNode('StringNormalizer', ['string[5]'])).toEqual(['string[?]']);
  expect(inferNode('StringNormalizer', ['string[1,5]'])).toEqual(['string[1,?]']);
});

test('texts are joined, split and matched element by element', () => {
  expect(inferNode('StringConcat', ['string[2,1]', 'string[N]'])).toEqual(['string[2,N]']);
  expect(inferNode('StringSplit', ['string[2,N]'], { outputs: 2 })).toEqual(['string[2,N,?]', 'int64[2,N]']);
  expect(inferNode('RegexFullMatch', ['string[2,N]'])).toEqual(['bool[2,N]']);
});

test('the counts of n-grams are as many as the largest index says', () => {
  const attributes = { ngram_indexes: [4n, 0n, 6n, 2n] };
  expect(inferNode('TfIdfVectorizer', ['int32[12]'], { attributes })).toEqual(['float32[7]']);
  expect(inferNode('TfIdfVectorizer', ['int32[N,12]'], { attributes })).toEqual(['float32[N,7]']);
  expect(inferNode('TfIdfVectorizer', ['int32'], { attributes })).toEqual(['float32']);
});
