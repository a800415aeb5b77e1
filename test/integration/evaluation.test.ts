import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { type CompareOptions, compare } from '../../src/evaluation/compare.ts';
import { judge } from '../../src/evaluation/judge.ts';
import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import type { DataType } from '../../src/onnx/data-type.ts';
import { writeModel } from '../../src/onnx/write.ts';
import { openData } from '../../src/quantization/data/open.ts';
import { probeRandom } from '../../src/quantization/data/random.ts';
import { openSession } from '../../src/runtime/session.ts';
import { floats, longs, npz } from '../quantization/data/npy-writer.ts';
import { wav } from '../quantization/data/wav-writer.ts';

const MODELS = new URL('../../../shared/models/', import.meta.url).pathname;
const hasModels = existsSync(MODELS);
const IMAGE = { mean: [127], std: [128], channels: 'rgb' as const };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-evaluation-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function options(changes: Partial<CompareOptions> = {}): CompareOptions {
  const { signal } = new AbortController();
  const report = () => {};
  return { threads: 1, latencyRuns: 3, maxSamples: 100, signal, report, clock: systemClock, ...changes };
}

/** `y = operator(x · weight)` for x of [n, 3], written to a file. */
async function model(
  weight: readonly number[],
  operator = 'Identity',
  output: DataType = 'float32',
): Promise<{ path: string }> {
  const path = join(folder, `${operator}-${weight.join('_')}.onnx`);
  const graph = makeGraph({
    name: 'g',
    nodes: [makeNode('Mul', ['x', 'w'], ['s']), makeNode(operator, ['s'], ['y'])],
    inputs: [makeValueInfo('x', 'float32', ['n', 3])],
    outputs: [makeValueInfo('y', output, operator === 'NonZero' ? [2, 'found'] : ['n', 3])],
    initializers: [makeTensor('w', { dataType: 'float32', dims: [3], data: Float32Array.from(weight) })],
  });
  await writeModel(makeModel({ graph, opset: 17, irVersion: 8 }), path, { force: true });
  return { path };
}

async function samples(count: number, labels?: readonly number[]) {
  const path = join(folder, `data-${count}-${labels?.length ?? 0}.npz`);
  const x = floats(
    [count, 3],
    Array.from({ length: count * 3 }, (_, index) => 1 + ((index * 7) % 5)),
  );
  writeFileSync(path, npz({ x, ...(labels === undefined ? {} : { labels: longs([labels.length], labels) }) }));
  const session = await openSession((await model([1, 1, 1])).path);
  const set = await openData({ path, bind: {} }, session.inputs, { image: IMAGE, seed: 0 });
  await session.release();
  return set;
}

describe('comparing two models', () => {
  test('of different outputs ends with a code', async () => {
    await expect(
      compare(await model([1, 1, 1]), await model([1, 1, 1], 'IsNaN', 'bool'), await samples(9), options()),
    ).rejects.toMatchObject({ code: 'OUTPUTS_DIFFER', message: expect.stringContaining('y bool') });
  });

  test('tells of values that are not finite', async () => {
    const { evaluation, findings } = await compare(
      await model([1, 1, 1], 'Log'),
      await model([1, 1, -1], 'Log'),
      await samples(9),
      options(),
    );
    expect(evaluation.outputs[0]?.notFinite).toBe(9);
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'OUTPUT_NOT_FINITE', severity: 'error', where: 'y' }),
    );
  });

  test('bears outputs whose shapes differ from sample to sample and tells of them', async () => {
    const { evaluation, findings } = await compare(
      await model([1, 1, 1], 'NonZero', 'int64'),
      await model([1, 1, 0], 'NonZero', 'int64'),
      await samples(9),
      options(),
    );
    expect(evaluation.outputs[0]).toMatchObject({ shapeDiffers: 9, isEqual: false });
    expect(findings.map(({ code }) => code)).toEqual(['OUTPUT_SHAPE_DIFFERS']);
    expect(judge(evaluation, { minSqnrDb: 15, minTop1Agreement: 0.98 }).isWithinBudget).toBe(false);
  });

  test('says when the samples are few, or random', async () => {
    const [first, second] = [await model([1, 1, 1]), await model([1, 1, 2])];
    const few = await compare(first, second, await samples(7), options());
    expect(few.findings).toMatchObject([{ code: 'DATA_FEW_SAMPLES', args: { samples: 7 } }]);
    const session = await openSession(first.path);
    const random = await probeRandom(session, session.inputs, {}, { seed: 0 });
    await session.release();
    const noise = await compare(first, second, random, options());
    expect(noise.findings).toMatchObject([{ code: 'DATA_RANDOM' }]);
    expect(noise.evaluation.data).toMatchObject({ isRandom: true, origin: 'random' });
  });

  test('stops when the signal says so', async () => {
    const stop = new AbortController();
    const report = () => stop.abort(new Error('stopped'));
    const running = compare(
      await model([1, 1, 1]),
      await model([1, 1, 1]),
      await samples(9),
      options({ signal: stop.signal, report }),
    );
    await expect(running).rejects.toThrow('stopped');
  });

  test('gives the figures of their outputs, accuracy, sizes and the samples that were run', async () => {
    const [first, second] = [await model([1, 1, 1]), await model([1, 1, 1.1])];
    const set = await samples(10, Array(10).fill(2));
    const steps: string[] = [];
    const report = (done: number, total: number | null, unit: string) => steps.push(`${done}/${total} ${unit}`);
    const { evaluation, findings } = await compare(first, second, set, options({ maxSamples: 8, report }));
    let signal = 0;
    let noise = 0;
    for await (const feeds of set.pick([0, 1, 2, 3, 5, 6, 7, 8]).samples()) {
      const x = feeds.x?.data as Float32Array;
      signal += x.reduce((sum, value) => sum + value * value, 0);
      noise += (0.1 * (x[2] as number)) ** 2;
    }
    expect(evaluation.outputs).toHaveLength(1);
    expect(evaluation.outputs[0]?.sqnrDb).toBeCloseTo(10 * Math.log10(signal / noise), 4);
    expect(evaluation.samples).toBe(8);
    expect(evaluation.accuracy).not.toBeNull();
    expect(evaluation.size).toEqual({
      originalBytes: statSync(first.path).size,
      candidateBytes: statSync(second.path).size,
      ratio: statSync(second.path).size / statSync(first.path).size,
    });
    expect(evaluation.latency).toMatchObject({ threads: 1, runs: 3 });
    expect(steps).toContain('8/8 samples');
    expect(steps.at(-1)).toBe('3/3 runs');
    expect(findings).toEqual([]);
  });
});

