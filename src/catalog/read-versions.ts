/** Versions as they are listed and shown. */

import { closest } from '../base/closest.ts';
import { type JsonValue, NimifyError } from '../base/errors.ts';
import { decodeCursor, encodeCursor, pageLimit } from './cursor.ts';
import type { Database } from './load-sqlite.ts';
import type { DataFileRecord, ListQuery, Page, Relation, VersionDetail, VersionRecord } from './records.ts';

/** `rowId` is the order in which versions were recorded. */
export interface VersionRow extends VersionRecord {
  readonly rowId: number;
}

export const VERSION_COLUMNS = `v.id AS rowId, m.name || '@' || v.number AS id, m.name AS name, v.number AS number,
  v.created_at AS createdAt, v.nimify_version AS nimifyVersion, v.precision AS precision, v.method AS method,
  v.model_sha256 AS modelSha256, v.model_size_bytes AS modelSizeBytes, v.source_reference AS sourceReference,
  v.source_sha256 AS sourceSha256, v.service_folder AS serviceFolder`;

const FROM_VERSION = 'FROM version v JOIN model m ON m.id = v.model_id';

export function toRecord({ rowId: _rowId, ...record }: VersionRow): VersionRecord {
  return record;
}

/** Newest first. The cursor is the last row of the page, so new versions never move what comes after it. */
export function listVersions(db: Database, query: ListQuery): Page<VersionRecord> {
  const limit = pageLimit(query);
  const before = query.cursor === undefined ? Number.MAX_SAFE_INTEGER : decodeCursor(query.cursor, ['before']).before;
  const filter = query.name === undefined ? '' : 'AND m.name = @name';
  const rows = db
    .prepare<[object], VersionRow>(
      `SELECT ${VERSION_COLUMNS} ${FROM_VERSION} WHERE v.id < @before ${filter} ORDER BY v.id DESC LIMIT @limit`,
    )
    .all({ before, limit: limit + 1, name: query.name ?? null });
  const total = db
    .prepare(
      query.name === undefined
        ? 'SELECT count(*) FROM version'
        : `SELECT count(*) ${FROM_VERSION} WHERE m.name = @name`,
    )
    .pluck()
    .get({ name: query.name ?? null }) as number;
  const items = rows.slice(0, limit);
  const last = items[items.length - 1];
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor({ before: last.rowId }) : null;
  return { items: items.map(toRecord), total, nextCursor };
}

/**
 * @param idOrName `name@number`, `name` or `name@latest` for the newest, or at least 8 characters of the digest of the
 *   served model, of which the newest version is taken
 * @throws NimifyError CATALOG_NOT_FOUND
 */
export function findVersion(db: Database, idOrName: string): VersionRow {
  const [, name = idOrName, number = 'latest'] = /^(.*)@(latest|\d{1,9})$/.exec(idOrName) ?? [];
  const found =
    number === 'latest'
      ? selectOne(db, 'm.name = ? ORDER BY v.number DESC', name)
      : selectOne(db, 'm.name = ? AND v.number = ?', name, Number(number));
  return found ?? findByDigest(db, idOrName) ?? notFound(db, idOrName, name);
}

function selectOne(db: Database, condition: string, ...values: (string | number)[]): VersionRow | undefined {
  return db
    .prepare<(string | number)[], VersionRow>(`SELECT ${VERSION_COLUMNS} ${FROM_VERSION} WHERE ${condition} LIMIT 1`)
    .get(...values);
}

function findByDigest(db: Database, text: string): VersionRow | undefined {
  const prefix = text.toLowerCase();
  if (!/^[0-9a-f]{8,64}$/.test(prefix)) return undefined;
  const digests = db
    .prepare<[string, string], { digest: string }>(
      'SELECT DISTINCT model_sha256 AS digest FROM version WHERE model_sha256 >= ? AND model_sha256 < ? LIMIT 2',
    )
    .all(prefix, `${prefix}g`);
  if (digests.length > 1) {
    throw new NimifyError(
      'CATALOG_NOT_FOUND',
      `More than one model in the catalog has a digest that begins with ${text}.`,
      {
        hint: `Give more characters, such as ${digests[0]?.digest}.`,
        details: { wanted: text },
      },
    );
  }
  return digests[0] && selectOne(db, 'v.model_sha256 = ? ORDER BY v.id DESC', digests[0].digest);
}

function notFound(db: Database, wanted: string, name: string): never {
  const names = db.prepare<[], { name: string }>('SELECT name FROM model ORDER BY name').all();
  const newest = selectOne(db, 'm.name = ? ORDER BY v.number DESC', name);
  throw new NimifyError('CATALOG_NOT_FOUND', `The catalog has no model or version ${JSON.stringify(wanted)}.`, {
    hint: newest
      ? `The newest version of ${name} is ${newest.id}.`
      : nameHint(
          name,
          names.map((row) => row.name),
        ),
    details: { wanted },
  });
}

function nameHint(wanted: string, names: readonly string[]): string {
  if (names.length === 0) return 'The catalog is empty; nimify create MODEL records a first version.';
  const nearest = closest(wanted, names);
  const around = names.filter((name) => wanted.length >= 2 && name.includes(wanted.toLowerCase()));
  const close = [...new Set([...(nearest === undefined ? [] : [nearest]), ...around])].slice(0, 3);
  return close.length === 0 ? 'nimify catalog list shows what is there.' : `Did you mean ${close.join(', ')}?`;
}

interface DocumentRow {
  readonly recipe: string;
  readonly evaluation: string;
  readonly analysis: string;
  readonly sourceKind: string;
  readonly relation: Relation;
}

interface FileRow extends Omit<DataFileRecord, 'location'> {
  readonly role: string;
  readonly label: string;
}

/** Everything of one version. */
export function versionDetail(db: Database, idOrName: string): VersionDetail {
  const row = findVersion(db, idOrName);
  const { recipe, evaluation, analysis, ...rest } = db
    .prepare<[number], DocumentRow>(
      `SELECT recipe, evaluation, analysis, source_kind AS sourceKind, relation
       FROM version_document d JOIN version v ON v.id = d.version_id WHERE v.id = ?`,
    )
    .get(row.rowId) as DocumentRow;
  const files = db
    .prepare<[number], FileRow>(
      'SELECT role, label, path, sha256, size_bytes AS sizeBytes FROM file WHERE version_id = ? ORDER BY position',
    )
    .all(row.rowId);
  return {
    ...toRecord(row),
    ...rest,
    recipe: JSON.parse(recipe) as JsonValue,
    evaluation: JSON.parse(evaluation) as JsonValue,
    analysis: JSON.parse(analysis) as JsonValue,
    dataFiles: [...dataFilesOf('source', files), ...dataFilesOf('model', files)],
    artifacts: files.flatMap(({ role, label, ...file }) => (role === 'artifact' ? [{ id: label, ...file }] : [])),
  };
}

function dataFilesOf(of: 'source' | 'model', files: readonly FileRow[]): VersionDetail['dataFiles'] {
  return files
    .filter(({ role }) => role === `${of}-data`)
    .map(({ role: _role, label, ...file }) => ({ of, location: label, ...file }));
}
