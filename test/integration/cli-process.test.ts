/** The built command line as a process: launcher, signals, pipes, and what it loads. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LAUNCHER = join(ROOT, 'bin', 'nimify.js');
const IS_BUILT = existsSync(join(ROOT, 'dist', 'cli', 'main.js'));
const MNIST = join(ROOT, '..', 'shared', 'models', 'mnist', 'mnist.onnx');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-process-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Environment = Readonly<Record<string, string | undefined>>;

function nimify(
  args: readonly string[],
  nodeArgs: readonly string[] = [],
  launcher = LAUNCHER,
  changes: Environment = {},
) {
  const env = { ...process.env, NIMIFY_HOME: join(folder, 'home'), NO_COLOR: '1', LANG: 'C.UTF-8', ...changes };
  return spawnSync(process.execPath, [...nodeArgs, launcher, ...args], { encoding: 'utf8', cwd: folder, env });
}

describe('the launcher', () => {
  test('says how to build when there is nothing built', () => {
    const launcher = join(folder, 'empty', 'bin', 'nimify.js');
    mkdirSync(dirname(launcher), { recursive: true });
    copyFileSync(LAUNCHER, launcher);
    writeFileSync(join(folder, 'empty', 'package.json'), '{"type": "module"}');
    const { status, stderr, stdout } = nimify(['--version'], [], launcher);
    expect([status, stdout, stderr]).toEqual([2, '', 'nimify is not built yet. Run: npm run build\n']);
  });

  test.each(['18.20.4', '20.18.3'])('refuses Node %s in one sentence', (version) => {
    const fake = join(folder, `node-${version}.cjs`);
    const text = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`;
    writeFileSync(fake, text);
    const { status, stderr } = nimify(['--version'], ['--require', fake]);
    expect([status, stderr]).toEqual([2, `nimify needs Node 20.19 or newer; this is Node ${version}.\n`]);
  });

  test('is plain enough for an old Node to read', () => {
    expect(readFileSync(LAUNCHER, 'utf8')).not.toMatch(/\?\?|\?\.|await |#\w+\s*[=;(]/);
  });
});

/** Collects the modules of a run: those that ECMAScript resolves and those that CommonJS keeps. */
function loadedPackages(args: readonly string[], changes: Environment = {}): string[] {
  const list = join(folder, 'loaded.txt');
  const hooks = `import { appendFileSync } from 'node:fs';
    export async function resolve(name, context, next) {
      const found = await next(name, context);
      appendFileSync(${JSON.stringify(list)}, found.url + '\\n');
      return found;
    }`;
  const preload = join(folder, 'preload.mjs');
  writeFileSync(
    preload,
    `import { appendFileSync } from 'node:fs';
    import { createRequire, register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));
    const { cache } = createRequire(import.meta.url);
    process.on('exit', () => appendFileSync(${JSON.stringify(list)}, Object.keys(cache).join('\\n') + '\\n'));`,
  );
  writeFileSync(list, '');
  const { status } = nimify(args, ['--import', pathToFileURL(preload).href], LAUNCHER, changes);
  expect(status).toBe(0);
  const packages = [...readFileSync(list, 'utf8').matchAll(/node_modules\/((?:@[^/]+\/)?[^/\n]+)/g)];
  return [...new Set(packages.map((match) => match[1] as string))].sort();
}

describe.skipIf(!IS_BUILT)('what is loaded (skipped before npm run build)', () => {
  test('nothing for --version', () => {
    expect(loadedPackages(['--version'])).toEqual([]);
  });

  test.each([[['--help']], [['create', '--help']], [['completion', 'bash']], [['help', 'errors']]])(
    'only commander for %j',
    (args) => {
      expect(loadedPackages(args)).toEqual(['commander']);
    },
  );

  test('no runtime, no check and no log to analyze a plain model with the defaults', () => {
    const model = join(ROOT, 'test', 'fixtures', 'sample', 'digits.onnx');
    const packages = loadedPackages(['analyze', model], { NIMIFY_HOME: undefined, HOME: folder });
    expect(packages).toContain('cosmiconfig');
    for (const heavy of ['onnxruntime-node', 'zod', 'pino', 'yaml']) expect(packages).not.toContain(heavy);
  });

  test('neither runtime nor server nor database for config explain', () => {
    const packages = loadedPackages(['config', 'explain']);
    expect(packages).toContain('zod');
    for (const heavy of ['onnxruntime-node', 'better-sqlite3', 'fastify', 'sharp', 'execa', 'pino', 'listr2']) {
      expect(packages).not.toContain(heavy);
    }
  });
});

