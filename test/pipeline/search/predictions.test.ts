/** The samples that a report shows side by side. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeConfig } from '../../../src/config/make-config.ts';
import type { OutputComparison } from '../../../src/evaluation/evaluation.ts';
import { makeNode } from '../../../src/onnx/build.ts';
import { writeModel } from '../../../src/onnx/write.ts';
import { pipelineDeps } from '../../../src/pipeline/deps.ts';
import { predictionsOf } from '../../../src/pipeline/search/predictions.ts';
import { samplesOf, smallModel } from '../../quantization/small-models.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-predictions-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const row = (...values: number[]) => ({
  dataType: 'float32' as const,
  dims: [1, values.length],
  data: Float32Array.from(values),
});

/** y = x · factor, written to the folder. */
async function scaling(name: string, factor: readonly number[], nodes: string[] = []): Promise<string> {
  const path = join(folder, `${name}.onnx`);
  const weights = { factor: row(...factor) };
  const model = smallModel({
    nodes: [makeNode('Mul', ['x', 'factor'], ['y']), ...nodes.map((output) => makeNode('Neg', ['y'], [output]))],
    outputs: ['y', ...nodes],
    input: [1, factor.length],
    weights,
  });
  await writeModel(model.proto, path, { force: true });
  return path;
}

const output = (name: string, parts: Partial<OutputComparison> = {}): OutputComparison => ({
  name,
  sqnrDb: 30,
  isEqual: false,
  cosine: 1,
  maxAbsError: 0,
  top1Agreement: 1,
  notFinite: 0,
  ...parts,
});

const deps = pipelineDeps(makeConfig({}));

test('shows the largest values of both models at the same places, and the largest first', async () => {
  const original = await scaling('original', [1, 1, 1, 1, 1, 1]);
  const candidate = await scaling('candidate', [1, 1, 1, 1, 1, 20]);
  const samples = samplesOf([{ x: row(6, 5, 4, 3, 2, 1) }]);
  const [shown] = await predictionsOf({ original, candidate, samples, outputs: [output('y')] }, deps);
  expect(shown).toEqual({
    sample: 0,
    output: 'y',
    original: [6, 5, 4, 3, 1].map((score) => ({ index: 6 - score, score })),
    candidate: [{ index: 5, score: 20 }, ...[6, 5, 4, 3].map((score) => ({ index: 6 - score, score }))],
  });
});

test('takes a few samples of all, and the output that is classes before others; state is none', async () => {
  const original = await scaling('both', [1, 1], ['z']);
  const samples = samplesOf(Array.from({ length: 60 }, (_, index) => ({ x: row(index, 0) })));
  const outputs = [output('y', { isState: true }), output('z', { isClassification: true })];
  const shown = await predictionsOf({ original, candidate: original, samples, outputs }, deps);
  expect(shown.map(({ sample }) => sample)).toEqual([0, 10, 20, 30, 40, 50]);
  expect(new Set(shown.map((one) => one.output))).toEqual(new Set(['z']));
  expect(shown[1]?.original[1]).toEqual({ index: 0, score: -10 });
});

test('shows nothing of outputs in which no distance is known', async () => {
  const original = await scaling('none', [1]);
  const outputs = [output('y', { sqnrDb: null })];
  expect(
    await predictionsOf({ original, candidate: original, samples: samplesOf([{ x: row(1) }]), outputs }, deps),
  ).toEqual([]);
});
