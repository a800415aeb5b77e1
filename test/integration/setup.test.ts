/** bin/setup.js in small repositories of its own, with an npm that only pretends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const REPOSITORY = new URL('../../', import.meta.url).pathname;

/** Package → its only file. */
const PACKAGES: Record<string, string> = {
  'better-sqlite3': 'module.exports = class { prepare() { return { get() {} }; } };',
  'onnxruntime-node': "exports.listSupportedBackends = () => [{ name: 'cpu' }];",
  plain: '',
};
const BROKEN_SQLITE =
  "module.exports = class { constructor() { throw new Error('Could not locate the bindings file'); } };";

/** Writes what it was called with to calls.jsonl and then does what npm.json says. */
const FAKE_NPM = `
const fs = require('node:fs');
const [command] = process.argv.slice(2);
const { fail = {}, repair = true } = JSON.parse(fs.readFileSync('npm.json', 'utf8'));
const skip = process.env.ONNXRUNTIME_NODE_INSTALL;
fs.appendFileSync('calls.jsonl', JSON.stringify({ args: process.argv.slice(2), skip }) + '\\n');
if (fail[command]) { console.error(fail[command]); process.exit(1); }
if (command !== 'rebuild' || repair) fs.cpSync('registry', 'node_modules', { recursive: true });
`;

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nimify-setup-'));
  await cp(join(REPOSITORY, 'bin'), join(root, 'bin'), { recursive: true });
  const packages = Object.fromEntries(
    Object.keys(PACKAGES).map((name) => [`node_modules/${name}`, { version: '1.0.0' }]),
  );
  const lock = JSON.stringify({ packages });
  await write('package.json', '{"type": "module"}');
  await write('package-lock.json', lock);
  await write('npm/npm-cli.cjs', FAKE_NPM);
  await write('npm.json', '{}');
  await write('registry/.package-lock.json', lock);
  for (const [name, code] of Object.entries(PACKAGES)) {
    await write(`registry/${name}/package.json`, '{"main": "index.cjs"}');
    await write(`registry/${name}/index.cjs`, code);
  }
});

afterEach(() => rm(root, { recursive: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

async function setup(...steps: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, npm_execpath: join(root, 'npm/npm-cli.cjs'), PATH: '/nowhere' };
  const child = spawn(process.execPath, [join(root, 'bin/setup.js'), ...steps], { env });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (piece) => {
      text[name] += piece;
    });
  }
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...text };
}

async function calls(): Promise<{ args: string[]; skip: string }[]> {
  if (!existsSync(join(root, 'calls.jsonl'))) return [];
  const lines = (await readFile(join(root, 'calls.jsonl'), 'utf8')).trim().split('\n');
  await rm(join(root, 'calls.jsonl'));
  return lines.map((line) => JSON.parse(line));
}

async function commands(): Promise<string[]> {
  return (await calls()).map(({ args }) => args.filter((arg) => !/^--(include|no-audit|no-fund)/.test(arg)).join(' '));
}

