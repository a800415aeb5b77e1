/** `create` within a budget: what is refused, what is served and recorded, and what is said where nothing holds. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeNode } from '../../src/onnx/build.ts';
import { writeModel } from '../../src/onnx/write.ts';
import { poisoned } from '../pipeline/search/poisoned.ts';
import { smallModel, wave } from '../quantization/small-models.ts';
import { type FakeRun, runFake } from './fake-io.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-create-'));
  await writeModel(poisoned().proto, join(folder, 'm.onnx'));
  const nodes = [makeNode('MatMul', ['x', 'w'], ['y'])];
  const { proto } = smallModel({ nodes, input: [4, 64], weights: { w: wave([64, 64]) }, opset: 17 });
  await writeModel(proto, join(folder, 'one.onnx'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const create = (name: string, ...flags: string[]): Promise<FakeRun> => createFrom('m.onnx', name, ...flags);

const createFrom = (model: string, name: string, ...flags: string[]): Promise<FakeRun> => {
  const argv = ['create', join(folder, model), '--name', name, '-o', join(folder, name), '--json', ...flags];
  return runFake([...argv, '--progress', 'none'], { cwd: folder });
};

const NOISE = '--accept-random-data';

describe('a budget is refused', () => {
  test.each([
    [['--max-drop', '1%'], 'there are none: random noise does not decide', '--data PATH'],
    [['--max-drop', '1%', '--min-sqnr-db', '30'], '--min-sqnr-db is for candidates without a search', 'Leave --min-'],
    [['--min-sqnr', '9', '--min-top1-agreement', '1'], '--min-top1-agreement is for candidates', 'Leave --min-top1'],
    [['--report', 'found'], '--report belongs to a search', 'nimify create --help'],
    [['--prefer', 'size'], '--prefer belongs to a search', 'nimify create --help'],
    [['--max-drop', '1%', '--min-sqnr', '9'], 'Give one of', 'nimify create --help'],
    [['--max-drop', '1%', '--method', 'float16'], "'--method'; did you mean --methods?", 'nimify create --help'],
    [['--min-sqnr', '9', '--methods', 'int3', NOISE], 'int3', ''],
    [['--min-sqnr', '9', '--methods', '', NOISE], 'nothing to search among', 'Leave --methods out'],
  ])('%j', async (flags, message, hint) => {
    const { exitCode, json } = await create('refused', ...flags);
    expect(exitCode).toBe(2);
    expect(json().error?.message).toContain(message);
    expect(json().error?.hint).toContain(hint);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });
});

describe('what a search finds', () => {
  /** The same facts in the folder and in the catalog. */
  async function expectRecorded(name: string, facts: Record<string, unknown>): Promise<Record<string, unknown>> {
    const manifest = JSON.parse(readFileSync(join(folder, name, 'service.json'), 'utf8'));
    expect(manifest.facts.model).toMatchObject(facts);
    const shown = await runFake(['catalog', 'show', `${name}@1`, '--json'], { cwd: folder });
    const { version } = shown.json().result as { version: Record<string, unknown> };
    const told = JSON.parse(readFileSync(join(folder, name, 'evaluation.json'), 'utf8'));
    const chosen = told.candidates.find(({ id }: { id: string }) => id === told.chosen);
    expect(version).toMatchObject({ ...facts, evaluation: chosen.evaluation });
    expect(version.recipe).toEqual(manifest.recipe);
    return manifest.recipe;
  }

  test('with a layer left float is served under the real method, with the nodes in its recipe', async () => {
    const budget = ['--min-sqnr', '20', '--prefer', 'size', '--methods', 'dynamic-int8', NOISE];
    const { exitCode, json, stderr } = await create('mixed', ...budget, '--report', join(folder, 'found'));
    expect(exitCode, stderr).toBe(0);
    expect(json().result).toMatchObject({ chosen: 'dynamic-int8-without-1', versionId: 'mixed@1' });
    const recipe = await expectRecorded('mixed', { method: 'dynamic-int8', precision: 'int8' });
    expect(recipe).toMatchObject({ method: 'dynamic-int8', options: { excludeNodes: ['poisoned'] } });
    const shown = await runFake(['catalog', 'show', 'mixed@1'], { cwd: folder });
    expect(shown.stdout).toContain('· mixed: dynamic-int8, 1 node float · int8');
    expect(json().result?.reason).toContain('mixed: dynamic-int8, 1 group float is the smallest that holds 20.0 dB');
    const told = JSON.parse(readFileSync(join(folder, 'mixed', 'evaluation.json'), 'utf8'));
    expect(told).toMatchObject({ chosen: 'dynamic-int8-without-1', candidates: [{ isWithinBudget: false }, {}] });
    expect(readdirSync(join(folder, 'found'))).toContain('quantization.html');
    expect((await runFake(['validate', join(folder, 'mixed'), '--json'], { cwd: folder })).exitCode).toBe(0);
  });

  test.each([
    ['10', 'weight-only', 'int4'],
    ['35', 'weight-only-1', 'int8'],
  ])('that keeps %s dB is %s, recorded as %s', async (decibels, chosen, precision) => {
    const budget = ['--min-sqnr', decibels, '--prefer', 'size', '--methods', 'weight-only', NOISE];
    const { exitCode, json, stderr } = await createFrom('one.onnx', chosen, ...budget);
    expect(exitCode, stderr).toBe(0);
    expect(json().result).toMatchObject({ chosen });
    await expectRecorded(chosen, { method: 'weight-only', precision });
  });
});

describe('where nothing holds the budget', () => {
  const never = ['--min-sqnr', '150', '--methods', 'dynamic-int8', NOISE];

  test('the original is served, and what came nearest is told', async () => {
    const { exitCode, json } = await create('never', ...never);
    expect(exitCode).toBe(0);
    expect(json().result).toMatchObject({ chosen: 'original', versionId: 'never@1' });
    const said = expect.stringMatching(
      /candidates? (does not hold|holds) 150\.0 dB of SQNR; the nearest is (mixed: )?dynamic-int8/,
    );
    expect(json().result?.reason).toEqual(said);
    expect(json().findings).toContainEqual(expect.objectContaining({ code: 'BUDGET_NOT_MET', message: said }));
    const manifest = JSON.parse(readFileSync(join(folder, 'never', 'service.json'), 'utf8'));
    expect(manifest).toMatchObject({ facts: { model: { method: 'original' } }, recipe: null });
  });

  test('--fail-on warning makes it exit code 3', async () => {
    expect((await create('strict', ...never, '--dry-run', '--fail-on', 'warning')).exitCode).toBe(3);
  });

  test('a search that had no time says so', async () => {
    const { json } = await create('short', '--min-sqnr', '9', NOISE, '--time-limit', '0.001s', '--dry-run');
    expect(json().result?.reason).toBe(
      'The original is served: time was up before a candidate was measured. Allow more with --time-limit.',
    );
  });

  test('a person reads it below the table of all that was tried', async () => {
    const argv = ['create', join(folder, 'm.onnx'), '--dry-run', ...never, '--progress', 'none'];
    const { stdout } = await runFake(argv, { cwd: folder });
    expect(stdout).toContain('Search for SQNR of at least 150.0 dB');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('Why The original is served: ');
  });
});
