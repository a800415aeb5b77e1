import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatMs, formatRatio } from '../../src/base/units.ts';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [26454, '25.8 KiB'],
  [150 * 1024, '150 KiB'],
  [2 ** 31, '2.0 GiB'],
])('%d bytes read as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [0.0361, '0.04 ms'],
  [42.04, '42.0 ms'],
  [999, '999 ms'],
  [1500, '1.5 s'],
  [61_000, '1 min 1 s'],
  [119_900, '2 min 0 s'],
])('%d milliseconds read as %s', (ms, text) => expect(formatMs(ms)).toBe(text));

test.each([
  [5998, '5998'],
  [21_600, '21.6 k'],
  [1_234_567, '1.23 M'],
])('a count of %d reads as %s', (count, text) => expect(formatCount(count)).toBe(text));

test('a ratio reads as a percentage', () => expect(formatRatio(0.9734)).toBe('97.3 %'));
