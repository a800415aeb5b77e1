import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { opened, sampleVersion, temporaryFolder } from '../catalog/sample-version.ts';
import { runFake } from './fake-io.ts';

let cwd: string;
let blob: string;
beforeEach(async () => {
  cwd = temporaryFolder();
  const catalog = await opened(join(cwd, 'home'));
  const { modelSha256 } = await catalog.record(sampleVersion(cwd, 'mnist'));
  blob = catalog.store.path(modelSha256);
  catalog.close();
});

const verify = (...flags: string[]) => runFake(['catalog', 'verify', '--progress', 'none', ...flags], { cwd });

describe('catalog verify', () => {
  test('changed bytes end with 3, the file and its code', async () => {
    chmodSync(blob, 0o644);
    writeFileSync(blob, 'other bytes');
    const { exitCode, stdout, stderr } = await verify();
    expect([exitCode, stderr]).toEqual([3, '']);
    expect(stdout).toContain('The catalog has 1 error.');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      '✗ Damage in a stored file of the catalog: the stored bytes do not have the digest of their name.',
    );
    expect(stdout).toContain(`CATALOG_DAMAGED ${blob}`);
  });

  test('a file that is gone comes as a finding in the document, which is not ok', async () => {
    rmSync(blob);
    const { exitCode, json } = await verify('--json');
    expect([exitCode, json().ok]).toEqual([3, false]);
    expect(json().findings).toMatchObject([{ code: 'CATALOG_DAMAGED', args: { part: 'blob' }, where: blob }]);
  });

  test('a sound catalog ends with 0 and what was looked at', async () => {
    const { exitCode, json } = await verify('--json');
    expect(exitCode).toBe(0);
    expect(json()).toMatchObject({ command: 'catalog verify', ok: true, findings: [] });
    expect(json().result).toEqual({
      sqliteVersion: expect.stringMatching(/^3\./),
      checked: {
        versions: 1,
        auditRows: 1,
        calibrations: 0,
        blobs: 3,
        blobBytes: expect.any(Number),
        unreferencedBlobs: 0,
      },
    });
    const { stdout } = await verify();
    expect(stdout).toMatch(/^The catalog is in order\.\n\n {2}Versions +1\n/);
    expect(stdout).not.toContain('Without a version');
  });

  test('a catalog that is not there yet is in order', async () => {
    rmSync(join(cwd, 'home'), { recursive: true });
    const { exitCode, stdout } = await verify();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Versions +0/);
  });
});
