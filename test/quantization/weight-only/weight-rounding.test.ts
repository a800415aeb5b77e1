/** Searched scales: never more error than round-to-nearest in any block, by the measure of the search. */
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { makeNode, makeTensor } from '../../../src/onnx/build.ts';
import { loadBytes } from '../../../src/onnx/bytes.ts';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import { halfToNumber, numberToHalf } from '../../../src/onnx/half.ts';
import { BlockMatrix } from '../../../src/quantization/weight-only/block-matrix.ts';
import type { WeightRounding } from '../../../src/quantization/weight-only/options.ts';
import type { MatrixType } from '../../../src/quantization/weight-only/quantize-matrix.ts';
import { weightOnly } from '../../../src/quantization/weight-only/quantizer.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { depsIn, smallModel, wave } from '../small-models.ts';

const [K, N, SIZE] = [83, 24, 16];

/** Heavy tails, as trained weights have them; one block of zeros, one column of positive values, a last block of three rows. */
const values = (wave([K, N]).data as Float32Array).map((value, i) => {
  const [row, column] = [Math.floor(i / N), i % N];
  if (column === 1 && row < SIZE) return 0;
  return column === 2 ? Math.abs(value) : value ** 3;
});

interface Case {
  readonly bits: 4 | 8;
  readonly isSymmetric: boolean;
  readonly type: MatrixType;
  readonly isTransposed: boolean;
}

const CASES: readonly Case[] = ([4, 8] as const).flatMap((bits) =>
  [true, false].flatMap((isSymmetric) =>
    (['float32', 'float16'] as const).flatMap((type) =>
      [true, false].map((isTransposed) => ({ bits, isSymmetric, type, isTransposed })),
    ),
  ),
);

/** Each block as its values and as what the integers say of them. */
function blocksOf({ bits, isSymmetric, type, isTransposed }: Case, rounding: WeightRounding) {
  const turned = isTransposed ? values.map((_, i) => values[(i % K) * N + Math.floor(i / K)] as number) : values;
  const data = type === 'float32' ? turned : Uint16Array.from(turned, numberToHalf);
  const tensor = makeTensor('w', { dataType: type, dims: isTransposed ? [N, K] : [K, N], data });
  const matrix = new BlockMatrix(tensor, isTransposed, { bits, blockSize: SIZE, isSymmetric }, rounding);
  const integers = loadBytes(matrix.packed().bytes);
  const scaleBytes = loadBytes(matrix.scales().bytes).slice().buffer;
  const scales =
    type === 'float32' ? new Float32Array(scaleBytes) : Float32Array.from(new Uint16Array(scaleBytes), halfToNumber);
  const points = isSymmetric ? undefined : loadBytes(matrix.zeroPoints().bytes);
  const slot = (bytes: Uint8Array, at: number) =>
    bits === 8 ? (bytes[at] as number) : ((bytes[at >> 1] as number) >> ((at & 1) * 4)) & 15;
  const rowSlots = bits === 8 ? matrix.blocks : Math.ceil(matrix.blocks / 2) * 2;
  return Array.from({ length: N * matrix.blocks }, (_, at) => {
    const [column, block] = [Math.floor(at / matrix.blocks), at % matrix.blocks];
    const zeroPoint = points === undefined ? 2 ** (bits - 1) : slot(points, column * rowSlots + block);
    const rows = Array.from({ length: Math.min(SIZE, K - block * SIZE) }, (_, row) => row);
    return rows.map((row) => {
      const exact = values[(block * SIZE + row) * N + column] as number;
      const value = type === 'float32' ? exact : halfToNumber(numberToHalf(exact));
      return { value, made: (slot(integers, at * SIZE + row) - zeroPoint) * (scales[at] as number) };
    });
  });
}

type Block = ReturnType<typeof blocksOf>[number];
const sum = (list: readonly number[]) => list.reduce((total, one) => total + one, 0);

/** As the sources of both define them. */
const MEASURES: Readonly<Record<Exclude<WeightRounding, 'nearest'>, (block: Block) => number>> = {
  'k-quant': (block) => {
    const base = Math.sqrt(sum(block.map(({ value }) => value ** 2)) / block.length);
    return sum(block.map(({ value, made }) => (base + Math.abs(value)) * (value - made) ** 2));
  },
  hqq: (block) => sum(block.map(({ value, made }) => Math.abs(value - made) ** 0.7)),
};

describe.each(Object.entries(MEASURES))('%s', (rounding, measure) => {
  test.each(CASES)('$bits bits, symmetric: $isSymmetric, $type, transposed: $isTransposed', (one) => {
    const before = blocksOf(one, 'nearest').map(measure);
    const after = blocksOf(one, rounding as WeightRounding).map(measure);
    for (const [i, error] of after.entries()) expect(error).toBeLessThanOrEqual((before[i] as number) * (1 + 1e-6));
    const gains = { 'k-quant': one.isSymmetric ? 0.9 : 0.97, hqq: 0.995 };
    expect(sum(after)).toBeLessThan(sum(before) * gains[rounding as keyof typeof gains]);
  });

  test.each(['matmulnbits', 'qdq'])('is computed with in the form %s', async (weightForm) => {
    const identity = Float32Array.from({ length: K * K }, (_, i) => (i % (K + 1) === 0 ? 1 : 0));
    const weights = { w: { dataType: 'float32', dims: [K, N], data: values } } as const;
    const nodes = [makeNode('MatMul', ['x', 'w'], ['y'], { name: 'only' })];
    const model = smallModel({ nodes, input: [K, K], weights });
    const options = { weightRounding: rounding, weightForm, blockSize: SIZE, weightSymmetric: false, accuracyLevel: 1 };
    const { proto, recipe } = await weightOnly.run({ model, calibration: null, options }, depsIn(tmpdir()));
    expect(recipe.options).toMatchObject({ weightRounding: rounding });
    const session = await openSession(encodedBytes(encodeModel(proto)), {
      configEntries: { 'session.qdq_matmulnbits_accuracy_level': '1' },
    });
    const { y } = await session.run({ x: { dataType: 'float32', dims: [K, K], data: identity } });
    await session.release();
    const found = y?.data as Float32Array;
    const blocks = blocksOf({ bits: 4, isSymmetric: false, type: 'float32', isTransposed: false }, rounding as 'hqq');
    const expected = (row: number, column: number) =>
      blocks[column * Math.ceil(K / SIZE) + Math.floor(row / SIZE)]?.[row % SIZE]?.made as number;
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected(Math.floor(i / N), i % N), 5);
  });
});
