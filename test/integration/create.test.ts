/** `nimify create` on real models, from the terminal to the folder and the catalog. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreateResult } from '../../src/pipeline/requests.ts';
import { envelope, leftovers, nimify, ROOT, sharedModels } from './command.ts';

const SAMPLE = join(ROOT, 'test', 'fixtures', 'sample');
const MODELS = sharedModels();
const NO_MODELS = 'the folder of real models is not beside the project';
const ULTRAFACE_FLAGS = ['--image-mean', '127', '--image-std', '128', '--calibration-samples', '12'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nimify-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function create(model: string, name: string, args: readonly string[]): Promise<CreateResult> {
  const ended = await nimify(['create', model, '-o', name, '--name', name, '--json', ...args], { cwd: folder });
  expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0);
  return envelope(ended).result as unknown as CreateResult;
}

/** A folder is complete when its own validation says so and every artifact of the result is in it. */
async function expectComplete(result: CreateResult, name: string): Promise<void> {
  const files = (await readdir(join(folder, name), { recursive: true })).map((file) => file.replaceAll('\\', '/'));
  expect(files).toEqual(expect.arrayContaining(result.artifacts.map(({ path }) => path)));
  expect(files).toEqual(expect.arrayContaining([`models/${name}/1/model.onnx`, 'service.json', 'evaluation.json']));
  const validated = await nimify(['validate', name, '--json'], { cwd: folder });
  expect(validated.exitCode, validated.stdout).toBe(0);
}

describe('the sample model', () => {
  test('is quantized, measured, recorded, and the same input gives the same artifacts', async () => {
    const data = ['--data', join(SAMPLE, 'digits.npz')];
    const first = await create(join(SAMPLE, 'digits.onnx'), 'digits', data);
    await expectComplete(first, 'digits');
    expect(first.versionId).toBe('digits@1');
    const evaluation = first.candidates.find(({ id }) => id === 'static-int8')?.evaluation;
    expect(evaluation?.accuracy?.candidate).toBeGreaterThan(0.95);

    const bytes = readFileSync(join(folder, 'digits', 'service.json'), 'utf8');
    const methods = first.chosen === 'original' ? [] : ['--methods', first.chosen];
    const second = await create(join(SAMPLE, 'digits.onnx'), 'digits', [...data, '--force', ...methods]);
    expect(second.versionId).toBe('digits@2');
    if (second.chosen === first.chosen)
      expect(readFileSync(join(folder, 'digits', 'service.json'), 'utf8')).toBe(bytes);
  });

  test('made again over itself keeps what was edited, and replaces it with --overwrite', async () => {
    const model = join(SAMPLE, 'digits.onnx');
    await create(model, 'again', []);
    const compose = join(folder, 'again', 'compose.yaml');
    const generated = readFileSync(compose, 'utf8');
    writeFileSync(compose, `${generated}# ours\n`);
    writeFileSync(join(folder, 'again', 'chart/templates/own.yaml'), 'kind: ConfigMap\n');
    const kept = await create(model, 'again', ['--force']);
    expect(readFileSync(compose, 'utf8')).toBe(`${generated}# ours\n`);
    expect(readFileSync(join(folder, 'again', 'chart/templates/own.yaml'), 'utf8')).toBe('kind: ConfigMap\n');
    expect(kept.versionId).toBe('again@2');
    await create(model, 'again', ['--force', '--overwrite']);
    expect(readFileSync(compose, 'utf8')).toBe(generated);
    expect(await readdir(join(folder, 'again', 'chart/templates'))).not.toContain('own.yaml');
  });

  test('a dry run tells everything and writes nothing', async () => {
    mkdirSync(join(folder, 'dry'));
    const ended = await nimify(['create', join(SAMPLE, 'digits.onnx'), '-o', 'out', '--dry-run', '--json'], {
      cwd: join(folder, 'dry'),
    });
    expect(ended.exitCode).toBe(0);
    expect(envelope(ended).result).toMatchObject({ isDryRun: true, versionId: null });
    // The batch of the model is open, but nothing asks for data that the command has.
    expect(envelope(ended).findings.map(({ code }) => code)).toEqual(['DATA_RANDOM']);
    expect(leftovers(join(folder, 'dry'))).toEqual([]);
  });

  test('without data the original is served and the result says why', async () => {
    const result = await create(join(SAMPLE, 'digits.onnx'), 'noise', []);
    expect(result.chosen).toBe('original');
    expect(result.reason).toMatch(/random/i);
    await expectComplete(result, 'noise');
  });
});

describe.skipIf(MODELS === undefined)(`published models (${MODELS === undefined ? NO_MODELS : 'all of them'})`, () => {
  test.each([
    ['mnist', 'mnist/mnist.onnx', []],
    ['ultraface', 'ultraface/version-RFB-320.onnx', ['--data', 'ultraface/images', ...ULTRAFACE_FLAGS]],
    ['yunet', 'yunet/yunet_n_dynamic.onnx', []],
    ['silero', 'silero-vad/silero_vad.onnx', []],
    ['silero-ifless', 'silero-vad/silero_vad_op18_ifless.onnx', []],
    ['magika', 'magika/model.onnx', []],
    ['tiny-bert', 'tiny-bert/model.onnx', []],
  ] as const)('%s becomes a complete service', async (name, model, args) => {
    const inModels = (path: string): string => join(MODELS as string, path);
    const result = await create(
      inModels(model),
      name,
      args.map((arg) => (arg === 'ultraface/images' ? inModels(arg) : arg)),
    );
    await expectComplete(result, name);
  });

  test('super-resolution is refused with the domain that it needs, and leaves nothing', async () => {
    const model = join(MODELS as string, 'super-resolution', 'model.onnx');
    const ended = await nimify(['create', model, '-o', 'super', '--json'], { cwd: folder });
    expect(ended.exitCode).toBe(4);
    const { error } = envelope(ended);
    expect(error).toMatchObject({ code: 'CUSTOM_OPERATORS' });
    expect(error?.message).toContain('com.microsoft.extensions');
    expect(leftovers(folder)).not.toContain('super');
  });
});
