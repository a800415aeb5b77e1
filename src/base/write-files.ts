/**
 * Nothing half-written: files and folders come into being under a temporary name beside their target and are renamed
 * when they are whole. After a failure or an interrupt nothing of them is left.
 */
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { NimifyError, writeError } from './errors.ts';

/** A file in memory; `path` is relative, with forward slashes. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

export interface ReplaceOptions {
  /** Replace what stands at the target; without it an existing target is an error before any work is done. */
  readonly force?: boolean;
}

export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Throws OUTPUT_EXISTS when something stands at `target` and may not be replaced. */
export async function checkTarget(target: string, options: ReplaceOptions = {}): Promise<void> {
  if (options.force || !(await exists(target))) return;
  throw new NimifyError('OUTPUT_EXISTS', `${target} is already there.`, {
    hint: 'Add --force to replace it, or choose another path with -o.',
    details: { path: target },
  });
}

/**
 * Calls `make` with a temporary path beside `target` and renames what it made to `target`.
 * `make` may create a file or a folder there. Whatever fails, the temporary path is removed.
 */
export async function produce<T>(
  target: string,
  make: (temporaryPath: string) => Promise<T>,
  options: ReplaceOptions = {},
): Promise<T> {
  const final = resolve(target);
  await checkTarget(final, options);
  const temporary = join(dirname(final), `.${basename(final)}.${randomBytes(6).toString('hex')}.tmp`);
  const created = await mkdir(dirname(final), { recursive: true }).catch((error: unknown) => {
    throw writeError(error, target);
  });
  try {
    const result = await make(temporary);
    await replace(temporary, final, options);
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (created !== undefined) await rm(created, { recursive: true, force: true });
    throw writeError(error, target);
  }
}

async function replace(temporary: string, final: string, options: ReplaceOptions): Promise<void> {
  await checkTarget(final, options);
  if (!(await exists(final))) return rename(temporary, final);
  const aside = `${temporary}.old`;
  await rename(final, aside);
  try {
    await rename(temporary, final);
  } catch (error) {
    await rename(aside, final);
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}

/** Writes the files below `folder`, creating the folders they need, each flushed to the disk. */
export async function writeTree(folder: string, files: readonly GeneratedFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of files) {
    const path = join(folder, ...file.path.split('/'));
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, 'w');
    try {
      await handle.writeFile(file.content);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

/** Writes one file whole or not at all. */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: ReplaceOptions = {},
): Promise<void> {
  await produce(
    path,
    async (temporary) => {
      const handle = await open(temporary, 'wx');
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    options,
  );
}
