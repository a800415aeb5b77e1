/** What is said of a figure that is not exact. */
import { expect, test } from 'vitest';
import { settle } from '../../../src/analysis/costs/certainty.ts';
import { Sum } from '../../../src/analysis/costs/sum.ts';

function sum(figures: readonly number[], gaps: readonly string[] = []): Sum {
  const result = new Sum();
  for (const figure of figures) result.add(figure, '');
  for (const gap of gaps) result.add(Number.NaN, gap);
  return result;
}

test('a sum without gaps is exact, or an estimate with a reason', () => {
  expect(settle(sum([1, 2]), [])).toEqual({ value: 3, certainty: 'exact' });
  expect(settle(sum([1, 2]), [], 'by the dearest branch')).toEqual({
    value: 3,
    certainty: 'estimate: by the dearest branch',
  });
});

test('gaps that the user can close are not guessed', () => {
  expect(settle(sum([1, 2, 3], ['a']), ['height', 'x:3'])).toEqual({
    value: null,
    certainty: 'not known: bind height, x:3',
  });
});

test('a few gaps leave a lower bound that names them', () => {
  expect(settle(sum([1, 2]), []).value).toBe(3);
  expect(settle(sum([1, 2], ['Loop_3']), [])).toEqual({
    value: 3,
    certainty: 'at least: without node Loop_3 whose work is not known',
  });
  expect(settle(sum([1, 2, 3], ['t', 'u']), [], 'by lifetimes', 'tensor')).toEqual({
    value: 6,
    certainty: 'at least: without 2 tensors (t, …) whose size is not known; by lifetimes',
  });
});

test('with more gaps than figures nothing is claimed', () => {
  expect(settle(sum([1], ['a', 'b']), [])).toEqual({
    value: null,
    certainty: 'not known: most of it is in 2 nodes (a, …) whose work is not known',
  });
  expect(settle(sum([], ['a']), []).value).toBeNull();
});

test('a sum that runs an unknown number of times is a gap, unless it is nothing', () => {
  const total = new Sum();
  total.join(sum([5]), Number.NaN, 'Loop');
  total.join(sum([0]), Number.NaN, 'Quiet');
  total.join(sum([5], ['inner']), 3, 'Scan');
  expect(total).toMatchObject({ value: 15, gaps: ['Loop', 'inner'] });
});
