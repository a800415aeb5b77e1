import { describe, expect, test } from 'vitest';
import { searchOptions } from '../../src/cli/budget-flags.ts';
import type { Call } from '../../src/cli/call.ts';

const options = (flags: Readonly<Record<string, string>>) =>
  searchOptions({ text: (name: string) => flags[name], spec: { name: 'create' } } as unknown as Call);

describe('the flags of a search', () => {
  test('are none without a budget', () => expect(options({})).toBeUndefined());

  test.each([
    [{ 'max-drop': '0.5%' }, { budget: { metric: null, maxDrop: 0.005 }, prefer: 'speed' }],
    [
      { 'max-drop': '1%', metric: 'decisions', prefer: 'size' },
      { budget: { metric: 'decisions', maxDrop: 0.01 }, prefer: 'size' },
    ],
    [{ 'min-sqnr': '47' }, { budget: { metric: 'sqnr', least: 47 }, prefer: 'speed' }],
    [{ 'min-agreement': '99%' }, { budget: { metric: null, isAgreement: true, least: 0.99 }, prefer: 'speed' }],
    [
      { 'min-sqnr': '47', 'time-limit': '1.5m' },
      { budget: { metric: 'sqnr', least: 47 }, prefer: 'speed', timeLimitMs: 90_000 },
    ],
  ])('%j', (flags, expected) => expect(options(flags as Record<string, string>)).toEqual(expected));

  test.each([
    [{ 'max-drop': '0.5%', 'min-sqnr': '40' }, 'Give one of'],
    [{ 'min-sqnr': 'good' }, '--min-sqnr good is not a number of dB.'],
    [{ 'min-sqnr': ' ' }, 'not a number of dB'],
    [{ prefer: 'size' }, '--prefer belongs to a search'],
    [{ metric: 'accuracy', 'min-sqnr': '40' }, '--metric says what --max-drop is measured by.'],
    [{ 'max-drop': '5' }, 'neither a percentage nor a ratio'],
    [{ 'max-drop': '1%', 'time-limit': '90' }, '--time-limit 90 is no time such as 90s'],
  ])('%j is refused', (flags, message) => {
    expect(() => options(flags as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message), hint: expect.any(String) }),
    );
  });
});
