import { expect, test } from 'vitest';
import { TimeLeft } from '../../../src/pipeline/search/time-left.ts';

test('nothing is known before the first run, and nothing is left after the last', () => {
  const left = new TimeLeft();
  left.ahead.trial = 2;
  expect(left.estimate()).toBeUndefined();
  left.done('trial', 100);
  expect(left.estimate()).toBe(100);
  left.done('trial', 100);
  expect(left.estimate()).toBeUndefined();
});

test('each kind of work takes as long as it took so far; a kind that is new takes the mean of all', () => {
  const left = new TimeLeft();
  left.ahead.trial = 1;
  left.done('trial', 1000);
  left.ahead.group = 10;
  left.ahead.trial = 2;
  expect(left.estimate()).toBe(12_000);
  left.done('group', 100);
  expect(left.estimate()).toBe(2 * 1000 + 9 * 100);
});
