import { expect, test } from 'vitest';
import { best, isPareto } from '../../../src/pipeline/search/pareto.ts';

const fast = { speedup: 3, sizeRatio: 0.4, value: 40 };
const small = { speedup: 1.2, sizeRatio: 0.2, value: 38 };
const exact = { speedup: 1, sizeRatio: 1, value: 60 };
const beaten = { speedup: 2, sizeRatio: 0.5, value: 39 };
const all = [fast, small, exact, beaten];

test('nobody beats those on the front', () => {
  expect(all.filter((one) => isPareto(one, all))).toEqual([fast, small, exact]);
});

test('two that are alike are both on it', () => {
  const twin = { ...fast };
  expect(isPareto(fast, [fast, twin])).toBe(true);
});

test('the fastest, or the smallest', () => {
  expect(best(all, 'speed')).toBe(fast);
  expect(best(all, 'size')).toBe(small);
  expect(best([], 'speed')).toBeUndefined();
});

test('of two whose speeds cannot be told apart the smaller one', () => {
  const nearly = { speedup: 2.95, sizeRatio: 0.3, value: 30 };
  expect(best([fast, nearly], 'speed')).toBe(nearly);
});
