/** The one lazy door to better-sqlite3. */
import { createRequire } from 'node:module';
import type BetterSqlite3 from 'better-sqlite3';
import { NimifyError } from '../base/errors.ts';

export type Database = BetterSqlite3.Database;
export type DatabaseConstructor = typeof BetterSqlite3;

type ImportSqlite = () => Promise<{ readonly default: DatabaseConstructor }>;

const importSqlite: ImportSqlite = () => import('better-sqlite3');

/**
 * Loads the library and its native part, which better-sqlite3 itself would load with the first database.
 * @throws NimifyError CATALOG_NOT_INSTALLED when one of them is missing or was built for another Node.
 */
export async function loadSqlite(load: ImportSqlite = importSqlite): Promise<DatabaseConstructor> {
  try {
    const { default: Database } = await load();
    new Database(':memory:').close();
    return Database;
  } catch (error) {
    throw notInstalled(error);
  }
}

function notInstalled(error: unknown): NimifyError {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  const text = error instanceof Error ? error.message : String(error);
  const message = isMissing
    ? 'The package better-sqlite3 is not installed.'
    : `better-sqlite3 does not load under Node ${process.versions.node}: ${text.split('\n')[0]}`;
  return new NimifyError('CATALOG_NOT_INSTALLED', message, {
    hint: isMissing ? 'npm install better-sqlite3' : 'npm rebuild better-sqlite3',
    details: { node: process.versions.node, modules: process.versions.modules ?? '' },
    cause: error,
  });
}

/** Versions of the npm package and of the SQLite in it. */
export function sqliteVersions(Database: DatabaseConstructor): { packageVersion: string; sqliteVersion: string } {
  const db = new Database(':memory:');
  try {
    const manifest = createRequire(import.meta.url)('better-sqlite3/package.json') as { version: string };
    return { packageVersion: manifest.version, sqliteVersion: sqliteVersion(db) };
  } finally {
    db.close();
  }
}

export function sqliteVersion(db: Database): string {
  return db.prepare('SELECT sqlite_version()').pluck().get() as string;
}
