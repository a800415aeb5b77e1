/** What --slo and --rps take, and what they refuse. */
import { describe, expect, test } from 'vitest';
import { parseObjective, parseRate } from '../../src/cli/slo-flag.ts';

describe('--slo', () => {
  test.each([
    ['p99=50ms,availability=99.9', { latencyMs: 50, latencyRatio: 0.99, availabilityRatio: 0.999 }],
    ['availability=99.9%', { availabilityRatio: 0.999 }],
    ['availability=0.995', { availabilityRatio: 0.995 }],
    ['p99.9=1.5s', { latencyMs: 1500, latencyRatio: 0.999 }],
    [' p50=800us , availability=99', { latencyMs: 0.8, latencyRatio: 0.5, availabilityRatio: 0.99 }],
  ])('%s', (text, objective) => {
    expect(parseObjective(text)).toEqual(objective);
  });

  test.each([
    'p99',
    'p99=50',
    'p99=0ms',
    'p99=-3ms',
    'p100=50ms',
    'p0=50ms',
    'availability=100',
    'availability=0',
    'availability=often',
    'latency=50ms',
    'p99=50ms,p95=20ms',
    'availability=99,availability=98',
    '',
  ])('refuses %j', (text) => {
    expect(() => parseObjective(text)).toThrow(
      expect.objectContaining({ code: 'USAGE', hint: expect.stringContaining('--slo p99') }),
    );
  });
});

test.each(['0', '-1', 'many', '1e3', ''])('--rps refuses %j', (text) => {
  expect(() => parseRate(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test('--rps takes a rate', () => {
  expect(parseRate('12.5')).toBe(12.5);
});