describe('models with state', () => {
  /** `y = state + x`, `stateN = keep · y`, in frames of one sample. */
  async function adder(keep: number): Promise<{ path: string }> {
    const path = join(folder, `adder-${keep}.onnx`);
    const graph = makeGraph({
      name: 'g',
      nodes: [makeNode('Add', ['state', 'x'], ['y']), makeNode('Mul', ['y', 'keep'], ['stateN'])],
      inputs: [makeValueInfo('x', 'float32', [1, 1]), makeValueInfo('state', 'float32', [1, 1])],
      outputs: [makeValueInfo('y', 'float32', [1, 1]), makeValueInfo('stateN', 'float32', [1, 1])],
      initializers: [makeTensor('keep', { dataType: 'float32', dims: [1], data: Float32Array.of(keep) })],
    });
    await writeModel(makeModel({ graph, opset: 17, irVersion: 8 }), path, { force: true });
    return { path };
  }

  async function recording(path: string) {
    const file = join(folder, 'a.wav');
    writeFileSync(file, wav(Array<number>(4).fill(1), { bits: 32, format: 3 }));
    const session = await openSession(path);
    const set = await openData({ path: file, bind: {} }, session.inputs, { image: IMAGE, model: session, seed: 0 });
    await session.release();
    return set;
  }

  test('are compared with their own state, so that errors add up along a recording', async () => {
    const [original, candidate] = [await adder(1), await adder(0.5)];
    const set = await recording(original.path);
    const { evaluation } = await compare(original, candidate, set, options());
    // 1, 2, 3, 4 against 1, 1.5, 1.75, 1.875; with the state of the original it would be 4 against 2.5.
    expect(evaluation.outputs[0]).toMatchObject({ name: 'y', maxAbsError: 2.125 });
    expect(evaluation.samples).toBe(4);
    expect(evaluation.outputs.map(({ isState }) => isState ?? false)).toEqual([false, true]);
  });
});

describe.skipIf(!hasModels)('published models (skipped where ../shared/models is missing)', () => {
  test('a face detector on photographs is equal to itself, and only its scores are classes', async () => {
    const path = join(MODELS, 'ultraface/version-RFB-320.onnx');
    const session = await openSession(path);
    const set = await openData({ path: join(MODELS, 'ultraface/images'), bind: {} }, session.inputs, {
      image: IMAGE,
      seed: 0,
      maxSamples: 8,
    });
    await session.release();
    expect(set.preparation).toBe('image: RGB, 320×240, (x − 127) / 128, NCHW');
    const { evaluation, findings } = await compare({ path }, { path }, set, options());
    expect(evaluation.outputs).toMatchObject([
      { name: 'scores', isEqual: true, sqnrDb: null, isClassification: true },
      { name: 'boxes', isEqual: true, sqnrDb: null, isClassification: false },
    ]);
    expect(findings).toEqual([]);
  });

  test.each(['silero_vad', 'silero_vad_op18_ifless'])('%s decides along a recording as itself', async (name) => {
    const path = join(MODELS, `silero-vad/${name}.onnx`);
    const session = await openSession(path);
    const data = { path: join(MODELS, 'silero-vad/test.wav'), bind: {} };
    const set = await openData(data, session.inputs, { image: IMAGE, model: session, seed: 0 });
    await session.release();
    expect(set.count).toBe(1875);
    expect(set.preparation).toBe(
      'audio: 16000 Hz, mono, frames of 512 samples behind 64 of context, state → stateN carried over from zeros, sr = 16000, as silero-vad 5 takes it',
    );
    const { evaluation, findings } = await compare({ path }, { path }, set, options({ maxSamples: 256 }));
    expect(evaluation).toMatchObject({ samples: 256, outputs: [{ isEqual: true, decisionAgreement: 1 }, {}] });
    expect(findings).toEqual([]);
  });

  test.each([
    'mnist/mnist',
    'ultraface/version-RFB-320',
    'yunet/yunet_n_dynamic',
    'silero-vad/silero_vad',
    'silero-vad/silero_vad_op18_ifless',
    'magika/model',
    'tiny-bert/model',
  ])('%s runs on random samples of sizes that are found', async (name) => {
    const session = await openSession(join(MODELS, `${name}.onnx`), { threads: 1 });
    const set = await probeRandom(session, session.inputs, {}, { seed: 0 });
    for await (const feeds of set.pick([1]).samples()) expect(Object.keys(await session.run(feeds))).not.toEqual([]);
    await session.release();
  });
});
