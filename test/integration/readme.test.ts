/** The examples of the README for programs, run as they stand there. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from './command.ts';

const SAMPLE = fileURLToPath(new URL('../fixtures/sample/', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** Every block of TypeScript, and the block of output behind it where there is one. */
const examples = [...README.matchAll(/^```ts\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm)].map(
  ([, code = '', output]) => ({ title: code.split('\n')[0] ?? '', code, output }),
);

let folder = '';
beforeAll(() => {
  // Inside the package, where `nimify` is its own name.
  folder = mkdtempSync(join(ROOT, 'dist', 'readme-'));
  for (const name of ['digits.onnx', 'digits.npz']) copyFileSync(join(SAMPLE, name), join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the README', () => {
  test('has examples for programs', () => expect(examples.length).toBeGreaterThan(2));

  test.each(examples)('$title', ({ code, output }) => {
    const file = join(folder, 'example.ts');
    writeFileSync(file, code);
    const env = { ...process.env, NIMIFY_HOME: join(folder, 'home') };
    const ran = spawnSync(process.execPath, ['--import', 'tsx', file], { cwd: folder, env, encoding: 'utf8' });
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
    if (output !== undefined) expect(withoutFigures(ran.stdout)).toBe(withoutFigures(output));
  });
});

/** Measured figures differ from machine to machine; counts do not. */
function withoutFigures(text: string): string {
  return text.replace(/\d+\.\d+/g, 'N');
}
