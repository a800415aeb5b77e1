/** Generating again: what depends on a setting is written, what people edited stays, and nothing else is touched. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ConfigValues, makeConfig } from '../../src/config/make-config.ts';
import { pipelineDeps } from '../../src/pipeline/deps.ts';
import { generate, refreshed } from '../../src/pipeline/generate.ts';
import { LOCK_FILE } from '../../src/pipeline/lock.ts';
import { estimatedMemoryMiB, generateArtifacts, serviceDocuments } from '../../src/pipeline/service.ts';
import { validate } from '../../src/pipeline/validate.ts';
import { FIXTURES } from '../artifacts/fixtures.ts';

const FACTS = FIXTURES.text!;
let folder = '';

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-generate-'));
  const files = await generateArtifacts(FACTS);
  for (const { path, content } of [...files, ...serviceDocuments(FACTS, null, files)]) put(path, content);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

const textOf = (path: string) => readFileSync(join(folder, path), 'utf8');
const run = (values: ConfigValues = {}, options: { isOverwriting?: boolean; isDryRun?: boolean } = {}) =>
  generate({ folder, isOverwriting: false, isDryRun: false, ...options }, pipelineDeps(makeConfig(values)));
const codes = async () => {
  const { findings } = await validate({ folder }, pipelineDeps(makeConfig({})));
  return findings
    .filter(({ code }) => code.startsWith('ARTIFACT') && code !== 'ARTIFACT_MISSING')
    .map((f) => [f.code, f.where]);
};

describe('nimify generate', () => {
  test('writes nothing where nothing changed: defaults are no wish', async () => {
    const { result } = await run();
    expect(result).toMatchObject({ written: [], removed: [], kept: [] });
    expect(result.unchanged).toBeGreaterThan(20);
  });

  test('writes what depends on the number of pods and leaves the other files untouched', async () => {
    const old = new Date('2001-01-01');
    utimesSync(join(folder, 'Dockerfile'), old, old);
    const { result } = await run({ service: { replicas: 7 } });
    expect(result.written).toContain('chart/values.yaml');
    expect(result.written.filter((path) => /Dockerfile|config\.pbtxt|openapi|rules\.yml/.test(path))).toEqual([]);
    expect(result.written.slice(-2)).toEqual(['service.json', 'nimify.lock']);
    expect(statSync(join(folder, 'Dockerfile')).mtime).toEqual(old);
    expect(textOf('chart/values.yaml')).toContain('replicaCount: 7');
    expect(await codes()).toEqual([]);
  });

  test('keeps an edited file, says so, and goes on saying so in validate', async () => {
    put('compose.yaml', `${textOf('compose.yaml')}# ours\n`);
    const { result, findings } = await run({ service: { httpPort: 9500 } });
    expect(result.kept).toEqual(['compose.yaml']);
    expect(findings).toEqual([expect.objectContaining({ code: 'ARTIFACT_KEPT', where: 'compose.yaml' })]);
    expect(textOf('compose.yaml')).toMatch(/9000[\s\S]*# ours\n$/);
    expect(await codes()).toContainEqual(['ARTIFACT_CHANGED', 'compose.yaml']);
  });

  test('replaces it with --overwrite, and leaves files that it never wrote', async () => {
    put('compose.yaml', 'services: {}\n');
    put('chart/templates/own.yaml', 'kind: ConfigMap\n');
    const { result, findings } = await run({}, { isOverwriting: true });
    expect(result.written).toContain('compose.yaml');
    expect(findings).toEqual([]);
    expect(textOf('chart/templates/own.yaml')).toBe('kind: ConfigMap\n');
    expect(textOf('compose.yaml')).toContain('read_only');
  });

  test('brings back a file that was deleted', async () => {
    rmSync(join(folder, 'openapi.json'));
    expect((await run()).result.written).toEqual(['openapi.json']);
  });

  test('takes away a file that it wrote once and makes no longer, unless it was edited', async () => {
    const lock = JSON.parse(textOf(LOCK_FILE));
    put('old/gone.yaml', 'a: 1\n');
    put('old/mine.yaml', 'a: 2\n');
    const digest = '2a7ab1a8f5a8b6d8b5d0e2a0c3f5d3f6f86ba2d1d2f8ae5ae5b7c1e0d7f6a1b2';
    const { sha256 } = await import('../../src/base/digest.ts');
    lock.artifacts['old/gone.yaml'] = { artifact: 'helm', sha256: sha256('a: 1\n') };
    lock.artifacts['old/mine.yaml'] = { artifact: 'helm', sha256: digest };
    put(LOCK_FILE, JSON.stringify(lock));
    const { result } = await run();
    expect(result.removed).toEqual(['old/gone.yaml']);
    expect(result.kept).toEqual(['old/mine.yaml']);
    expect(textOf('old/mine.yaml')).toBe('a: 2\n');
  });

  test('without a lock takes no file for its own', async () => {
    rmSync(join(folder, LOCK_FILE));
    put('Dockerfile', 'FROM scratch\n');
    const { result } = await run();
    expect(result.kept).toEqual(['Dockerfile']);
    expect(result.written).toEqual([LOCK_FILE]);
  });

  test('in a dry run says the same and writes nothing', async () => {
    const before = textOf('chart/values.yaml');
    const { result } = await run({ service: { replicas: 7 } }, { isDryRun: true });
    expect(result.written).toContain('chart/values.yaml');
    expect(textOf('chart/values.yaml')).toBe(before);
  });

  test.each([
    ['service.json', '{', 'service.json is not JSON'],
    [LOCK_FILE, '[]', 'nimify.lock: document'],
  ])('refuses a broken %s', async (path, content, message) => {
    put(path, content);
    await expect(run()).rejects.toMatchObject({ code: 'SERVICE_INVALID', message: expect.stringContaining(message) });
  });
});

describe('the memory of a service', () => {
  const estimated = { ...FACTS, serving: { ...FACTS.serving, memoryMiB: estimatedMemoryMiB(FACTS) } };

  test('is estimated anew when the batch grows', () => {
    const { serving } = refreshed(estimated, makeConfig({ service: { maxBatchSize: 64 } }));
    expect(serving.memoryMiB).toBeGreaterThan(estimated.serving.memoryMiB);
  });

  test('stays where somebody chose it', () => {
    const chosen = { ...FACTS, serving: { ...FACTS.serving, memoryMiB: 12_345 } };
    expect(refreshed(chosen, makeConfig({ service: { maxBatchSize: 64 } })).serving.memoryMiB).toBe(12_345);
  });
});
