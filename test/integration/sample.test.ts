import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { openSession } from '../../src/runtime/session.ts';
import { writeSampleModel } from '../fixtures/sample/sample.ts';

const SAMPLE = new URL('../fixtures/sample/', import.meta.url).pathname;
const NPY_HEADER_BYTES = 128;
const COUNT = 800;

/** Classes that ONNX Runtime finds for all held-out images, and those that are right. */
async function classes(): Promise<{ found: number[]; right: number[] }> {
  const files = unzipSync(await readFile(join(SAMPLE, 'digits.npz')));
  const image = Float32Array.from((files['image.npy'] as Uint8Array).subarray(NPY_HEADER_BYTES));
  const session = await openSession(join(SAMPLE, 'digits.onnx'), { threads: 1 });
  const outputs = await session.run({
    image: { dataType: 'float32', dims: [COUNT, 1, 28, 28], data: image },
  });
  await session.release();
  const probabilities = outputs.probabilities?.data as Float32Array;
  const found = Array.from({ length: COUNT }, (_, row) => {
    const own = probabilities.subarray(row * 10, (row + 1) * 10);
    return own.indexOf(Math.max(...own));
  });
  return { found, right: [...(files['labels.npy'] as Uint8Array).subarray(NPY_HEADER_BYTES)] };
}

test('the sample model reads at least 95 % of the held-out digits, and not all of them', async () => {
  const { found, right } = await classes();
  const accuracy = found.filter((digit, index) => digit === right[index]).length / COUNT;
  expect(accuracy).toBeGreaterThanOrEqual(0.95);
  expect(accuracy).toBeLessThan(1);
});

test('the sample model reads the digit of the request that the quickstart sends', async () => {
  const { found, right } = await classes();
  expect(found[0]).toBe(right[0]);
});

test('learning the sample model again gives the bytes of the committed one', { timeout: 600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nimify-sample-'));
  try {
    await writeSampleModel(folder);
    const [again, committed] = await Promise.all([folder, SAMPLE].map((path) => readFile(join(path, 'digits.onnx'))));
    expect(again?.equals(committed as Buffer)).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});
