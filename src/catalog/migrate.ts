/** Brings a database to the newest schema, safely when several processes do it at once. */
import { randomUUID } from 'node:crypto';
import { linkSync, rmSync } from 'node:fs';
import { isSystemError } from '../base/errors.ts';
import { newer } from './layout.ts';
import type { Database } from './load-sqlite.ts';
import { MIGRATIONS } from './migrations.ts';
import { damaged } from './sqlite-errors.ts';

/** `nimi` in ASCII; SQLite keeps it in the header of the file. */
const APPLICATION_ID = 0x6e696d69;

export function schemaVersion(db: Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}

/**
 * Reads the header and the schema, which fails for most damaged files.
 * @throws NimifyError CATALOG_NEWER, CATALOG_UNREADABLE for a database of another program; errors of SQLite
 */
export function checkIdentity(db: Database, file: string, migrations: readonly string[] = MIGRATIONS): void {
  // One view of the file: between two another process may have made the tables and the id.
  const { applicationId, hasTables } = db.transaction(() => ({
    applicationId: db.pragma('application_id', { simple: true }) as number,
    hasTables: (db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number) > 0,
  }))();
  if (applicationId !== APPLICATION_ID && (applicationId !== 0 || hasTables)) {
    throw damaged(file, 'is a database of another program');
  }
  const found = schemaVersion(db);
  if (found > migrations.length) throw newer(file, found, migrations.length);
}

/**
 * Runs the missing steps in one immediate transaction that reads the version again, so that of several processes one
 * does the work and the others find it done. A catalog with content is first copied to `catalog.v<N>.bak`.
 */
export function migrate(db: Database, file: string, migrations: readonly string[] = MIGRATIONS): void {
  const before = schemaVersion(db);
  if (before >= migrations.length) return;
  if (before > 0 && !db.memory) backUp(db, file, before);
  db.transaction(() => {
    const found = schemaVersion(db);
    if (found > migrations.length) throw newer(file, found, migrations.length);
    for (const step of migrations.slice(found)) db.exec(step);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
}

/** A hard link fails where the name is taken: the backup of the process that came first is never replaced. */
function backUp(db: Database, file: string, version: number): void {
  const stem = file.replace(/\.db$/, '');
  const temporary = `${stem}.${randomUUID()}.tmp`;
  try {
    db.prepare('VACUUM INTO ?').run(temporary);
    linkSync(temporary, `${stem}.v${version}.bak`);
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}
