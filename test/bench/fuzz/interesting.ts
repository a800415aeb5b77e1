/** Values at which readers fall over. */
import { RULE_TABLES } from '../../../src/onnx/shapes/rules/registry.ts';

export const NUMBERS: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  5n,
  7n,
  127n,
  128n,
  255n,
  256n,
  1000n,
  -1n,
  -2n,
  -128n,
  2n ** 15n,
  2n ** 16n,
  2n ** 31n - 1n,
  2n ** 31n,
  -(2n ** 31n),
  2n ** 32n,
  2n ** 40n,
  2n ** 53n - 1n,
  2n ** 53n,
  -(2n ** 53n),
  2n ** 62n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 64n - 1n,
];

/** Bits of float32: zeros, denormals, infinities, NaN, the largest, and numbers that no integer holds. */
export const FLOAT_BITS: readonly number[] = [
  0, 0x80000000, 1, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f7fffff, 0x5f000000, 0xbf800000, 0x3f800000,
];

export const BYTES: readonly number[] = [0, 1, 2, 8, 0x0a, 0x12, 0x1a, 0x7f, 0x80, 0xff];

export const OPERATORS: readonly string[] = [...new Set(RULE_TABLES.flatMap(([, table]) => Object.keys(table)))];

export const TEXTS: readonly string[] = [
  '',
  '__proto__',
  'constructor',
  'toString',
  'x',
  'y',
  '../w.bin',
  '/etc/passwd',
  '*/_ORT_MEM_ADDR_/*',
  'a\0b',
  '\u202e',
  'ai.onnx',
  'ai.onnx.ml',
  'com.microsoft',
  'location',
  'offset',
  'length',
  'batch',
  'axis',
  'axes',
  'value',
  'perm',
  'pads',
  'body',
  'then_branch',
  'NOTSET',
  'SAME_UPPER',
  '-1',
  '9'.repeat(30),
  'n'.repeat(300),
  'bij,bjk->bik',
  '...->',
];
