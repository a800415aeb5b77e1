/**
 * A log that is only appended to. Each row carries the hash of the one before it, so a partial edit shows; somebody who
 * may write the file can still write the whole log anew.
 */
import { userInfo } from 'node:os';
import { sha256 } from '../base/digest.ts';
import type { JsonValue } from '../base/errors.ts';
import type { Database } from './load-sqlite.ts';

const GENESIS = '0'.repeat(64);

export interface AuditEntry {
  /** ISO 8601. */
  readonly at: string;
  readonly actor: string;
  readonly action: 'record';
  readonly subject: string;
  readonly detail: JsonValue;
}

interface AuditRow {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: string;
  readonly prev_hash: string;
  readonly hash: string;
}

/** Must run in the transaction of what it tells about. */
export function appendAudit(db: Database, entry: AuditEntry): void {
  const last = db.prepare('SELECT hash FROM audit ORDER BY id DESC LIMIT 1').pluck().get() as string | undefined;
  const row = { ...entry, detail: JSON.stringify(entry.detail), prev_hash: last ?? GENESIS };
  db.prepare(
    `INSERT INTO audit (at, actor, action, subject, detail, prev_hash, hash)
     VALUES (@at, @actor, @action, @subject, @detail, @prev_hash, @hash)`,
  ).run({ ...row, hash: rowHash(row) });
}

function rowHash(row: Omit<AuditRow, 'id' | 'hash'>): string {
  return sha256(`${row.prev_hash}\n${JSON.stringify([row.at, row.actor, row.action, row.subject, row.detail])}`);
}

/** @returns what breaks the chain first, or null. A version without a row is how a cut end of the log shows. */
export function auditProblem(db: Database): string | null {
  let previous = GENESIS;
  for (const row of db.prepare<[], AuditRow>('SELECT * FROM audit ORDER BY id').iterate()) {
    if (row.prev_hash !== previous) return `row ${row.id} does not follow the row before it`;
    if (row.hash !== rowHash(row)) return `row ${row.id} (${row.subject}) was changed`;
    previous = row.hash;
  }
  const unlogged = db
    .prepare(
      `SELECT m.name || '@' || v.number FROM version v JOIN model m ON m.id = v.model_id
       WHERE NOT EXISTS (SELECT 1 FROM audit a WHERE a.subject = m.name || '@' || v.number) LIMIT 1`,
    )
    .pluck()
    .get() as string | undefined;
  return unlogged === undefined ? null : `the row of ${unlogged} is missing`;
}

/** The user of the operating system; in a container a user may have no name. */
export function currentActor(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid:${process.getuid?.() ?? 'unknown'}`;
  }
}
