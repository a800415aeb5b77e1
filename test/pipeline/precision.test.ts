/** The precision of a model that is served as it came. */
import { expect, test } from 'vitest';
import type { Analysis } from '../../src/analysis/facts.ts';
import { makeNode } from '../../src/onnx/build.ts';
import { precisionOf } from '../../src/pipeline/precision.ts';
import { smallModel } from '../quantization/small-models.ts';

const blocks = (bits: bigint) =>
  makeNode('MatMulNBits', ['x', 'w', 's'], ['y'], { domain: 'com.microsoft', attributes: { bits } });
const integers = makeNode('DequantizeLinear', ['w', 's'], ['y']);

const of = (isQuantized: boolean, weightBytesByType: Analysis['weightBytesByType'], nodes = [integers]) =>
  precisionOf(smallModel({ nodes, input: [1] }).proto, { isQuantized, weightBytesByType });

test('of floats it is what most bytes are', () => {
  expect(of(false, { float32: 10, float16: 9 })).toBe('float32');
  expect(of(false, { float32: 10, float16: 11 })).toBe('float16');
  expect(of(false, { float32: 10, bfloat16: 11 })).toBe('bfloat16');
  expect(of(false, {})).toBe('float32');
});

test('of integers it is how many bits they have, which MatMulNBits says itself: its bytes are uint8', () => {
  expect(of(true, { int8: 5, float32: 100 })).toBe('int8');
  expect(of(true, { uint8: 5 })).toBe('int8');
  expect(of(true, { int4: 5 })).toBe('int4');
  expect(of(true, { uint8: 5 }, [blocks(4n)])).toBe('int4');
  expect(of(true, { uint8: 5 }, [blocks(8n)])).toBe('int8');
});

test('is mixed where both are there', () => {
  expect(of(true, { uint8: 5 }, [blocks(4n), blocks(8n)])).toBe('mixed');
  expect(of(true, { uint8: 5, int8: 5 }, [blocks(4n), integers])).toBe('mixed');
});
