import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HARMLESS, SYSTEM_4 } from '../scanner/pickles.ts';
import { modelWith, Scratch, withExternal } from '../scanner/scratch.ts';
import { type FakeRun, runFake } from './fake-io.ts';

let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch.remove());

const scan = (...flags: string[]): Promise<FakeRun> =>
  runFake(['scan', 'repository', '--progress', 'none', ...flags], { cwd: scratch.root });

const written = (name: string): string => readFileSync(join(scratch.root, name), 'utf8');

describe('nimify scan', () => {
  test('a path that is not there is an error and no finding', async () => {
    const { exitCode, stderr } = await runFake(['scan', 'nowhere'], { cwd: scratch.root });
    expect(exitCode).toBe(4);
    expect(stderr).toContain('FILE_NOT_FOUND');
  });

  test('what may harm ends with 3 and says the rule, the place and what to do', async () => {
    scratch.model(withExternal({ location: '../../secret' }));
    const { exitCode, stdout } = await scan();
    expect(exitCode).toBe(3);
    expect(stdout).toContain('1 error');
    expect(stdout).toContain('external-data-traversal');
    expect(stdout).toContain('m.onnx: initializer w');
    expect(stdout).toContain('→ A path with .. lets the reader of the model open any file');
  });

  test('an innocent repository ends with 0, and warnings do only with --fail-on', async () => {
    scratch.model(modelWith());
    expect((await scan()).exitCode).toBe(0);
    scratch.file('a.pkl', HARMLESS);
    expect((await scan()).exitCode).toBe(0);
    expect((await scan('--fail-on', 'warning')).exitCode).toBe(3);
  });

  test('--json has the counts, every result, the rules, and a finding for each', async () => {
    scratch.model(modelWith());
    scratch.file('a.pkl', SYSTEM_4);
    const { result, findings, ok } = (await scan('--json')).json();
    expect(ok).toBe(false);
    expect(result?.scanned).toEqual({ files: 2, models: 1, tensors: 1, bytes: expect.any(Number) });
    expect(result?.results).toContainEqual({
      rule: 'pickle-code',
      severity: 'error',
      file: 'a.pkl',
      where: null,
      message: 'Loading it calls posix.system at byte 17.',
      args: { global: 'posix.system', position: ' at byte 17', offset: 17 },
    });
    expect(result?.rules).toContainEqual(expect.objectContaining({ id: 'pickle-code', cwe: ['CWE-502'] }));
    expect(findings[0]).toMatchObject({
      code: 'SCAN_RULE',
      message: 'a.pkl: Loading it calls posix.system at byte 17.',
    });
  });

  test('--format json is --json, for failures too', async () => {
    scratch.model(modelWith());
    expect((await scan('--format', 'json')).json()).toEqual((await scan('--json')).json());
    const failed = await runFake(['scan', 'nowhere', '--format', 'json'], { cwd: scratch.root });
    expect(failed.json().error?.code).toBe('FILE_NOT_FOUND');
  });

  test.each(['text', 'json', 'sarif'])('-o writes %s to a file and prints the text', async (format) => {
    scratch.file('a.pkl', SYSTEM_4);
    const { stdout, exitCode } = await scan('--format', format, '-o', 'report');
    expect(exitCode).toBe(3);
    expect(stdout).toContain('1 error');
    if (format === 'text') expect(written('report')).toContain('Loading it calls posix.system at byte 17.');
    if (format === 'json') expect(JSON.parse(written('report'))).toMatchObject({ command: 'scan', ok: false });
    if (format === 'sarif') expect(JSON.parse(written('report'))).toMatchObject({ version: '2.1.0' });
  });

  test('a report that is there is not overwritten without --force', async () => {
    scratch.file('a.pkl', HARMLESS);
    await scan('-o', 'report');
    expect((await scan('-o', 'report')).exitCode).toBe(2);
    expect((await scan('-o', 'report', '--force')).exitCode).toBe(0);
  });

  test('SARIF and JSON cannot both have standard output, and nothing is scanned before that is said', async () => {
    const { exitCode, stderr } = await scan('--json', '--format', 'sarif', '--output');
    expect([exitCode, existsSync(join(scratch.root, 'report'))]).toEqual([2, false]);
    expect(stderr).toContain('USAGE');
    expect((await scan('--json', '--format', 'sarif')).json().error?.message).toContain('both want standard output');
  });

  test('names of the model cannot write to the terminal', async () => {
    scratch.model(withExternal({ location: '../\u001b[2J' }));
    expect((await scan()).stdout).not.toContain('\u001b');
  });
});
