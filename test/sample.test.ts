import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openModel } from '../src/onnx/open.ts';
import { makeDataSet, PIXELS } from './fixtures/sample/dataset.ts';
import { RECIPE } from './fixtures/sample/network.ts';
import { writeSampleData } from './fixtures/sample/sample.ts';

const SAMPLE = new URL('fixtures/sample/', import.meta.url).pathname;
const NPY_HEADER_BYTES = 128;

async function arrays(): Promise<{ images: Uint8Array; labels: Uint8Array }> {
  const files = unzipSync(await readFile(join(SAMPLE, 'digits.npz')));
  return {
    images: (files['image.npy'] as Uint8Array).subarray(NPY_HEADER_BYTES),
    labels: (files['labels.npy'] as Uint8Array).subarray(NPY_HEADER_BYTES),
  };
}

describe('the sample data', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nimify-sample-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  test.each(['digits.npz', 'request.json'])('a rebuilt %s has the bytes of the committed one', async (name) => {
    await writeSampleData(folder);
    expect((await readFile(join(folder, name))).equals(await readFile(join(SAMPLE, name)))).toBe(true);
  });

  test('a different seed draws different images', () => {
    expect(makeDataSet(1, 10).images).not.toEqual(makeDataSet(2, 10).images);
  });

  test('every digit is held out equally often', async () => {
    const counts = new Array(10).fill(0);
    for (const label of (await arrays()).labels) counts[label] += 1;
    expect(counts).toEqual(new Array(10).fill(80));
  });

  test('no held-out image is drawn twice', async () => {
    const { images, labels } = await arrays();
    const pictures = Array.from(labels, (_, i) =>
      Buffer.from(images.subarray(i * PIXELS, (i + 1) * PIXELS)).toString('base64'),
    );
    expect(new Set(pictures).size).toBe(pictures.length);
  });

  test('the request carries the first held-out image in the shape that the model asks for', async () => {
    const request = JSON.parse(await readFile(join(SAMPLE, 'request.json'), 'utf8'));
    expect(request.inputs).toMatchObject([{ name: 'image', datatype: 'FP32', shape: [1, 1, 28, 28] }]);
    expect(request.inputs[0].data).toEqual([...(await arrays()).images.subarray(0, PIXELS)]);
  });

  test('the committed files stay small', async () => {
    const sizes = await Promise.all(['digits.npz', 'digits.onnx', 'request.json'].map((name) => stat(SAMPLE + name)));
    expect(Math.max(...sizes.map(({ size }) => size))).toBeLessThan(1_000_000);
  });
});

describe('the sample model', () => {
  test('the graph says what its recipe says', () => {
    const { graph } = openModel(join(SAMPLE, 'digits.onnx')).proto;
    expect(graph.node.map((node) => node.opType).join(' ')).toBe(
      'Mul Conv Relu MaxPool Conv Relu MaxPool Flatten Gemm Softmax',
    );
    const [, first, , second] = graph.initializer.map((tensor) => tensor.dims);
    expect([first, second]).toEqual(
      RECIPE.layers.map((l) => [l.filterCount, l.inputChannels, l.kernelSide, l.kernelSide]),
    );
  });
});
