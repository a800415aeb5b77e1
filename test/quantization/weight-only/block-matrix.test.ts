import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeTensor } from '../../../src/onnx/build.ts';
import { loadBytes } from '../../../src/onnx/bytes.ts';
import { halfToNumber, numberToHalf } from '../../../src/onnx/half.ts';
import { BlockMatrix } from '../../../src/quantization/weight-only/block-matrix.ts';
import type { MatrixType } from '../../../src/quantization/weight-only/quantize-matrix.ts';

const [K, N] = [35, 3];

/** Ties, a column without negative values, a block of zeros, and a last block of three rows. */
function values(): Float32Array {
  return Float32Array.from({ length: K * N }, (_, i) => {
    const value = (((i * 37) % 101) - 50) / 64;
    const [row, column] = [Math.floor(i / N), i % N];
    if (column === 2) return Math.abs(value);
    return column === 1 && row >= 16 && row < 32 ? 0 : value;
  });
}

function matrix(
  type: MatrixType,
  data: Float32Array,
  scheme: { bits: 4 | 8; isSymmetric: boolean },
  isTransposed = false,
) {
  const typed = type === 'float32' ? data : Uint16Array.from(data, numberToHalf);
  const tensor = makeTensor('w', { dataType: type, dims: isTransposed ? [N, K] : [K, N], data: typed });
  return new BlockMatrix(tensor, isTransposed, { ...scheme, blockSize: 16 });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/**
 * Made by MatMulNBitsQuantizer of onnxruntime 1.30 for Python (`DefaultWeightOnlyQuantizer.qbits_block_quant`, block size
 * 16): the first bytes of the integers, digests of integers and scales, and all zero points.
 */
const REFERENCE: readonly (readonly [MatrixType, 4 | 8, boolean, string, string, string, string])[] = [
  ['float32', 4, true, '205386baed1f53865723f0cd8a5723f02025000000000000', 'e846e11048d5e819', '664740336c96537c', ''],
  [
    'float32',
    4,
    false,
    '205487baed2f5386a8dc0f3275a8dc0f5059000000000000',
    'f18c1a9d80affab6',
    '062b2f859adcd731',
    '788f07800080',
  ],
  ['float32', 8, true, '001a334d66809ab3cde6ff17314a647d684e341a00eed4b9', 'b0398cec39422c8b', '97eec31b66a59ba2', ''],
  [
    'float32',
    8,
    false,
    '011a344d67809ab3cde6ff17314a647d90acc7e3ff031e3a',
    'c90ea0a66157bde0',
    'd64c95ce97f3f2e3',
    '8077ff7b0000000000',
  ],
  ['float16', 4, true, '205386baed1f53865723f0cd8a5723f02025000000000000', 'e846e11048d5e819', 'cb1fd2bce110b8e4', ''],
  [
    'float16',
    4,
    false,
    '215487b9ec2f5386a8dc0f3275a8dc0f5059000000000000',
    'b6e44d1e344f9760',
    'd11cf6b513c533d9',
    '788f07800080',
  ],
  ['float16', 8, true, '001a334d66809ab3cde6ff17314a647d684e341a00eed4b9', 'b0398cec39422c8b', 'db0acab33f72c40d', ''],
  [
    'float16',
    8,
    false,
    '001a334d66809ab3cde6ff17314a647d90acc7e3ff031e3a',
    'cea6c0b08bd75eda',
    'bc630954b05e15f5',
    '8077ff7b0000000000',
  ],
];

describe('the bytes of the default algorithm of the reference', () => {
  test.each(REFERENCE)('%s, %i bits, symmetric: %s', (type, bits, isSymmetric, head, packed, scales, zeroPoints) => {
    const made = matrix(type, values(), { bits, isSymmetric });
    const integers = loadBytes(made.packed().bytes);
    expect(hex(integers.subarray(0, head.length / 2))).toBe(head);
    expect(digest(integers)).toBe(packed);
    expect(digest(loadBytes(made.scales().bytes))).toBe(scales);
    if (!isSymmetric) expect(hex(loadBytes(made.zeroPoints().bytes))).toBe(zeroPoints);
  });

  test('come from a transposed matrix too, as Gemm takes it', () => {
    const turned = Float32Array.from({ length: K * N }, (_, i) => values()[(i % K) * N + Math.floor(i / K)] as number);
    for (const bits of [4, 8] as const) {
      const scheme = { bits, isSymmetric: false };
      const [plain, transposed] = [matrix('float32', values(), scheme), matrix('float32', turned, scheme, true)];
      expect(hex(loadBytes(transposed.packed().bytes))).toBe(hex(loadBytes(plain.packed().bytes)));
      expect(hex(loadBytes(transposed.scales().bytes))).toBe(hex(loadBytes(plain.scales().bytes)));
    }
  });
});

test('an integer is never further from its weight than half a step', () => {
  const made = matrix('float32', values(), { bits: 8, isSymmetric: false });
  const integers = loadBytes(made.packed().bytes);
  const scales = new Float32Array(loadBytes(made.scales().bytes).slice().buffer);
  const zeroPoints = loadBytes(made.zeroPoints().bytes);
  for (const [i, value] of values().entries()) {
    const [row, column] = [Math.floor(i / N), i % N];
    const at = column * made.blocks + Math.floor(row / 16);
    const step = scales[at] as number;
    const back = ((integers[at * 16 + (row % 16)] as number) - (zeroPoints[at] as number)) * step;
    expect(Math.abs(back - value)).toBeLessThanOrEqual(step * 0.5001 + 1e-9);
  }
});

test('the tensors of one matrix can be written in any order, and again', () => {
  const made = matrix('float16', values(), { bits: 4, isSymmetric: false });
  const parts = [made.zeroPoints(), made.scales(), made.packed()];
  const first = parts.map(({ bytes }) => hex(loadBytes(bytes)));
  expect(parts.reverse().map(({ bytes }) => hex(loadBytes(bytes)))).toEqual(first.reverse());
  expect(parts.map(({ bytes }) => loadBytes(bytes).length)).toEqual(parts.map(({ bytes }) => bytes.length));
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a weight with %f is named', (value) => {
  const broken = values();
  broken[77] = value;
  const { bytes } = matrix('float32', broken, { bits: 4, isSymmetric: true }).packed();
  expect(() => loadBytes(bytes)).toThrow(
    expect.objectContaining({ code: 'METHOD_NOT_APPLICABLE', message: expect.stringContaining('weight w') }),
  );
});

test('scales of float16 are those that the kernel reads', () => {
  const made = matrix('float16', values(), { bits: 8, isSymmetric: false });
  const bits = new Uint16Array(loadBytes(made.scales().bytes).slice().buffer);
  expect(Array.from(bits, halfToNumber).every((scale) => scale >= 0 && scale < 0.01)).toBe(true);
});
