/** The folder of a catalog: `catalog.db`, `blobs/sha256/<2 hex>/<64 hex>`, `tmp/`, `layout.json`. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError, NimifyError, readError } from '../base/errors.ts';

const LAYOUT_VERSION = 1;
const LAYOUT = { layoutVersion: LAYOUT_VERSION, blobs: 'blobs/sha256/<2 hex>/<64 hex>' };

/** A file in tmp/ that is older belongs to a process that died. */
const STALE_AFTER_MS = 24 * 60 * 60 * 1000;

export interface CatalogPaths {
  readonly folder: string;
  readonly database: string;
  readonly blobs: string;
  readonly temporary: string;
  readonly layout: string;
}

export function catalogPaths(folder: string): CatalogPaths {
  return {
    folder,
    database: join(folder, 'catalog.db'),
    blobs: join(folder, 'blobs', 'sha256'),
    temporary: join(folder, 'tmp'),
    layout: join(folder, 'layout.json'),
  };
}

/** @throws NimifyError OUTPUT_UNWRITABLE or DISK_FULL with what the user can do about the data folder. */
export async function makeFolders(paths: CatalogPaths): Promise<void> {
  try {
    await mkdir(paths.blobs, { recursive: true });
    await mkdir(paths.temporary, { recursive: true });
    await access(paths.folder, constants.W_OK);
  } catch (error) {
    throw dataFolderError(error, paths.folder);
  }
}

/** Errors met while writing below the data folder; whatever is not from the file system comes back unchanged. */
export function dataFolderError(error: unknown, path: string): unknown {
  if (!isSystemError(error) || error instanceof NimifyError || !/^E[A-Z]+$/.test(error.code)) return error;
  const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  return isFull
    ? new NimifyError('DISK_FULL', `No room left on the disk while writing ${path}.`, {
        hint: 'Free some space, or set NIMIFY_HOME to a folder on another disk.',
        details: { path },
        cause: error,
      })
    : new NimifyError('OUTPUT_UNWRITABLE', `The data folder cannot be written: ${path} (${error.code}).`, {
        hint: 'Set NIMIFY_HOME to a folder of yours.',
        details: { path, systemCode: error.code },
        cause: error,
      });
}

/**
 * The layout version that the folder was made with; null where no catalog was finished yet.
 * @throws NimifyError CATALOG_NEWER, CATALOG_UNREADABLE
 */
export async function readLayout(paths: CatalogPaths): Promise<number | null> {
  const text = await readFile(paths.layout, 'utf8').catch((error: unknown) => {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw readError(error, paths.layout);
  });
  if (text === null) return null;
  const version = layoutVersionOf(text);
  if (version === undefined) {
    throw new NimifyError('CATALOG_UNREADABLE', `${paths.layout} is damaged: it names no layout version.`, {
      hint: `Remove it (rm '${paths.layout}'); it is written again.`,
      details: { path: paths.layout },
    });
  }
  if (version > LAYOUT_VERSION) throw newer(paths.layout, version, LAYOUT_VERSION);
  return version;
}

function layoutVersionOf(text: string): number | undefined {
  try {
    const { layoutVersion } = JSON.parse(text) as { layoutVersion?: unknown };
    return typeof layoutVersion === 'number' && Number.isInteger(layoutVersion) ? layoutVersion : undefined;
  } catch {
    return undefined;
  }
}

export function newer(path: string, found: number, known: number): NimifyError {
  return new NimifyError('CATALOG_NEWER', `${path} has version ${found}; this nimify knows up to version ${known}.`, {
    hint: 'npm install -g nimify@latest, or set NIMIFY_HOME to another folder.',
    details: { path, found, known },
  });
}

/** Written last, when the database is whole: its presence tells a lost database from one that is being made. */
export async function writeLayout(paths: CatalogPaths): Promise<void> {
  const temporary = join(paths.temporary, randomUUID());
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(`${JSON.stringify(LAYOUT)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, paths.layout);
  } catch (error) {
    await rm(temporary, { force: true });
    throw dataFolderError(error, paths.layout);
  }
}

/** Removes what processes that died left in tmp/. A file that another process removes meanwhile is fine. */
export async function removeStale(paths: CatalogPaths, now: Date): Promise<void> {
  for (const name of await readdir(paths.temporary).catch(() => [])) {
    const path = join(paths.temporary, name);
    const stats = await stat(path).catch(() => null);
    if (stats !== null && now.getTime() - stats.mtimeMs > STALE_AFTER_MS) await rm(path, { force: true });
  }
}
