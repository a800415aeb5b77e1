import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NimifyError } from '../../src/base/errors.ts';
import { produce, produceAll, writeFileAtomic, writeTree } from '../../src/base/write-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nimify-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('producing a file or folder', () => {
  test('a failure half-way leaves nothing behind, not even the folders that were made for it', async () => {
    const target = join(folder, 'new', 'deep', 'out');
    const failing = produce(target, async (temporary) => {
      await writeTree(temporary, [{ path: 'a/b.txt', content: 'half' }]);
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await readdir(folder)).toEqual([]);
  });

  test('an existing target is refused before any work is done', async () => {
    await writeFile(join(folder, 'out'), 'old');
    let isCalled = false;
    const refused = produce(join(folder, 'out'), async () => {
      isCalled = true;
    });
    await expect(refused).rejects.toMatchObject({ code: 'OUTPUT_EXISTS', hint: expect.stringContaining('--force') });
    expect(isCalled).toBe(false);
  });

  test('with force a failure leaves the old content as it was', async () => {
    await writeFile(join(folder, 'out'), 'old');
    await expect(
      produce(join(folder, 'out'), () => Promise.reject(new Error('stop')), { force: true }),
    ).rejects.toThrow('stop');
    expect(await readFile(join(folder, 'out'), 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['out']);
  });

  test('with force a folder is replaced as a whole: files of the old one do not survive', async () => {
    await mkdir(join(folder, 'out'));
    await writeFile(join(folder, 'out', 'old.txt'), 'old');
    await writeFile(join(folder, 'out', 'ours.json'), '{}');
    const make = (temporary: string) => writeTree(temporary, [{ path: 'new.txt', content: 'new' }]);
    await produce(join(folder, 'out'), make, { force: true, marker: 'ours.json' });
    expect(await readdir(join(folder, 'out'))).toEqual(['new.txt']);
    expect(await readdir(folder)).toEqual(['out']);
  });

  test('force does not reach a folder that somebody else filled', async () => {
    await mkdir(join(folder, 'project'));
    await writeFile(join(folder, 'project', 'code.txt'), 'precious');
    const make = (temporary: string) => writeTree(temporary, [{ path: 'new.txt', content: 'new' }]);
    const refused = produce(join(folder, 'project'), make, { force: true, marker: 'ours.json' });
    await expect(refused).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
      hint: expect.not.stringContaining('--force'),
    });
    expect(await readdir(join(folder, 'project'))).toEqual(['code.txt']);
  });

  test('a failure does not take what others have put into the new folder meanwhile', async () => {
    const failing = produce(join(folder, 'shared', 'mine'), async () => {
      await writeFile(join(folder, 'shared', 'theirs'), 'theirs');
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await readdir(join(folder, 'shared'))).toEqual(['theirs']);
  });

  test('a folder that cannot be written is told with its path', async () => {
    await writeFile(join(folder, 'file'), '');
    const refused = writeFileAtomic(join(folder, 'file', 'below'), 'x');
    await expect(refused).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE', exitCode: 5 });
  });

  test('a full disk is told as such and leaves no partial file', async (context) => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      context.skip('mounting a small tmpfs needs root');
    }
    try {
      const error = await writeFileAtomic(join(folder, 'big'), new Uint8Array(1 << 20)).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(NimifyError);
      expect(error).toMatchObject({ code: 'DISK_FULL', exitCode: 5 });
      expect(await readdir(folder)).toEqual([]);
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});

describe('producing files that belong together', () => {
  const paths = (...names: string[]): string[] => names.map((name) => join(folder, name));
  const write = async (temporaries: readonly string[]): Promise<void> => {
    for (const [index, path] of temporaries.entries()) await writeFile(path, `new ${index}`);
  };
  const contents = async (): Promise<Record<string, string>> => {
    const names = (await readdir(folder)).sort();
    return Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')])),
    );
  };

  test('one that is already there refuses all of them before any work is done', async () => {
    await writeFile(join(folder, 'data'), 'old');
    let isCalled = false;
    const refused = produceAll(paths('data', 'model'), async () => {
      isCalled = true;
    });
    await expect(refused).rejects.toMatchObject({ code: 'OUTPUT_EXISTS', details: { path: join(folder, 'data') } });
    expect([isCalled, await contents()]).toEqual([false, { data: 'old' }]);
  });

  test('a failure between two of them leaves none', async () => {
    const failing = produceAll(paths('data', 'model'), async ([first]) => {
      await writeFile(first as string, 'new');
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await contents()).toEqual({});
  });

  test('when the last cannot take its place, those before it give theirs back', async () => {
    await writeFile(join(folder, 'data'), 'old data');
    await writeFile(join(folder, 'model'), 'old model');
    const half = produceAll(paths('data', 'model'), ([first]) => writeFile(first as string, 'new'), { force: true });
    await expect(half).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    expect(await contents()).toEqual({ data: 'old data', model: 'old model' });
  });

  test('force does not reach a file that is still needed, whatever link leads to it', async () => {
    await writeFile(join(folder, 'data'), 'old');
    await symlink('data', join(folder, 'link'));
    const refused = produceAll(paths('link', 'model'), write, { force: true, needed: [join(folder, 'data')] });
    await expect(refused).rejects.toMatchObject({ code: 'OUTPUT_EXISTS', details: { path: join(folder, 'link') } });
    expect(await readdir(folder)).toEqual(['data', 'link']);
  });

  test('with force all are replaced, and what they replaced is gone', async () => {
    await writeFile(join(folder, 'model'), 'old');
    await produceAll(paths('data', 'model'), write, { force: true });
    expect(await contents()).toEqual({ data: 'new 0', model: 'new 1' });
  });
});
