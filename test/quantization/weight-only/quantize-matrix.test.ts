/** The vectors of the kernel against one value after the other, over shapes, block sizes, types and layouts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { halfToNumber, numberToHalf } from '../../../src/onnx/half.ts';
import { seededRandom } from '../../../src/quantization/data/seeded-random.ts';
import { type Matrix, quantizeMatrix } from '../../../src/quantization/weight-only/quantize-matrix.ts';
import { oracle } from './block-oracle.ts';

const SHAPES = [
  [1, 1],
  [3, 5],
  [16, 4],
  [17, 259],
  [255, 7],
  [257, 6],
  [320, 513],
  [1000, 3],
] as const;

type Make = (random: number, index: number) => number;
const KINDS: Readonly<Record<string, Make>> = {
  'values around 0': (random) => random - 0.5,
  'positive values': (random) => random * 3,
  ties: (random) => (Math.floor(random * 61) - 30) / 4,
  zeros: (random) => (random < 0.5 ? 0 : -0),
  'subnormal values': (random) => (random - 0.5) * 1e-41,
  'values of all magnitudes': (random, index) => (random - 0.5) * 2 ** ((index % 35) - 20),
};

function matrixOf(rows: number, columns: number, make: Make, type: Matrix['type'], isTransposed: boolean) {
  const random = seededRandom(rows * 1009 + columns);
  const values = Float32Array.from({ length: rows * columns }, (_, index) => make(random(), index));
  const halves = Uint16Array.from(values, numberToHalf);
  const source = new Uint8Array((type === 'float32' ? values : halves).buffer);
  const known = type === 'float32' ? values : Float32Array.from(halves, halfToNumber);
  const valueAt = (r: number, c: number) => known[isTransposed ? c * rows + r : r * columns + c] as number;
  return { matrix: { source, type, rows, columns, isTransposed } as Matrix, valueAt };
}

const roundOf = (type: Matrix['type']) =>
  type === 'float32' ? Math.fround : (scale: number) => halfToNumber(numberToHalf(scale));

describe.each(['float32', 'float16'] as const)('%s', (type) => {
  describe.each([4, 8] as const)('%i bits', (bits) => {
    test.each(Object.entries(KINDS))('%s', (_title, make) => {
      for (const [rows, columns] of SHAPES) {
        for (const isTransposed of [false, true]) {
          const { matrix, valueAt } = matrixOf(rows, columns, make, type, isTransposed);
          for (const blockSize of [16, 32, 256]) {
            for (const isSymmetric of [false, true]) {
              const scheme = { bits, blockSize, isSymmetric };
              const table = quantizeMatrix(matrix, scheme);
              const expected = oracle(rows, columns, { ...scheme, round: roundOf(type) }, valueAt);
              const place = JSON.stringify([rows, columns, isTransposed, blockSize, isSymmetric]);
              expect(Buffer.from(table?.packed ?? []).equals(expected.packed), place).toBe(true);
              expect(table?.scales, place).toEqual(expected.scales);
            }
          }
        }
      }
    });
  });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%f anywhere makes no table', (value) => {
  for (const isTransposed of [false, true]) {
    for (const at of [0, 4 * 37 + 1, 37 * 21 - 1]) {
      const { matrix } = matrixOf(37, 21, (random, index) => (index === at ? value : random), 'float32', isTransposed);
      expect(quantizeMatrix(matrix, { bits: 4, blockSize: 16, isSymmetric: true })).toBeUndefined();
    }
  }
});

test('a matrix larger than the memory of the kernel comes through a file in tiles', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nimify-tiles-'));
  try {
    for (const [rows, columns, isTransposed] of [
      [40, 70_001, false],
      [70_001, 20, true],
    ] as const) {
      const { matrix } = matrixOf(rows, columns, (random) => random - 0.5, 'float16', isTransposed);
      const path = join(folder, 'weights.bin');
      await writeFile(path, Buffer.concat([Buffer.alloc(6), matrix.source as Uint8Array]));
      const range = { path, offset: 6, length: matrix.source.length };
      const scheme = { bits: 4, blockSize: 256, isSymmetric: false } as const;
      const [inMemory, fromFile] = [
        quantizeMatrix(matrix, scheme),
        quantizeMatrix({ ...matrix, source: range }, scheme),
      ];
      expect(fromFile?.scales).toEqual(inMemory?.scales);
      expect(Buffer.from(fromFile?.packed ?? []).equals(inMemory?.packed ?? Buffer.of(1)), `${rows}`).toBe(true);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
