/**
 * Nothing half-written: files and folders come into being under a temporary name beside their target and are renamed
 * when they are whole. After a failure or an interrupt nothing of them is left.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isSystemError, NimifyError, writeError } from './errors.ts';

/** A file in memory; `path` is relative, with forward slashes. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

export interface ReplaceOptions {
  /** Replace what stands at the target; without it an existing target is an error before any work is done. */
  readonly force?: boolean;
  /** A file that marks a folder as ours: with `force` only folders that hold it, and empty ones, are replaced. */
  readonly marker?: string;
  /** Files that are still needed, by whatever path they are reached: not even `force` replaces them. */
  readonly needed?: readonly string[];
}

export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Throws OUTPUT_EXISTS when something stands at `target` and may not be replaced: without `force` anything, with it a
 * folder that is not ours and a file that is still needed. A file or folder that was made by another program is never worth a typo.
 */
export async function checkTarget(target: string, options: ReplaceOptions = {}): Promise<void> {
  const stats = await lstat(target).catch(() => undefined);
  if (stats === undefined) return;
  for (const path of options.needed ?? []) if (await isSameFile(path, target)) throw stillNeeded(target);
  const isForeign = stats.isDirectory() && !(await isReplaceable(target, options.marker));
  if (options.force && !isForeign) return;
  const what = isForeign ? `${target} is a folder with other content` : `${target} is already there`;
  const hint = isForeign ? 'Choose another path.' : 'Add --force to replace it, or choose another path.';
  throw new NimifyError('OUTPUT_EXISTS', `${what}.`, { hint, details: { path: target } });
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((path) => stat(path).catch(() => undefined)));
  return one !== undefined && other !== undefined && one.ino === other.ino && one.dev === other.dev;
}

function stillNeeded(target: string): NimifyError {
  return new NimifyError(
    'OUTPUT_EXISTS',
    `${target} belongs to the model that is read; the two would destroy each other.`,
    {
      hint: 'Choose another path.',
      details: { path: target },
    },
  );
}

async function isReplaceable(folder: string, marker: string | undefined): Promise<boolean> {
  const names = await readdir(folder).catch(() => ['unreadable']);
  return names.length === 0 || (marker !== undefined && names.includes(marker));
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
  return produceAll([target], ([temporary]) => make(temporary as string), options);
}

/**
 * The same for several targets that belong together, on one disk: they appear one right after the other when all are
 * whole. The last one is that which names the others: it appears last, and what stood in its place goes first, so that
 * nobody finds it beside files that it was not written for.
 */
export async function produceAll<T>(
  targets: readonly string[],
  make: (temporaryPaths: readonly string[]) => Promise<T>,
  options: ReplaceOptions = {},
): Promise<T> {
  const finals = targets.map((target) => resolve(target));
  const last = finals.at(-1) as string;
  for (const final of finals) await checkTarget(final, options);
  const suffix = `${randomBytes(6).toString('hex')}.tmp`;
  const temporaries = finals.map((final) => join(dirname(final), `.${basename(final)}.${suffix}`));
  const created: MadeFolder[] = [];
  try {
    for (const folder of new Set(finals.map((final) => dirname(final)))) {
      const top = await mkdir(folder, { recursive: true });
      if (top !== undefined) created.push({ folder, top });
    }
    const result = await make(temporaries);
    for (const final of finals) await checkTarget(final, options);
    await replaceAll(temporaries, finals);
    return result;
  } catch (error) {
    for (const temporary of temporaries) await remove(temporary);
    for (const made of created.reverse()) await removeEmpty(made);
    throw writeError(error, last);
  }
}

/** What is not there, or in a folder that cannot be, is gone already. */
async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
    if (!isSystemError(error) || error.code !== 'ENOTDIR') throw error;
  });
}

/** A folder, and the outermost one that had to be made for it. */
interface MadeFolder {
  readonly folder: string;
  readonly top: string;
}

/** Takes back the folders from `folder` up to `top`, as far as nobody else has put anything in them meanwhile. */
async function removeEmpty({ folder, top }: MadeFolder): Promise<void> {
  try {
    for (let at = folder; at.length >= top.length; at = dirname(at)) await rmdir(at);
  } catch {
    // Not empty, or gone already: both are fine.
  }
}

/** Renames each temporary path to its final one; what was there is kept aside until all have arrived. */
async function replaceAll(temporaries: readonly string[], finals: readonly string[]): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  const old: string[] = [];
  try {
    for (const final of [...finals].reverse()) {
      if (!(await exists(final))) continue;
      const aside = `${temporaries[finals.indexOf(final)]}.old`;
      await rename(final, aside);
      undo.push(() => rename(aside, final));
      old.push(aside);
    }
    for (const [index, final] of finals.entries()) {
      const temporary = temporaries[index] as string;
      await rename(temporary, final);
      undo.push(() => rename(final, temporary));
    }
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
  for (const path of old) await rm(path, { recursive: true, force: true });
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

/** Copies a file, with the folders that it needs; blocks are shared where the file system can. */
export async function copyInto(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to, constants.COPYFILE_FICLONE);
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
