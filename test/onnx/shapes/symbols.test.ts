import { describe, expect, test } from 'vitest';
import { difference, floorDivide, minus, plus, product, times } from '../../../src/onnx/shapes/dims.ts';
import { isNamed } from '../../../src/onnx/shapes/symbols.ts';

describe('sizes that are symbols', () => {
  test('sums are equal however they were put together', () => {
    expect(plus(plus('a', 'b'), 2)).toBe(plus(1, plus('b', plus(1, 'a'))));
    expect(plus('a', 1)).not.toBe(plus('a', 2));
    expect(plus('a', 'a')).toBe(times(2, 'a'));
  });

  test('what is left is a plain symbol or a number where it can be', () => {
    expect(minus(plus('a', 'b'), 'b')).toBe('a');
    expect(minus(plus('a', 3), 'a')).toBe(3);
    expect(difference(plus('a', 3), plus('a', 5))).toBe(-2);
    expect(difference('a', 'b')).toBeNull();
    expect(floorDivide(times(times('a', 12), 'b'), times(3, 'b'))).toBe(times('a', 4));
    expect(times(0, 'a')).toBe(0);
  });

  test('a floor is equal to the same floor only', () => {
    expect(floorDivide('a', 2)).toBe(floorDivide('a', 2));
    expect(floorDivide('a', 2)).not.toBe(floorDivide('a', 3));
    expect(isNamed(floorDivide('a', 2))).toBe(false);
  });

  test('what is not known stays so', () => {
    expect([plus(null, 1), times('a', null), floorDivide(5, 0), product([null, 0])]).toEqual([null, null, null, 0]);
  });

  test('numbers that JavaScript does not hold exactly are not known', () => {
    expect(times(2 ** 40, 2 ** 40)).toBeNull();
    expect(plus(Number.MAX_SAFE_INTEGER, 1)).toBeNull();
    expect(times(times('a', 2 ** 40), 2 ** 40)).toBeNull();
  });

  test('expressions end where they would grow without bound', () => {
    let dim = plus('a', 1);
    for (let round = 0; round < 50; round += 1) dim = times(dim, plus(dim, 1));
    expect(dim).toBeNull();
    let nested = floorDivide('a', 2);
    for (let round = 0; round < 50; round += 1) nested = floorDivide(nested, 2);
    expect(nested).toBeNull();
  });

  test('names are taken as they are', () => {
    expect(minus(plus('a,"b]', 1), 1)).toBe('a,"b]');
  });
});
