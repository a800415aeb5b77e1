/** Opens the database of a catalog for writing, or for reading wherever and however it lies. */
import { constants, rmSync } from 'node:fs';
import { copyFile, mkdtemp, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSystemError, readError } from '../base/errors.ts';
import { type CatalogPaths, dataFolderError, readLayout, writeLayout } from './layout.ts';
import { type Database, type DatabaseConstructor, loadSqlite } from './load-sqlite.ts';
import { checkIdentity, migrate, schemaVersion } from './migrate.ts';
import { MIGRATIONS } from './migrations.ts';
import { damaged, isSqliteError } from './sqlite-errors.ts';

const BUSY_TIMEOUT_MS = 5000;
const SMALLEST_PAGE_BYTES = 512;

/** Magic numbers of statfs(2). Processes on two machines cannot share the memory that WAL mode needs. */
const NETWORK_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB 2
  0x0bd00bd0, // Lustre
  0x47504653, // GPFS
  0x01021997, // 9P
]);

export interface OpenDatabase {
  readonly db: Database;
  close(): void;
}

/** Makes the database where there is none. The folder must be there and writable. */
export async function openForWriting(paths: CatalogPaths): Promise<OpenDatabase> {
  const Database = await loadSqlite();
  const layout = await readLayout(paths);
  await refuseRemains(paths, layout);
  const db = new Database(paths.database, { timeout: BUSY_TIMEOUT_MS });
  try {
    await prepare(db, paths.database, journalModeFor(await fileSystemType(paths.folder)));
    if (layout === null) await writeLayout(paths);
  } catch (error) {
    db.close();
    throw error;
  }
  return { db, close: () => db.close() };
}

/** Creates no catalog: where there is none, an empty one in memory is read. */
export async function openForReading(paths: CatalogPaths): Promise<OpenDatabase> {
  const Database = await loadSqlite();
  const layout = await readLayout(paths);
  if (!(await isThere(paths.database))) return openEmpty(Database, paths);
  await refuseRemains(paths, layout);
  try {
    return await openInPlace(Database, paths);
  } catch (error) {
    if (!isSqliteError(error, /^(READONLY|CANTOPEN|FULL|IOERR_SHM)/)) throw error;
    return openCopy(Database, paths);
  }
}

function openEmpty(Database: DatabaseConstructor, paths: CatalogPaths): OpenDatabase {
  const db = new Database(':memory:');
  migrate(db, paths.database);
  return { db, close: () => db.close() };
}

async function openInPlace(Database: DatabaseConstructor, paths: CatalogPaths): Promise<OpenDatabase> {
  const db = new Database(paths.database, { timeout: BUSY_TIMEOUT_MS, fileMustExist: true });
  try {
    checkIdentity(db, paths.database);
    if (schemaVersion(db) < MIGRATIONS.length) migrate(db, paths.database);
    db.pragma('query_only = ON');
  } catch (error) {
    db.close();
    throw error;
  }
  return { db, close: () => db.close() };
}

/**
 * A database in WAL mode cannot be opened in a folder that cannot be written (SQLITE_READONLY_DIRECTORY), and an old
 * schema cannot be brought up to date there: a copy in the temporary folder of the system is read instead.
 */
async function openCopy(Database: DatabaseConstructor, paths: CatalogPaths): Promise<OpenDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'nimify-catalog-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, basename(paths.database));
    for (const suffix of ['', '-wal']) {
      if (await isThere(paths.database + suffix)) {
        await copyFile(paths.database + suffix, copy + suffix, constants.COPYFILE_FICLONE);
      }
    }
    const { db } = await openInPlace(Database, { ...paths, database: copy });
    const close = () => {
      db.close();
      remove();
    };
    return { db, close };
  } catch (error) {
    remove();
    throw dataFolderError(readError(error, paths.database), folder);
  }
}

async function prepare(db: Database, file: string, journalMode: 'WAL' | 'DELETE'): Promise<void> {
  checkIdentity(db, file);
  await setJournalMode(db, journalMode);
  db.pragma('synchronous = NORMAL');
  db.pragma('foreign_keys = ON');
  migrate(db, file);
}

/** Going to WAL takes the whole file for a moment, and SQLite does not wait for that when others just open it. */
async function setJournalMode(db: Database, mode: string): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 20) {
    try {
      db.pragma(`journal_mode = ${mode}`);
      return;
    } catch (error) {
      if (!isSqliteError(error, /^BUSY/) || waitedMs >= BUSY_TIMEOUT_MS) throw error;
      await sleep(20);
    }
  }
}

/** The journal mode for a file system type of statfs(2). */
export function journalModeFor(fileSystem: number): 'WAL' | 'DELETE' {
  return NETWORK_FILE_SYSTEMS.has(fileSystem) ? 'DELETE' : 'WAL';
}

async function fileSystemType(folder: string): Promise<number> {
  return statfs(folder).then(
    ({ type }) => type,
    () => 0,
  );
}

/**
 * SQLite takes a file below its smallest page for a new database and would write over it. A file without bytes may be one
 * that another process is making just now, unless a catalog was finished here before.
 */
async function refuseRemains(paths: CatalogPaths, layout: number | null): Promise<void> {
  if (!(await isThere(paths.database))) return;
  const stats = await stat(paths.database);
  if (!stats.isFile()) throw damaged(paths.database, 'is not a file');
  if (stats.size < SMALLEST_PAGE_BYTES && (stats.size > 0 || layout !== null)) {
    throw damaged(paths.database, `has ${stats.size} bytes, too few for a database`);
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (isSystemError(error) && error.code === 'ENOENT') return false;
      throw readError(error, path);
    },
  );
}
