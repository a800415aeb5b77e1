/** What holds for every quantizer, whichever are registered. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeNode } from '../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import type { OnnxModel } from '../../src/onnx/open.ts';
import { realInputs, tensorInfo } from '../../src/onnx/value-info.ts';
import type { QuantizeDeps, QuantizeOutput } from '../../src/quantization/quantizer.ts';
import { QUANTIZERS } from '../../src/quantization/registry.ts';
import type { Feeds } from '../../src/runtime/feeds.ts';
import { openSession } from '../../src/runtime/session.ts';
import { FAMILIES } from '../quantization/model-families.ts';
import { depsIn, samplesOf, smallModel, wave } from '../quantization/small-models.ts';

/** Rooms inside the room: what all methods share. */
const SHARED = ['calibration', 'data', 'preparation'];

describe('the registry of quantizers', () => {
  const ids = QUANTIZERS.map(({ id }) => id);

  test('has one entry for each folder', () => {
    const folders = readdirSync(new URL('../../src/quantization', import.meta.url), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !SHARED.includes(entry.name))
      .map(({ name }) => name);
    expect([...ids].sort()).toEqual(folders.sort());
  });

  test('has ids in kebab-case, and none twice or that of the original', () => {
    for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(new Set([...ids, 'original']).size).toBe(ids.length + 1);
  });
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-contract-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Two layers with a bias between, so that every method finds something; opset and size as an exporter would choose. */
function perceptron(): OnnxModel {
  return smallModel({
    nodes: [
      makeNode('Gemm', ['x', 'w', 'b'], ['hidden'], { name: 'first' }),
      makeNode('Relu', ['hidden'], ['active'], { name: 'relu' }),
      makeNode('MatMul', ['active', 'v'], ['y'], { name: 'second' }),
    ],
    input: ['batch', 16],
    weights: { w: wave([16, 32]), b: wave([32], 2), v: wave([32, 4], 3) },
    opset: 17,
  });
}

/** A model without any weight. */
const weightless = (): OnnxModel => smallModel({ nodes: [makeNode('Relu', ['x'], ['y'])], input: [4] });

const samples = samplesOf([1, 2, 3, 4].map((seed) => ({ x: wave([2, 16], seed) })));

function interfaceOf({ proto }: Pick<OnnxModel | QuantizeOutput, 'proto'>) {
  const graph = (proto as OnnxModel['proto']).graph;
  return { inputs: realInputs(graph).map(tensorInfo), outputs: graph.output.map(tensorInfo) };
}

const bytesOf = ({ proto }: QuantizeOutput): Uint8Array => encodedBytes(encodeModel(proto));

describe.each(QUANTIZERS)('the quantizer $id', (entry) => {
  const calibration = entry.needsCalibration ? samples : null;
  const run = async (model: OnnxModel, deps: Partial<QuantizeDeps> = {}): Promise<QuantizeOutput> =>
    (await entry.load()).run({ model, calibration, options: {} }, { ...depsIn(folder), ...deps });

  test('says why it skips a model with nothing to quantize, and refuses to run on it', async () => {
    const findings = (await entry.load()).requires(weightless());
    expect(findings).toMatchObject([
      { code: 'METHOD_SKIPPED', args: { method: entry.id, reason: expect.stringMatching(/\w{2,}[^.]$/) } },
    ]);
    await expect(run(weightless())).rejects.toMatchObject({ code: 'METHOD_NOT_APPLICABLE' });
  });

  test('ends with the reason of the signal, before the work and in the middle of it', async () => {
    const reason = new Error('enough');
    await expect(run(perceptron(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const stop = new AbortController();
    const report = (): void => stop.abort(reason);
    await expect(run(perceptron(), { signal: stop.signal, report })).rejects.toBe(reason);
  });

  test('takes a model without complaint, and names and types of inputs and outputs stay', async () => {
    expect((await entry.load()).requires(perceptron())).toEqual([]);
    expect(interfaceOf(await run(perceptron()))).toEqual(interfaceOf(perceptron()));
  });

  test('gives the same bytes and the same recipe for the same input', async () => {
    const [first, second] = [await run(perceptron()), await run(perceptron())];
    expect(Buffer.compare(bytesOf(first), bytesOf(second))).toBe(0);
    expect(second.recipe).toEqual(first.recipe);
    expect(JSON.parse(JSON.stringify(first.recipe))).toEqual(first.recipe);
    expect(first.recipe).toMatchObject({ method: entry.id, quantizedNodes: expect.objectContaining({ MatMul: 1 }) });
  });

  test('writes a model that ONNX Runtime loads and that gives nearly the numbers of the original', async () => {
    const original = encodedBytes(encodeModel(perceptron().proto));
    const answers = [];
    for (const model of [original, bytesOf(await run(perceptron()))]) {
      // Without VNNI, x64 processors saturate sums of 8-bit products; here the model is judged, not the processor.
      const session = await openSession(model, { configEntries: { 'session.x64quantprecision': '1' } });
      answers.push((await session.run({ x: wave([2, 16], 2) })).y);
      await session.release();
    }
    const [expected, found] = answers.map((answer) => Array.from(answer?.data as Float32Array));
    expect(answers[1]).toMatchObject({ dataType: 'float32', dims: [2, 4] });
    const largest = Math.max(...(expected ?? []).map(Math.abs));
    const differences = (expected ?? []).map((value, index) => Math.abs(value - Number(found?.[index])) / largest);
    expect(Math.max(...differences)).toBeLessThan(0.1);
  });
});

describe.each(QUANTIZERS)('$id takes what users bring, or says why not', (entry) => {
  test.each(FAMILIES)('$title', async ({ make, sample }) => {
    const feeds = [1, 2, 3, 4].map((seed) => ({ x: wave(sample, seed) }));
    const quantizer = await entry.load();
    const [obstacle] = quantizer.requires(make());
    if (obstacle !== undefined) return expect(obstacle.args.reason).toMatch(/\w{2,}[^.]$/);
    const calibration = entry.needsCalibration ? samplesOf(feeds) : null;
    const quantized = await quantizer.run({ model: make(), calibration, options: {} }, depsIn(folder));
    expect(bytesOf(quantized)).not.toEqual(encodedBytes(encodeModel(make().proto)));
    expect(interfaceOf(quantized).outputs).toEqual(interfaceOf(make()).outputs);
    const expected = await answersOf(encodedBytes(encodeModel(make().proto)), feeds);
    const found = await answersOf(bytesOf(quantized), feeds);
    expect(noiseOverSignal(expected, found)).toBeLessThan(quantized.recipe.precision.match(/int4|mixed/) ? 0.2 : 0.1);
  });
});

/** The output of every sample, one after the other. */
async function answersOf(model: Uint8Array, feeds: readonly Feeds[]): Promise<number[]> {
  const session = await openSession(model, { configEntries: { 'session.x64quantprecision': '1' } });
  const answers: number[] = [];
  for (const sample of feeds) {
    const { y } = await session.run(sample);
    answers.push(...Array.from((y?.data ?? []) as ArrayLike<number>));
  }
  await session.release();
  return answers;
}

/** Of root mean squares. */
function noiseOverSignal(expected: readonly number[], found: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  const power = (values: readonly number[]) => Math.hypot(...values);
  return power(expected.map((value, index) => value - (found[index] as number))) / power(expected);
}
