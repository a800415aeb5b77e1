/** The built command line on real terminals, read back from tmux and from `script`. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NIMIFY = `'${process.execPath}' '${join(ROOT, 'bin', 'nimify.js')}'`;
const MNIST = join(ROOT, '..', 'shared', 'models', 'mnist', 'mnist.onnx');

const canRun = existsSync(join(ROOT, 'dist', 'cli', 'main.js')) && existsSync(MNIST);
const has = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-terminal-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!canRun || !has('tmux'))('in tmux (skipped without tmux, dist or ../shared/models)', () => {
  let servers = 0;

  /** The screen after the command, lines without trailing space; `-e` keeps colours. */
  async function screen(command: string, columns: number, ...flags: string[]): Promise<string> {
    servers += 1;
    const socket = `nimify-test-${process.pid}-${servers}`;
    const tmux = (...args: string[]): string => execFileSync('tmux', ['-L', socket, ...args], { encoding: 'utf8' });
    const line = `cd '${folder}'; clear; ${command}; echo "ended with $?"; sleep 60`;
    const env = ['-e', `NIMIFY_HOME=${folder}`, '-e', 'CI=', '-e', 'LANG=C.UTF-8', '-e', 'NO_COLOR='];
    tmux('-f', '/dev/null', '-u', 'new-session', '-d', '-x', `${columns}`, '-y', '60', ...env, 'sh', '-c', line);
    try {
      for (;;) {
        const text = tmux('capture-pane', '-p', ...flags);
        if (text.includes('ended with')) return text.trimEnd();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    } finally {
      tmux('kill-server');
    }
  }

  test.each([80, 200])('the task list and the report stand in place at %i columns', async (columns) => {
    const lines = (await screen(`${NIMIFY} analyze '${MNIST}'`, columns)).split('\n');
    expect(lines[0]).toMatch(/^✓ Find the model {2}.+ · [\d.]+ ms$/);
    expect(lines[1]).toMatch(/^✓ Analyze {2}12 nodes/);
    expect(lines[2]).toBe(MNIST);
    expect(lines).toContain('  Input3  float32  1 × 1 × 28 × 28');
    expect(lines.at(-1)).toBe('ended with 0');
  });

  test('a failed step leaves the list, the error below it and the hint', async () => {
    const text = await screen(`${NIMIFY} analyze nowhere.onnx`, 80);
    expect(text).toMatch(/^✗ Find the model {2}FILE_NOT_FOUND\n {2}Analyze\n✗ FILE_NOT_FOUND\n/);
    expect(text).toMatch(/\n {2}→ .+\nended with 4$/);
  });

  test('colours are there, and gone with NO_COLOR and --no-color', async () => {
    const colour = '\u001b[';
    expect(await screen(`${NIMIFY} help exit-codes`, 80, '-e')).toContain(colour);
    expect(await screen(`NO_COLOR=1 ${NIMIFY} help exit-codes`, 80, '-e')).not.toContain(colour);
    expect(await screen(`${NIMIFY} help exit-codes --no-color`, 80, '-e')).not.toContain(colour);
  });
});

describe.skipIf(!canRun || !has('script'))('on a pty (skipped without script, dist or ../shared/models)', () => {
  const pty = (command: string, env: Record<string, string> = {}): string =>
    spawnSync('script', ['-qec', command, '/dev/null'], {
      encoding: 'utf8',
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, LANG: 'C.UTF-8', TERM: 'xterm', ...env },
    }).stdout.replaceAll('\r\n', '\n');

  test('without a width the output is that of 80 columns', () => {
    const text = pty(`stty cols 0 rows 0; ${NIMIFY} analyze '${MNIST}'`, { NO_COLOR: '1' });
    expect(text).toMatch(/^✓ Find the model {2}.+\n✓ Analyze {2}.+\n/);
    expect(text).toContain('\n  Input3  float32  1 × 1 × 28 × 28\n');
  });

  test.each([[{ TERM: 'dumb' }], [{ CI: 'true', NO_COLOR: '1' }]])(
    'with %j nothing moves and nothing is coloured',
    (env) => {
      const text = pty(`${NIMIFY} analyze '${MNIST}'`, env);
      expect(text).toContain('Find the model');
      expect(text).not.toContain('\u001b');
    },
  );
});
