import { describe, expect, test } from 'vitest';
import { bfloat16ToNumber, halfToNumber, numberToHalf } from '../../src/onnx/half.ts';
import { toHalf } from '../../src/onnx/half-arrays.ts';

const one = (value: number, type: 'float16' | 'bfloat16' = 'float16') => {
  const { bits, overflow, underflow } = toHalf(Float32Array.of(value), type);
  return { bits: bits[0] as number, overflow, underflow };
};

describe('float32 values as float16', () => {
  test('every float16 comes back as it is', () => {
    const finite = Array.from({ length: 0x10000 }, (_, bits) => bits).filter((bits) => (bits & 0x7c00) !== 0x7c00);
    const { bits, ...clamped } = toHalf(Float32Array.from(finite, halfToNumber), 'float16');
    expect([...bits]).toEqual(finite);
    expect(clamped).toEqual({ overflow: 0, underflow: 0 });
  });

  test('values between two of them go to the nearer one, in the middle to the even one', () => {
    const values = Float32Array.from({ length: 0x7bff - 1 }, (_, bits) => {
      const [below, above] = [halfToNumber(bits + 1), halfToNumber(bits + 2)];
      return below + (above - below) * [0.25, 0.5, 0.75][bits % 3]!;
    });
    expect([...toHalf(values, 'float16').bits]).toEqual(Array.from(values, numberToHalf));
  });

  test('what is too large becomes ±65504 and is counted; infinities and NaN stay', () => {
    expect(one(65504)).toEqual({ bits: 0x7bff, overflow: 0, underflow: 0 });
    expect(one(65505)).toEqual({ bits: 0x7bff, overflow: 1, underflow: 0 });
    expect(one(-3.4e38)).toEqual({ bits: 0xfbff, overflow: 1, underflow: 0 });
    expect(one(Number.POSITIVE_INFINITY)).toEqual({ bits: 0x7c00, overflow: 0, underflow: 0 });
    expect(one(Number.NaN).bits & 0x7fff).toBe(0x7e00);
  });

  test('what is too near to zero becomes the smallest value of its sign and is counted; zeros stay', () => {
    expect(one(5.96e-8)).toEqual({ bits: 1, overflow: 0, underflow: 0 });
    expect(one(1e-12)).toEqual({ bits: 1, overflow: 0, underflow: 1 });
    expect(one(-1e-45)).toEqual({ bits: 0x8001, overflow: 0, underflow: 1 });
    expect(one(-0)).toEqual({ bits: 0x8000, overflow: 0, underflow: 0 });
  });
});

describe('float32 values as bfloat16', () => {
  test('the upper half is kept, nearest with ties to even', () => {
    const values = [1, -2.5, 1.00390625, 1.01171875, 3.14159274, 1e-40];
    const found = values.map((value) => bfloat16ToNumber(one(value, 'bfloat16').bits));
    expect(found.slice(0, 5)).toEqual([1, -2.5, 1, 1.015625, 3.140625]);
    expect(Math.abs((found[5] as number) - 1e-40)).toBeLessThanOrEqual(2 ** -134);
  });

  test('only what would round to infinity is clamped; infinities and NaN stay', () => {
    expect(one(3.4028234663852886e38, 'bfloat16')).toEqual({ bits: 0x7f7f, overflow: 1, underflow: 0 });
    expect(one(Number.NEGATIVE_INFINITY, 'bfloat16').bits).toBe(0xff80);
    expect(one(Number.NaN, 'bfloat16').bits & 0x7fff).toBe(0x7fc0);
  });
});