describe('the install step', () => {
  test('an unknown step is a usage error', async () => {
    const { code, stderr } = await setup('instal');
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: node bin/setup.js');
  });

  test('what npm said is shown when it fails for good', async () => {
    await write(
      'npm.json',
      JSON.stringify({ fail: { ci: 'npm error code ENOTFOUND\nnpm error registry is far away' } }),
    );
    const { code, stderr } = await setup('install');
    expect(code).toBe(5);
    expect(stderr).toContain('registry is far away');
    expect(await commands()).toEqual(['ci']);
  });

  test('a lockfile that npm ci refuses is installed without being changed', async () => {
    await write('npm.json', JSON.stringify({ fail: { ci: 'npm error code EUSAGE' } }));
    expect((await setup('install')).code).toBe(0);
    expect(await commands()).toEqual(['ci', 'install --no-save']);
  });

  test('a database that does not open even after a rebuild ends with the names of the missing tools', async () => {
    await write('registry/better-sqlite3/index.cjs', BROKEN_SQLITE);
    const { code, stderr } = await setup('install');
    expect(code).toBe(5);
    expect(stderr).toContain('a C++ compiler, make, Python 3, which are missing here');
    expect(stderr).toContain('apt-get install -y g++ make python3');
    expect((await setup('install')).code).toBe(5);
  });

  test('a runtime that does not load is an error and no silent gap', async () => {
    await write('registry/onnxruntime-node/index.cjs', "throw new Error('libonnxruntime.so.1 is not here');");
    const { code, stderr } = await setup('install');
    expect(code).toBe(5);
    expect(stderr).toContain('onnxruntime-node does not load: Error: libonnxruntime.so.1 is not here.');
  });

  test('missing packages are installed without the download of CUDA', async () => {
    const { code, stdout, stderr } = await setup('install');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('node_modules is missing; npm ci');
    expect((await calls()).map(({ skip }) => skip)).toEqual(['skip']);
  });

  test('a second run does nothing and says nothing', async () => {
    await setup('install');
    await calls();
    expect(await setup('install')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await calls()).toEqual([]);
  });

  test('without a lockfile npm install makes one', async () => {
    await rm(join(root, 'package-lock.json'));
    expect((await setup('install')).code).toBe(0);
    expect(await commands()).toEqual(['install']);
  });

  test('a package that somebody deleted comes back', async () => {
    await setup('install');
    await calls();
    await rm(join(root, 'node_modules/plain'), { recursive: true });
    expect((await setup('install')).stderr).toContain('node_modules/plain is missing');
    expect(await commands()).toEqual(['ci']);
  });

  test('a changed version in the lockfile is installed', async () => {
    await setup('install');
    await calls();
    const lock = (await readFile(join(root, 'package-lock.json'), 'utf8')).replace(
      'plain":{"version":"1.0.0"',
      'plain":{"version":"1.0.1"',
    );
    await write('package-lock.json', lock);
    await write('registry/.package-lock.json', lock);
    expect((await setup('install')).stderr).toContain('node_modules/plain is not the version of package-lock.json');
    expect(await commands()).toEqual(['ci']);
  });

  test('optional packages of other platforms may be absent, onnxruntime-node may not', async () => {
    const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
    lock.packages['node_modules/for-windows'] = { version: '1.0.0', optional: true };
    lock.packages['node_modules/onnxruntime-node'].optional = true;
    await write('package-lock.json', JSON.stringify(lock));
    await setup('install');
    expect((await setup('install')).stderr).toBe('');
    await calls();
    delete lock.packages['node_modules/onnxruntime-node'];
    await write('node_modules/.package-lock.json', JSON.stringify(lock));
    await setup('install');
    expect(await commands()).toEqual(['ci']);
  });

  test('a database that was built for another Node is rebuilt', async () => {
    await setup('install');
    await calls();
    await write('node_modules/better-sqlite3/index.cjs', BROKEN_SQLITE);
    await rm(join(root, 'node_modules/.cache'), { recursive: true });
    const { code, stderr } = await setup('install');
    expect(code).toBe(0);
    expect(stderr).toContain('npm rebuild better-sqlite3');
    expect(await commands()).toEqual(['rebuild better-sqlite3']);
  });
});

describe('the build step', () => {
  beforeEach(async () => {
    await mkdir(join(root, 'node_modules'));
    await symlink(join(REPOSITORY, 'node_modules/typescript'), join(root, 'node_modules/typescript'));
    const compilerOptions = { rootDir: 'src', module: 'NodeNext', noEmitOnError: false, types: [] };
    await write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['src'] }));
    await write('src/kept.ts', 'export const word: string = "old";');
    await write('src/room/gone.ts', 'export const gone = true;');
  });

  const built = (path: string): Promise<string> => readFile(join(root, 'dist', path), 'utf8');

  test('code that does not compile leaves dist as it was', async () => {
    await setup('build');
    await write('src/kept.ts', 'export const word: string = 1;');
    const { code, stderr } = await setup('build');
    expect(code).toBe(1);
    expect(stderr).toContain('TS2322');
    expect(await built('kept.js')).toContain('"old"');
    expect(await readdir(join(root, '.nimify'))).toEqual([]);
  });

  test('without TypeScript it says what to run', async () => {
    await rm(join(root, 'node_modules/typescript'));
    expect((await setup('build')).stderr).toContain('node bin/setup.js install build');
  });

  test('a second run does nothing and says nothing', async () => {
    expect((await setup('build')).stderr).toContain('built dist');
    expect(await setup('build')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('a changed source is built again', async () => {
    await setup('build');
    await write('src/kept.ts', 'export const word = "new";');
    await setup('build');
    expect(await built('kept.js')).toContain('"new"');
  });

  test('the output of a deleted source disappears', async () => {
    await setup('build');
    await rm(join(root, 'src/room/gone.ts'));
    await setup('build');
    expect(existsSync(join(root, 'dist/room/gone.js'))).toBe(false);
    expect(existsSync(join(root, 'dist/kept.js'))).toBe(true);
  });

  test('a file that was taken out of dist comes back', async () => {
    await setup('build');
    await rm(join(root, 'dist/kept.js'));
    await setup('build');
    expect(existsSync(join(root, 'dist/kept.js'))).toBe(true);
  });
});
