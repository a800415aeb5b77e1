/** Looks for damage everywhere: the database, its indexes, the log, and every stored byte. */
import { type Finding, finding } from '../base/findings.ts';
import { auditProblem } from './audit.ts';
import { calibrationProblems } from './calibrations.ts';
import { type Database, sqliteVersion } from './load-sqlite.ts';
import type { CatalogReport } from './records.ts';
import { isSqliteError } from './sqlite-errors.ts';
import type { BlobStore, StoredBlob } from './store.ts';

/** Which part of the catalog a finding is about; the argument `part` of CATALOG_DAMAGED. */
type Part = 'database' | 'rows' | 'search' | 'audit' | 'calibration' | 'blob';

const MAX_LINES = 10;

interface DatabaseCheck {
  readonly part: Part;
  /** Sentences about what is wrong, without a full stop. */
  readonly run: (db: Database) => readonly string[];
}

const DATABASE_CHECKS: readonly DatabaseCheck[] = [
  { part: 'database', run: quickCheck },
  { part: 'rows', run: foreignKeyCheck },
  { part: 'search', run: (db) => searchCheck(db, 'search_words') },
  { part: 'search', run: (db) => searchCheck(db, 'search_fragments') },
  { part: 'audit', run: (db) => [auditProblem(db)].filter((text) => text !== null) },
  { part: 'calibration', run: (db) => calibrationProblems(db).slice(0, MAX_LINES) },
];

/** Never throws for damage; what is damaged is a finding. Takes about a second per GiB of stored models. */
export async function verifyCatalog(db: Database, store: BlobStore, signal?: AbortSignal): Promise<CatalogReport> {
  const findings = DATABASE_CHECKS.flatMap(({ part, run }) =>
    survive(
      () => run(db),
      (reason) => [reason],
    ).map((reason) => damage(part, reason)),
  );
  const rows = survive(
    () => blobRows(db),
    () => [],
  );
  const blobs = await checkBlobs(rows, store, signal);
  return {
    findings: [...findings, ...blobs.findings],
    sqliteVersion: sqliteVersion(db),
    checked: {
      versions: count(db, 'version'),
      auditRows: count(db, 'audit'),
      calibrations: count(db, 'calibration'),
      ...blobs.checked,
    },
  };
}

function damage(part: Part, reason: string, where?: string): Finding {
  return finding('CATALOG_DAMAGED', { part, reason }, where);
}

/** A check that SQLite itself breaks off has found damage too. */
function survive<T>(run: () => T, onDamage: (reason: string) => T): T {
  try {
    return run();
  } catch (error) {
    if (!isSqliteError(error, /^(CORRUPT|NOTADB|ERROR|IOERR)/)) throw error;
    return onDamage(`SQLite reports ${error.message} (${error.code})`);
  }
}

export function quickCheck(db: Database): string[] {
  const rows = db.pragma(`quick_check(${MAX_LINES})`) as { quick_check: string }[];
  return rows.map((row) => row.quick_check).filter((text) => text !== 'ok');
}

function foreignKeyCheck(db: Database): string[] {
  const rows = db.pragma('foreign_key_check') as { table: string; rowid: number | null; parent: string }[];
  return rows
    .slice(0, MAX_LINES)
    .map(
      ({ table, rowid, parent }) =>
        `${rowid === null ? 'a row' : `row ${rowid}`} of ${table} names a row of ${parent} that is not there`,
    );
}

/** Compares the index with the texts. FTS5 takes this as an insert, which a connection for reading must allow. */
function searchCheck(db: Database, table: string): string[] {
  const isQueryOnly = db.pragma('query_only', { simple: true }) as number;
  db.pragma('query_only = OFF');
  try {
    db.prepare(`INSERT INTO ${table}(${table}, rank) VALUES ('integrity-check', 1)`).run();
    return [];
  } catch (error) {
    if (!isSqliteError(error, /^CORRUPT/)) throw error;
    return [`${table} does not fit its texts`];
  } finally {
    db.pragma(`query_only = ${isQueryOnly}`);
  }
}

function blobRows(db: Database): StoredBlob[] {
  return db.prepare<[], StoredBlob>('SELECT sha256, size_bytes AS sizeBytes FROM blob ORDER BY sha256').all();
}

async function checkBlobs(
  rows: readonly StoredBlob[],
  store: BlobStore,
  signal: AbortSignal | undefined,
): Promise<{
  findings: Finding[];
  checked: { blobs: number; blobBytes: number; unreferencedBlobs: number };
}> {
  const findings: Finding[] = [];
  const named = new Set(rows.map((row) => row.sha256));
  const checked = { blobs: 0, blobBytes: 0, unreferencedBlobs: 0 };
  for await (const blob of store.verify(signal)) {
    checked.blobs += 1;
    checked.blobBytes += blob.sizeBytes;
    if (!blob.isSound)
      findings.push(damage('blob', 'the stored bytes do not have the digest of their name', blob.path));
    if (!named.delete(blob.sha256)) checked.unreferencedBlobs += 1;
  }
  for (const sha256 of named) findings.push(damage('blob', 'the stored bytes are missing', store.path(sha256)));
  return { findings, checked };
}

function count(db: Database, table: string): number {
  return survive(
    () => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number,
    () => 0,
  );
}
