/** The catalog among several processes, killed ones, full disks and folders that cannot be written. */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openCatalog } from '../../src/catalog/catalog.ts';
import { CLOCK, opened, sampleVersion, temporaryFolder } from '../catalog/sample-version.ts';

const WORKER = new URL('./catalog/worker.ts', import.meta.url).pathname;

interface Worker {
  readonly process: ChildProcess;
  /** Ids of the versions that it recorded. */
  readonly recorded: string[];
  /** Exit status and what it complained about; [null, …] when it was killed. */
  readonly ended: Promise<readonly [number | null, string]>;
}

function start(...args: readonly string[]): Worker {
  const child = fork(WORKER, args, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const recorded: string[] = [];
  let complaint = '';
  child.on('message', (id) => recorded.push(String(id)));
  child.stderr?.on('data', (chunk) => {
    complaint += String(chunk);
  });
  return {
    process: child,
    recorded,
    ended: once(child, 'close').then(([status]) => [status as number | null, complaint]),
  };
}

function expectDone(results: readonly (readonly [number | null, string])[]): void {
  expect(results).toEqual(results.map(() => [0, '']));
}

/** Runs a program of the system; its exit status, or null where it is missing. */
function system(program: string, ...args: readonly string[]): number | null {
  return spawnSync(program, args).status;
}

/** Mounts a small file system in memory; false where this machine does not let us. */
function mountSmall(folder: string, sizeKiB: number): boolean {
  mkdirSync(folder, { recursive: true });
  const status = system('mount', '-t', 'tmpfs', '-o', `size=${sizeKiB}k`, 'tmpfs', folder);
  if (status === 0) onTestFinished(() => void system('umount', '-l', folder));
  return status === 0;
}

const NO_MOUNT = 'needs permission to mount a file system';

describe('several processes at once', () => {
  test('four record and none of their versions is lost, with numbers without gaps', async () => {
    const folder = temporaryFolder();
    const home = join(folder, 'home');
    const workers = ['shared', 'shared', 'shared', 'own'].map((name, i) =>
      start('record', home, join(folder, `files${i}`), name, '25'),
    );
    expectDone(await Promise.all(workers.map((worker) => worker.ended)));
    const catalog = await opened(home, { mode: 'read' });
    const numbers = (name: string) => catalog.list({ name, limit: 100 }).items.map((version) => version.number);
    expect(numbers('shared')).toEqual(Array.from({ length: 75 }, (_, i) => 75 - i));
    expect(numbers('own')).toEqual(Array.from({ length: 25 }, (_, i) => 25 - i));
    expect(workers.flatMap((worker) => worker.recorded).sort()).toEqual(
      catalog
        .list({ limit: 100 })
        .items.map((version) => version.id)
        .sort(),
    );
    const report = await catalog.verify();
    expect(report.findings).toEqual([]);
    expect(report.checked).toMatchObject({ versions: 100, auditRows: 100, unreferencedBlobs: 0 });
  });

  test('four open catalogs for the first time at the same moment and all of them can', async () => {
    const folder = temporaryFolder();
    const folders = Array.from({ length: 20 }, (_, i) => join(folder, `home${i}`));
    const from = String(Date.now() + 4000);
    const workers = Array.from({ length: 4 }, () => start('open', from, ...folders));
    expectDone(await Promise.all(workers.map((worker) => worker.ended)));
    for (const home of folders) expect((await (await opened(home, { mode: 'read' })).verify()).findings).toEqual([]);
  });

  test('one that waits longer than the busy timeout is told who to blame', async () => {
    const folder = temporaryFolder();
    (await openCatalog({ folder, clock: CLOCK })).close();
    const holder = new BetterSqlite3(join(folder, 'catalog.db'));
    holder.pragma('locking_mode = EXCLUSIVE');
    holder.exec('BEGIN EXCLUSIVE');
    onTestFinished(() => void holder.close());
    await expect(openCatalog({ folder, clock: CLOCK, mode: 'read' })).rejects.toMatchObject({
      code: 'CATALOG_BUSY',
      message: expect.stringContaining(folder),
    });
  });
});

describe('a process that is killed while it records', () => {
  test('leaves a catalog that verifies, with every version that it had announced', async () => {
    const folder = temporaryFolder();
    const home = join(folder, 'home');
    const announced: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const worker = start('record', home, join(folder, `files${round}`), 'victim', '100000');
      await once(worker.process, 'message');
      // A different moment within a record in each round.
      await new Promise((resolve) => setTimeout(resolve, 7 + round * 11));
      worker.process.kill('SIGKILL');
      expect(await worker.ended).toEqual([null, '']);
      announced.push(...worker.recorded);
    }
    const catalog = await opened(home);
    const report = await catalog.verify();
    expect(report.findings).toEqual([]);
    const { items, total } = catalog.list({ limit: 1000 });
    expect(items.map((version) => version.number)).toEqual(Array.from({ length: total }, (_, i) => total - i));
    expect(items.map((version) => version.id)).toEqual(expect.arrayContaining(announced));
    expect((await catalog.record(sampleVersion(folder, 'victim'))).number).toBe(total + 1);
  });
});

