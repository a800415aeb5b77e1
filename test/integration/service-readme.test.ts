/** The README of a generated service: every command of it that can run here is run, as it stands there. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateAll } from '../artifacts/fixtures.ts';
import { VARIANTS } from '../artifacts/variants.ts';
import { nimify, ROOT } from './command.ts';

const SAMPLE = fileURLToPath(new URL('../fixtures/sample/digits.onnx', import.meta.url));
const LAUNCHER = `'${process.execPath}' '${join(ROOT, 'bin', 'nimify.js')}'`;

/** Made when the tests are collected, which have one entry per command. */
const folder = mkdtempSync(join(ROOT, 'dist', 'service-readme-'));
const service = join(folder, 'digits');
const created = await nimify(['create', SAMPLE, '-o', service, '--name', 'digits', '--json'], { cwd: folder });
const readme = created.exitCode === 0 ? readFileSync(join(service, 'README.md'), 'utf8') : '';

const blocksOf = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, code = '']) => code);

const commands = blocksOf(readme, 'sh');
const isServe = (command: string): boolean => command.startsWith('nimify serve');

function has(program: string): boolean {
  return spawnSync('bash', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

/** Commands that need a registry or a cluster: only their form can be judged here. */
const ELSEWHERE = /^(?:docker (?:build|run|compose up)|helm (?:upgrade|test)|k6 run) /;

function canRun(command: string): boolean {
  if (isServe(command) || ELSEWHERE.test(command)) return false;
  const [program = ''] = command.split(' ', 1);
  return ['curl', 'nimify', '{', 'node'].includes(program) || has(program);
}

interface Ran {
  readonly status: number | null;
  readonly text: string;
}

let server: ChildProcess | undefined;
let urls = { httpUrl: '', metricsUrl: '' };

function toHere(command: string): string {
  return command
    .replaceAll('http://localhost:8000', urls.httpUrl)
    .replaceAll('http://localhost:8002/metrics', urls.metricsUrl)
    .replace(/^nimify /, `${LAUNCHER} `);
}

/** As people have it in a shell, in the folder of the service. The programs take the address from their own text. */
function shell(command: string): Promise<Ran> {
  return new Promise((resolve) => {
    const env = {
      ...process.env,
      NIMIFY_HOME: join(folder, 'home'),
      NO_COLOR: '1',
      CI: '1',
      PYTHONDONTWRITEBYTECODE: '1',
    };
    const child = spawn('bash', ['-o', 'pipefail', '-c', command], { cwd: service, env });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes) => {
        text += bytes;
      });
    }
    child.on('close', (status) => resolve({ status, text }));
  });
}

beforeAll(async () => {
  expect(created.exitCode, created.stderr).toBe(0);
  const command = commands.find(isServe)?.trim() as string;
  const line = `exec ${toHere(command)} --port 0 --metrics-port 0 --json`;
  server = spawn('bash', ['-c', line], { cwd: service, env: { ...process.env, NIMIFY_HOME: join(folder, 'home') } });
  urls = await new Promise((resolve, reject) => {
    let text = '';
    server?.stdout?.on('data', (bytes) => {
      text += bytes;
      if (text.trimEnd().endsWith('}')) resolve((JSON.parse(text) as { result: typeof urls }).result);
    });
    server?.on('close', () => reject(new Error(`the server ended: ${text}`)));
  });
});
afterAll(() => {
  server?.kill('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

describe('the README of the service', () => {
  test('has the commands that people look for', () => {
    const firsts = commands.map((command) => command.split(' ').slice(0, 2).join(' '));
    for (const wanted of ['docker build', 'docker run', 'docker compose', 'helm upgrade', 'promtool check', 'k6 run']) {
      expect(firsts).toContain(wanted);
    }
    expect(commands.filter(canRun).length).toBeGreaterThan(6);
  });

  test.each(commands)('%s is of the form of a shell', (command) => {
    expect(spawnSync('bash', ['-n'], { input: command, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  test.each(commands.filter(canRun))('%s runs', async (command) => {
    // Clients and load have the port of the service in them, and take another one as a flag.
    const flag = /^(?:node load|python3 client)\//.test(command) ? ` --url ${urls.httpUrl}` : '';
    const relaxed = command.startsWith('node load/') ? `${flag} --latency-ms 5000` : flag;
    const ran = await shell(toHere(command.trimEnd()) + relaxed);
    expect(ran.status, ran.text).toBe(0);
    expect(ran.text).not.toContain('"error"');
  });

  test('has an example in TypeScript that runs', async () => {
    const [example] = blocksOf(readme, 'ts');
    writeFileSync(join(service, 'example.ts'), toHere(example as string));
    const ran = await shell(`'${process.execPath}' --import tsx example.ts`);
    rmSync(join(service, 'example.ts'));
    expect(ran).toMatchObject({ status: 0 });
    expect(ran.text).toMatch(/^FP32 \[/);
  });

  test.each(['names-cpu', 'many-cpu', 'text-gpu-on', 'voice-cpu-on'])(
    'keeps to the form of a shell for %s',
    async (name) => {
      const text = (await generateAll(VARIANTS[name]!)).get('README.md') as string;
      for (const command of blocksOf(text, 'sh')) {
        expect(spawnSync('bash', ['-n'], { input: command, encoding: 'utf8' }), command).toMatchObject({
          status: 0,
          stderr: '',
        });
      }
    },
  );
});
