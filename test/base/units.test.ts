import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatMs, formatRatio, parseBytes } from '../../src/base/units.ts';

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

test.each(['', '-1', '1.5', '4 KiB/s', '1 TiB', 'KiB', '1e3', '0x10', '9007199254740993'])(
  '%j is no number of bytes',
  (text) => expect(parseBytes(text)).toBeUndefined(),
);

test.each([
  ['0', 0],
  ['4096', 4096],
  ['64KiB', 65_536],
  ['1.5 gib', 1_610_612_736],
  ['2GB', 2_000_000_000],
  ['7 B', 7],
])('%j is %d bytes', (text, bytes) => expect(parseBytes(text)).toBe(bytes));
