import { NimifyError } from '../../base/errors.ts';
import { type Finding, finding } from '../../base/findings.ts';
import type { Check } from '../check.ts';
import { compareVersions } from '../version.ts';

/** Older ones may damage a database in WAL mode when a checkpoint and a write meet. */
const MINIMUM = '3.51.3';

export const sqliteCheck: Check = {
  id: 'sqlite',
  title: 'SQLite and the catalog',
  async run({ probeSqlite }) {
    try {
      const { packageVersion, sqliteVersion, damage } = await probeSqlite();
      const findings: Finding[] = [];
      if (compareVersions(sqliteVersion, MINIMUM) < 0) {
        findings.push(finding('SQLITE_TOO_OLD', { found: sqliteVersion, needed: MINIMUM }));
      }
      if (damage !== null) findings.push(finding('CATALOG_DAMAGED', { part: 'database', reason: damage }));
      if (findings.length > 0) return findings;
      return [finding('CHECK_OK', { detail: `${sqliteVersion}, better-sqlite3 ${packageVersion}` })];
    } catch (error) {
      if (!(error instanceof NimifyError)) throw error;
      const code = error.code === 'CATALOG_NOT_INSTALLED' ? 'SQLITE_MISSING' : 'CATALOG_UNUSABLE';
      return [finding(code, { reason: error.message, hint: error.hint ?? null })];
    }
  },
};