describe('a disk without room', () => {
  test('a model that does not fit is refused; what was recorded before is still there', async ({ skip }) => {
    const folder = temporaryFolder();
    const home = join(folder, 'home');
    if (!mountSmall(home, 2048)) skip(NO_MOUNT);
    const catalog = await opened(home);
    await catalog.record(sampleVersion(folder, 'small'));
    const big = sampleVersion(folder, 'big');
    writeFileSync(big.model.path, Buffer.alloc(4 << 20));
    const error = await catalog.record(big).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'DISK_FULL', hint: expect.stringContaining('NIMIFY_HOME') });
    expect(readdirSync(join(home, 'tmp'))).toEqual([]);
    expect(catalog.list().items.map((version) => version.id)).toEqual(['small@1']);
    expect((await catalog.verify()).findings).toEqual([]);
  });

  test('rows that do not fit are not there at all, and the catalog can be read while the disk is full', async ({
    skip,
  }) => {
    const folder = temporaryFolder();
    const home = join(folder, 'home');
    if (!mountSmall(home, 2048)) skip(NO_MOUNT);
    const catalog = await opened(home);
    await catalog.record(sampleVersion(folder, 'first'));
    const fits = sampleVersion(folder, 'second');
    for (const file of [fits.source.file, fits.model, ...fits.artifacts]) await catalog.store.add(file.path, file);
    const { bavail, bsize } = statfsSync(home);
    writeFileSync(join(home, 'filler'), Buffer.alloc(bavail * bsize));
    const long = { ...fits, analysis: { text: 'x'.repeat(2 << 20) } };
    await expect(catalog.record(long)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(catalog.list().items.map((version) => version.id)).toEqual(['first@1']);
    catalog.close();
    const reader = await opened(home, { mode: 'read' });
    expect(reader.show('first').id).toBe('first@1');
    expect((await reader.verify()).findings).toEqual([]);
  });
});

describe('a data folder that cannot be written', () => {
  test('is read as it is, and recording says what to do', async ({ skip }) => {
    const folder = temporaryFolder();
    const home = join(folder, 'home');
    if (!mountSmall(home, 4096)) skip(NO_MOUNT);
    const writer = await openCatalog({ folder: home, clock: CLOCK });
    await writer.record(sampleVersion(folder, 'mnist'));
    writer.close();
    expect(system('mount', '-o', 'remount,ro', home)).toBe(0);
    const before = readdirSync(home);
    const reader = await opened(home, { mode: 'read' });
    expect(reader.list().total).toBe(1);
    expect(reader.search('mnist').total).toBe(1);
    expect(reader.show('mnist').id).toBe('mnist@1');
    expect((await reader.verify()).findings).toEqual([]);
    expect(readdirSync(home)).toEqual(before);
    await expect(openCatalog({ folder: home, clock: CLOCK })).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      hint: expect.stringContaining('NIMIFY_HOME'),
    });
  });

  test('is read with the versions that a killed process left in its journal', async ({ skip }) => {
    const folder = temporaryFolder();
    const home = join(folder, 'home');
    if (!mountSmall(home, 65_536)) skip(NO_MOUNT);
    const worker = start('record', home, join(folder, 'files'), 'victim', '100000');
    await once(worker.process, 'message');
    worker.process.kill('SIGKILL');
    await worker.ended;
    expect(readdirSync(home)).toContain('catalog.db-wal');
    // Shared memory does not survive a restart of the machine; the journal does.
    rmSync(join(home, 'catalog.db-shm'));
    expect(system('mount', '-o', 'remount,ro', home)).toBe(0);
    const reader = await opened(home, { mode: 'read' });
    expect(reader.list({ limit: 1000 }).items.map((version) => version.id)).toEqual(
      expect.arrayContaining(worker.recorded),
    );
  });
});
