import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runFake } from './fake-io.ts';

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-completion-'));
  for (const shell of ['bash', 'zsh', 'fish']) {
    writeFileSync(join(folder, shell), (await runFake(['completion', shell])).stdout);
  }
  mkdirSync(join(folder, 'work', 'photos'), { recursive: true });
  writeFileSync(join(folder, 'work', 'model.onnx'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bash(...words: string[]): string[] {
  const script = `source ../bash
    COMP_WORDS=(nimify "$@"); COMP_CWORD=$#; _nimify
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync('bash', ['-c', script, 'bash', ...words], { cwd: join(folder, 'work'), encoding: 'utf8' });
  return text.split('\n').filter((line) => line !== '');
}

describe.skipIf(!has('bash'))('bash (skipped where it is not installed)', () => {
  test.each([
    ['commands', ['c'], ['create', 'catalog', 'config', 'convert', 'completion']],
    ['commands of a group', ['catalog', 's'], ['search', 'show']],
    ['global flags before a command', ['--pro'], ['--progress']],
    ['flags of a command', ['quantize', '--meth'], ['--method']],
    ['flags of settings', ['create', '--min-t'], ['--min-top1-agreement']],
    ['values of a global flag', ['create', '--progress', 'p'], ['plain']],
    ['values of a setting', ['create', '--image-channels', ''], ['rgb', 'bgr']],
    ['nothing for a free value', ['create', '--name', ''], []],
    ['a command behind a flag with a value', ['--config', 'create', 'an'], ['analyze']],
    ['files for a model', ['analyze', 'mo'], ['model.onnx']],
    ['folders only for a service', ['validate', ''], ['photos']],
    ['files behind --data', ['create', 'm', '--data', ''], ['model.onnx', 'photos']],
    ['shells', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['topics of the help', ['help', 'e'], ['errors', 'exit-codes', 'evaluate']],
  ])('offers %s', (_, words, expected) => {
    expect(bash(...words).sort()).toEqual([...expected].sort());
  });
});

describe.skipIf(!has('fish'))('fish (skipped where it is not installed)', () => {
  const fish = (line: string): string[] =>
    execFileSync('fish', ['--no-config', '-c', `source ../fish; complete -C '${line}'`], {
      cwd: join(folder, 'work'),
      encoding: 'utf8',
      env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
    })
      .split('\n')
      .filter((text) => text !== '')
      .map((text) => text.split('\t')[0] as string);

  test.each([
    ['commands', 'nimify cr', ['create']],
    ['commands of a group', 'nimify catalog s', ['search', 'show']],
    ['flags', 'nimify quantize --meth', ['--method']],
    ['values', 'nimify create --image-channels ', ['bgr', 'rgb']],
    ['global values', 'nimify doctor --progress p', ['plain']],
  ])('offers %s', (_, line, expected) => {
    expect(fish(line).sort()).toEqual([...expected].sort());
  });

  test('does not offer flags of other commands', () => {
    expect(fish('nimify doctor --met')).toEqual([]);
  });
});

describe.skipIf(!has('zsh'))('zsh (skipped where it is not installed)', () => {
  test('reads the script without complaint', () => {
    const { status, stderr } = spawnSync('zsh', ['--no-rcs', '-n', join(folder, 'zsh')], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  test('defines the completion of nimify', () => {
    const script = `autoload -U compinit; compinit -D -u; source ${join(folder, 'zsh')}; print $_comps[nimify]`;
    const { stdout } = spawnSync('zsh', ['--no-rcs', '-c', script], { encoding: 'utf8' });
    expect(stdout.trim()).toBe('_nimify');
  });
});
