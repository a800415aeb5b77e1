import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NimifyError } from '../../src/base/errors.ts';
import type { Exec } from '../../src/base/exec.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import type { CheckReport, DoctorContext } from '../../src/doctor/check.ts';
import { runChecks } from '../../src/doctor/registry.ts';
import { compareVersions } from '../../src/doctor/version.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const noTools: Exec = async (command) => {
  throw new NimifyError('TOOL_MISSING', `${command} is not installed or not on PATH.`);
};

function context(changes: Partial<DoctorContext> = {}, dataFolder = folder): DoctorContext {
  return {
    config: { ...configSchema.parse({}), dataFolder } as Config,
    exec: noTools,
    signal: new AbortController().signal,
    nodeVersion: '22.18.0',
    probeSqlite: async () => ({ packageVersion: '12.9.0', sqliteVersion: '3.53.1', damage: null }),
    probeRuntime: async () => ({ version: '1.30.0', providers: ['cpu', 'webgpu'] }),
    ...changes,
  };
}

async function check(id: string, changes: Partial<DoctorContext> = {}, dataFolder = folder): Promise<CheckReport> {
  const { checks } = await runChecks(context(changes, dataFolder));
  return checks.find((item) => item.id === id) as CheckReport;
}

describe('what is wrong is a finding and never an error', () => {
  test('an old Node', async () => {
    expect(await check('node', { nodeVersion: '20.18.3' })).toMatchObject({
      status: 'error',
      findings: [{ code: 'NODE_TOO_OLD', args: { found: '20.18.3', needed: '20.19.0' } }],
    });
  });

  test('ONNX Runtime that does not load, with the way to repair it', async () => {
    const probeRuntime = async () => {
      throw new NimifyError('RUNTIME_NOT_INSTALLED', 'onnxruntime-node cannot be loaded.', { hint: 'Run: npm i' });
    };
    expect(await check('runtime', { probeRuntime })).toMatchObject({
      status: 'error',
      findings: [{ code: 'RUNTIME_MISSING', args: { hint: 'Run: npm i' } }],
    });
  });

  test.each([
    ['CATALOG_NOT_INSTALLED', 'SQLITE_MISSING'],
    ['CATALOG_UNREADABLE', 'CATALOG_UNUSABLE'],
  ] as const)('a SQLite probe that fails with %s becomes %s', async (error, code) => {
    const probeSqlite = async () => {
      throw new NimifyError(error, 'no');
    };
    expect((await check('sqlite', { probeSqlite })).findings).toMatchObject([{ code, severity: 'error' }]);
  });

  test('an old SQLite and a damaged catalog are told together', async () => {
    const probeSqlite = async () => ({ packageVersion: '11', sqliteVersion: '3.51.2', damage: 'page 7 is torn' });
    const { findings } = await check('sqlite', { probeSqlite });
    expect(findings.map((item) => item.code)).toEqual(['SQLITE_TOO_OLD', 'CATALOG_DAMAGED']);
  });

  test('a data folder that is a file', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect((await check('data-folder', {}, file)).findings).toMatchObject([{ code: 'DATA_FOLDER_UNWRITABLE' }]);
    expect((await check('data-folder', {}, join(file, 'below'))).findings).toMatchObject([
      { code: 'DATA_FOLDER_UNWRITABLE', args: { reason: 'ENOTDIR' } },
    ]);
  });

  test('a program that ends with an error or hangs counts as not found, with the reason', async () => {
    const exec: Exec = async (command) => {
      if (command === 'helm') return { exitCode: 1, stdout: '', stderr: 'boom' };
      throw new NimifyError('TOOL_FAILED', 'kubectl did not end by itself');
    };
    expect((await check('tool:helm', { exec })).findings[0]?.args.reason).toBe('it ended with exit code 1');
    expect((await check('tool:kubectl', { exec })).findings[0]?.args.reason).toContain('did not end');
  });

  test('an abort is no finding', async () => {
    const signal = AbortSignal.abort();
    await expect(runChecks(context({ signal }))).rejects.toThrow('aborted');
  });

  test('an error that nobody foresaw is not swallowed', async () => {
    const probeSqlite = async () => {
      throw new TypeError('a bug');
    };
    await expect(runChecks(context({ probeSqlite }))).rejects.toThrow('a bug');
  });
});

describe('what is right', () => {
  test('a data folder that is not there yet is made on first use', async () => {
    const { status, findings } = await check('data-folder', {}, join(folder, 'a', 'b'));
    expect([status, findings[0]?.args.detail]).toEqual(['ok', `${join(folder, 'a', 'b')} (made on first use)`]);
  });

  test.each([
    ['docker', 'Docker version 28.2.2, build e6534b4', '28.2.2'],
    ['helm', 'v3.15.1+ge211f2a', '3.15.1+ge211f2a'],
    ['kubectl', 'Client Version: v1.30.0\nKustomize Version: v5.0.4', '1.30.0'],
    ['promtool', 'promtool, version 2.53.0 (branch: HEAD, revision: 4c35b92)', '2.53.0'],
    ['podman', 'podman version 5', null],
  ])('the version of %s is read', async (tool, stdout, version) => {
    const exec: Exec = async () => ({ exitCode: 0, stdout, stderr: '' });
    const { status, findings } = await check(`tool:${tool}`, { exec });
    expect([status, findings[0]?.args.version]).toEqual(['ok', version]);
  });

  test('missing programs are told and are no problem', async () => {
    const { checks } = await runChecks(context());
    expect(checks.filter((item) => item.status === 'info').map((item) => item.id)).toEqual([
      'tool:docker',
      'tool:buildah',
      'tool:podman',
      'tool:helm',
      'tool:kubectl',
      'tool:promtool',
    ]);
    expect(checks.filter((item) => item.status === 'ok')).toHaveLength(5);
  });
});

test('versions are compared by number', () => {
  expect(compareVersions('20.9.0', '20.19.0')).toBeLessThan(0);
  expect(compareVersions('v3.51.3', '3.51.3')).toBe(0);
  expect(compareVersions('3.52', '3.51.3')).toBeGreaterThan(0);
});
