/** What `nimify doctor` asks about the catalog, which it does not open itself. */
import { resolve } from 'node:path';
import { NimifyError } from '../base/errors.ts';
import { catalogPaths } from './layout.ts';
import { loadSqlite, sqliteVersions } from './load-sqlite.ts';
import { openForReading } from './open-database.ts';
import { catalogError } from './sqlite-errors.ts';
import { quickCheck } from './verify.ts';

export interface DatabaseProbe {
  /** Version of the npm package. */
  readonly packageVersion: string;
  /** Version of SQLite inside, such as `3.53.0`. */
  readonly sqliteVersion: string;
  /** Sentence about damage of the database; null when it is sound or not there yet. Stored models are not read. */
  readonly damage: string | null;
}

/** @throws NimifyError CATALOG_NOT_INSTALLED, CATALOG_NEWER */
export async function probeDatabase(folder: string): Promise<DatabaseProbe> {
  const versions = sqliteVersions(await loadSqlite());
  return { ...versions, damage: await databaseDamage(folder) };
}

async function databaseDamage(folder: string): Promise<string | null> {
  const paths = catalogPaths(resolve(folder));
  try {
    const { db, close } = await openForReading(paths);
    try {
      return quickCheck(db)[0] ?? null;
    } finally {
      close();
    }
  } catch (error) {
    const translated = catalogError(error, paths.database);
    if (translated instanceof NimifyError && translated.code === 'CATALOG_UNREADABLE') return translated.message;
    throw translated;
  }
}