describe.skipIf(!IS_BUILT)('pipes and signals (skipped before npm run build)', () => {
  test.each(['head -1', 'true'])('a reader that leaves early, such as %s, is no error', (reader) => {
    const script = `"${process.execPath}" "${LAUNCHER}" help errors | ${reader}; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect(stdout.trim().split('\n').at(-1)).toBe('0');
    expect(stderr).toBe('');
  });

  test('a closed standard error is no error', () => {
    const script = `"${process.execPath}" "${LAUNCHER}" config explain --json 2>&-`;
    const { status, stdout } = spawnSync('bash', ['-c', script], { encoding: 'utf8', cwd: folder });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  });

  test('the first Ctrl-C asks the command to end, the second ends the process with 130', async () => {
    const child = start(['anything'], ['--import', pathToFileURL(stubbornCommand()).href]);
    await said(child, 'working');
    child.kill('SIGINT');
    await said(child, 'asked to end');
    child.kill('SIGINT');
    expect(await exitOf(child)).toBe(130);
  });

  test.skipIf(!existsSync(MNIST))('Ctrl-C ends a server with 0 (skipped without ../shared/models)', async () => {
    const child = start(['serve', MNIST, '--port', '0', '--metrics-port', '0', '--json']);
    const document = JSON.parse(await firstDocument(child));
    expect(document).toMatchObject({ command: 'serve', ok: true });
    const answer = await fetch(new URL('/v2/health/ready', document.result.httpUrl));
    expect(answer.status).toBe(200);
    child.kill('SIGINT');
    expect(await exitOf(child)).toBe(0);
  });
});

/** A preload that puts a command in the place of dist/cli/main.js that hears the signal and goes on. */
function stubbornCommand(): string {
  const source = `export function run(argv, { stdout, signal }) {
    signal.addEventListener('abort', () => stdout.write('asked to end'));
    stdout.write('working');
    return new Promise(() => setInterval(() => {}, 1000));
  }`;
  const hooks = `export async function load(url, context, next) {
    if (!url.endsWith('/dist/cli/main.js')) return next(url, context);
    return { format: 'module', shortCircuit: true, source: ${JSON.stringify(source)} };
  }`;
  const path = join(folder, 'stubborn.mjs');
  writeFileSync(
    path,
    `import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));`,
  );
  return path;
}

function said(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve) => {
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      if (part.includes(words)) resolve();
    });
  });
}

describe.skipIf(!IS_BUILT || !existsSync(MNIST))('--fail-on (skipped without dist or ../shared/models)', () => {
  test.each([
    [['--fail-on', 'info'], 3],
    [['--fail-on', 'warning'], 0],
    [[], 0],
  ])('with %j a model that has remarks ends with %i, and ok says the same', (flags, expected) => {
    const { status, stdout } = nimify(['analyze', MNIST, '--json', ...flags]);
    const document = JSON.parse(stdout);
    expect([status, document.ok]).toEqual([expected, expected === 0]);
    expect(document.result.nodeCount).toBe(12);
    expect(document.findings[0]).toMatchObject({ severity: 'info', message: expect.stringMatching(/\.$/) });
  });
});

function start(args: readonly string[], nodeArgs: readonly string[] = []): ChildProcess {
  const env = { ...process.env, NIMIFY_HOME: join(folder, 'home') };
  return spawn(process.execPath, [...nodeArgs, LAUNCHER, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd: folder,
    env,
  });
}

/** Everything up to the line that closes the outermost brace. */
function firstDocument(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.endsWith('\n}\n')) resolve(text);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code} after: ${text}`)));
  });
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return child.exitCode === null
    ? new Promise((resolve) => child.once('exit', resolve))
    : Promise.resolve(child.exitCode);
}
