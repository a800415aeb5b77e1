/** Manifests, module and pipelines in the hands of the programs that read them. Each part skips where its program is missing. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { writeTree } from '../../src/base/write-files.ts';
import { generateAll } from '../artifacts/fixtures.ts';
import { VARIANTS } from '../artifacts/variants.ts';
import { has, ran } from './programs.ts';

const CASES = Object.entries(VARIANTS);
const python = process.env.TRITONCLIENT_PYTHON;
const PARTS = /^(kustomize|terraform|ci|kserve)\//;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nimify-infrastructure-'));
  for (const [name, facts] of CASES) {
    const files = [...(await generateAll(facts))].filter(([path]) => PARTS.test(path));
    await writeTree(
      join(folder, name),
      files.map(([path, content]) => ({ path, content })),
    );
    mkdirSync(join(folder, name, '.git'));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (command: string, args: readonly string[], cwd: string) => ran(command, args, { cwd });

const schemas = process.env.KUBERNETES_SCHEMAS;
const isJudged = schemas !== undefined && has('kubeconform', ['-v']) && has('kustomize', ['version']);

describe.skipIf(!isJudged)('kubeconform with schemas that refuse unknown keys (KUBERNETES_SCHEMAS)', () => {
  const judge = (input: string) => {
    const location = `${schemas}/{{.ResourceKind}}{{.KindSuffix}}.json`;
    const args = ['-strict', '-summary', '-schema-location', location, '-'];
    const { status, stdout, stderr } = spawnSync('kubeconform', args, { input, encoding: 'utf8' });
    return { status, text: stdout + stderr };
  };
  const manifests = (name: string): string => {
    const paths = readdirSync(join(folder, name), { recursive: true, encoding: 'utf8' });
    const overlays = paths.filter((path) => path.endsWith('kustomization.yaml')).map((path) => dirname(path));
    const services = paths.filter((path) => /^kserve\/.*\.ya?ml$/.test(path));
    expect([overlays.length > 0, services.length > 0]).toEqual([true, true]);
    return [
      ...overlays.map((overlay) => run('kustomize', ['build', overlay], join(folder, name)).text),
      ...services.map((path) => readFileSync(join(folder, name, path), 'utf8')),
    ].join('\n---\n');
  };

  test.each(CASES)('accepts every manifest of %s, the service of KServe as well', (name) => {
    const { status, text } = judge(manifests(name));
    expect(status, text).toBe(0);
    expect(text).toMatch(/Skipped: 0/);
  });

  test('refuses a key that the service of KServe does not have', () => {
    const text = manifests('faces-cpu');
    const changed = text.replace('protocolVersion:', 'protocol:');
    expect(changed).not.toBe(text);
    expect(judge(changed).status).toBe(1);
  });
});

describe.skipIf(!has('kustomize', ['version']))('kustomize', () => {
  test.each(CASES)('builds every environment of %s', (name, facts) => {
    for (const [overlay, replicas, hasRules] of [
      ['dev', 1, false],
      ['production', facts.serving.replicas, true],
    ] as const) {
      const { status, text } = run('kustomize', ['build', `kustomize/overlays/${overlay}`], join(folder, name));
      expect(status, text).toBe(0);
      const objects = parseAllDocuments(text).map((document) => document.toJS());
      expect(objects.find(({ kind }) => kind === 'Deployment').spec.replicas).toBe(replicas);
      expect(objects.some(({ kind }) => kind === 'PrometheusRule')).toBe(hasRules);
      expect(new Set(objects.map(({ metadata }) => metadata.namespace)).size).toBe(1);
    }
  });
});

const PARSE = `
import glob, hcl2
blocks = [key for path in sorted(glob.glob("terraform/*.tf")) for key in hcl2.load(open(path, encoding="utf-8"))]
print(" ".join(sorted(set(blocks))))
`;

describe.skipIf(python === undefined)('a parser of HCL (TRITONCLIENT_PYTHON names a Python with python-hcl2)', () => {
  test.each(CASES)('reads the module of %s', (name) => {
    const { status, text } = run(python as string, ['-c', PARSE], join(folder, name));
    expect(text.trim()).toBe('output resource terraform variable');
    expect(status).toBe(0);
  });
});

describe.skipIf(!has('actionlint', ['-version']))('actionlint', () => {
  test.each(CASES)('has nothing to say about the workflow of %s', (name) => {
    const { status, text } = run('actionlint', ['-no-color', 'ci/github-actions.yaml'], join(folder, name));
    expect(status, text).toBe(0);
  });
});
