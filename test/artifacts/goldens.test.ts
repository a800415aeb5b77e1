/** Every byte of every artifact, for three services. After an intended change: UPDATE=1 npx vitest run … test/artifacts */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkAll, FIXTURES, generateAll } from './fixtures.ts';

const GOLDENS = new URL('goldens/', import.meta.url).pathname;
const isUpdate = process.env.UPDATE === '1';

function readTree(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return new Map(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

describe.each(Object.entries(FIXTURES))('the artifacts of %s', (name, facts) => {
  test('are the golden files, byte for byte', async () => {
    const files = await generateAll(facts);
    const folder = join(GOLDENS, name);
    if (isUpdate) {
      rmSync(folder, { recursive: true, force: true });
      for (const [path, content] of files) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), content);
      }
    }
    const goldens = readTree(folder);
    expect([...files.keys()].sort()).toEqual([...goldens.keys()]);
    for (const [path, content] of files) expect(content, path).toBe(goldens.get(path));
  });

  test('pass their own checks without an error or a warning', async () => {
    const findings = await checkAll(await generateAll(facts), facts);
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });
});
