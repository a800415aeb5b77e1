/** Statistics of calibration by key: bytes that others make and understand, kept as long as there is room. */
import { sha256 } from '../base/digest.ts';
import type { Database } from './load-sqlite.ts';

/**
 * UltraFace (50 convolutions, 128 photographs) takes 21 KiB for ranges and means and 146 KiB for histograms: room for some
 * 390 of its kind, and for the small entries of a search, in a database that is still copied in a moment.
 */
const LIMITS = { entries: 2000, bytes: 64 * 2 ** 20 } as const;

export interface CalibrationLimits {
  readonly entries: number;
  readonly bytes: number;
}

export interface Calibrations {
  /** @param key SHA-256 */
  get(key: string): Uint8Array | undefined;
  /** Replaces the value of the key; those written first make room. A value beyond the limits is not kept. */
  put(key: string, value: Uint8Array): void;
}

export function calibrations(db: Database, at: () => Date, limits: CalibrationLimits = LIMITS): Calibrations {
  return {
    get: (key) => db.prepare<[string], Buffer>('SELECT value FROM calibration WHERE key = ?').pluck().get(key),
    put: (key, value) => {
      if (value.length <= limits.bytes) db.transaction(() => replace(db, key, value, at(), limits)).immediate();
    },
  };
}

function replace(db: Database, key: string, value: Uint8Array, at: Date, limits: CalibrationLimits): void {
  db.prepare('DELETE FROM calibration WHERE key = ?').run(key);
  db.prepare('INSERT INTO calibration (key, sha256, size_bytes, added_at, value) VALUES (?, ?, ?, ?, ?)').run(
    key,
    sha256(value),
    value.length,
    at.toISOString(),
    value,
  );
  db.prepare(
    `DELETE FROM calibration WHERE id IN (
       SELECT id FROM (
         SELECT id, row_number() OVER newest AS entries, sum(size_bytes) OVER newest AS bytes
         FROM calibration WINDOW newest AS (ORDER BY id DESC ROWS UNBOUNDED PRECEDING)
       ) WHERE entries > ? OR bytes > ?
     )`,
  ).run(limits.entries, limits.bytes);
}

interface Row {
  readonly key: string;
  readonly sha256: string;
  readonly value: Buffer;
}

/** Sentences about rows whose value does not have its digest; one value is in memory at a time. */
export function calibrationProblems(db: Database): string[] {
  const problems: string[] = [];
  for (const row of db.prepare<[], Row>('SELECT key, sha256, value FROM calibration ORDER BY id').iterate()) {
    if (sha256(row.value) !== row.sha256) problems.push(`the entry ${row.key.slice(0, 12)} does not have its digest`);
  }
  return problems;
}
