import { expect, test } from 'vitest';
import { bfloat16ToNumber, halfToNumber, numberToHalf } from '../../src/onnx/half.ts';

test('every float16 survives the way to a number and back', () => {
  for (let bits = 0; bits < 0x10000; bits += 1) {
    const value = halfToNumber(bits);
    if (Number.isNaN(value)) expect(numberToHalf(value)).toBe(0x7e00);
    else if (numberToHalf(value) !== bits) expect.fail(`${bits} became ${numberToHalf(value)}`);
  }
});

test('numbers between two float16 go to the nearest, ties to even, and too large ones are infinite', () => {
  expect(numberToHalf(1 + 2 ** -11)).toBe(0x3c00);
  expect(numberToHalf(1 + 3 * 2 ** -11)).toBe(0x3c02);
  expect(numberToHalf(1 + 2 ** -11 + 2 ** -20)).toBe(0x3c01);
  expect(numberToHalf(2 - 2 ** -12)).toBe(0x4000);
  expect(numberToHalf(65519)).toBe(0x7bff);
  expect(numberToHalf(65520)).toBe(0x7c00);
  expect(numberToHalf(2 ** -25)).toBe(0);
  expect(numberToHalf(-(2 ** -25) * 1.01)).toBe(0x8001);
});

test('bfloat16 is the upper half of a float32', () => {
  expect([0x3f80, 0xc000, 0x7f80, 0].map(bfloat16ToNumber)).toEqual([1, -2, Number.POSITIVE_INFINITY, 0]);
});
