/** What holds for every artifact, whichever are registered. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ARTIFACTS, findArtifact } from '../../src/artifacts/registry.ts';
import { FIXTURES, generateAll } from '../artifacts/fixtures.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const foldersIn = (path: string) =>
  readdirSync(join(ROOT, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

describe('the registry of artifacts', () => {
  test('has one entry for each folder, and no id twice', () => {
    const ids = ARTIFACTS.map(({ id }) => id);
    expect([...ids].sort()).toEqual(foldersIn('src/artifacts'));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('knows every folder of templates', () => {
    const ids = ARTIFACTS.map(({ id }) => id);
    // The page of `nimify analyze --html` is no artifact of a service.
    expect(foldersIn('templates').filter((folder) => !ids.includes(folder))).toEqual(['report']);
  });

  test('finds an artifact by its id and nothing by another word', () => {
    expect(findArtifact('triton')?.id).toBe('triton');
    expect(findArtifact('trition')).toBeUndefined();
  });
});

describe.each(ARTIFACTS)('the artifact $id', (entry) => {
  test.each(Object.entries(FIXTURES))(
    'is pure: the facts of %s give the same bytes twice and stay as they are',
    async (_, facts) => {
      const artifact = await entry.load();
      const before = structuredClone(facts);
      const first = await artifact.generate(facts);
      const second = await artifact.generate(structuredClone(facts));
      expect(second).toEqual(first);
      expect(facts).toEqual(before);
    },
  );

  test('writes sorted, relative paths and text that ends with a newline', async () => {
    const files = await (await entry.load()).generate(FIXTURES.text!);
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual([...paths].sort());
    for (const { path, content } of files) {
      expect(path).not.toMatch(/^\/|\\|(^|\/)\.\.(\/|$)/);
      expect(content, path).toMatch(/[^\n]\n$/);
    }
  });

  test('reports each of its files when it is missing', async () => {
    const artifact = await entry.load();
    const facts = FIXTURES.text!;
    const files = await generateAll(facts);
    // .helmignore is a convenience: a chart is whole without it.
    const own = (await artifact.generate(facts)).filter(({ path }) => !path.endsWith('.helmignore'));
    for (const { path } of own) {
      const without = new Map([...files].filter(([other]) => other !== path));
      const findings = await artifact.check(without, facts);
      expect(findings, path).toContainEqual(expect.objectContaining({ code: 'ARTIFACT_MISSING', where: path }));
    }
  });

  test('never throws for bad content', async () => {
    const artifact = await entry.load();
    const facts = FIXTURES.text!;
    const files = await generateAll(facts);
    for (const { path } of await artifact.generate(facts)) {
      for (const content of ['', '\0', '{', '[1]', 'null', '"text"', 'a: [', '- - -', '{{', '\\', 'a {', '%&$']) {
        await expect(artifact.check(new Map([...files, [path, content]]), facts)).resolves.toBeInstanceOf(Array);
      }
    }
  });
});
