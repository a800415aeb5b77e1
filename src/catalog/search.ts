/** Full-text search over name, source, method, precision and tags of the versions. */
import { decodeCursor, encodeCursor, pageLimit } from './cursor.ts';
import type { Database } from './load-sqlite.ts';
import { listVersions, toRecord, VERSION_COLUMNS, type VersionRow } from './read-versions.ts';
import type { Page, PageQuery, VersionRecord } from './records.ts';
import { fragmentQuery, wordQuery } from './search-text.ts';

interface Index {
  readonly table: string;
  /** One weight per column of the table, for `bm25()`. */
  readonly weights: string;
  readonly query: (text: string) => string | null;
}

/** Whole words and beginnings of words first; pieces from within words where those find nothing. */
const INDEXES: readonly Index[] = [
  { table: 'search_words', weights: '10.0, 5.0, 3.0, 3.0, 1.0', query: wordQuery },
  { table: 'search_fragments', weights: '2.0, 1.0', query: fragmentQuery },
];

interface Place {
  readonly index: number;
  /** Versions recorded after the first page was made are left out of the next ones. */
  readonly upTo: number;
  readonly offset: number;
}

/** Best match first, newest first among equals. Text without a word lists everything, as `list` does. */
export function searchVersions(db: Database, text: string, query: PageQuery): Page<VersionRecord> {
  if (text.trim() === '') return listVersions(db, query);
  const limit = pageLimit(query);
  const place = query.cursor === undefined ? firstPlace(db, text) : laterPlace(query.cursor);
  const index = INDEXES[place.index];
  const match = index?.query(text) ?? null;
  if (index === undefined || match === null) return { items: [], total: 0, nextCursor: null };
  const total = countMatches(db, index, match, place.upTo);
  const items = selectPage(db, index, { match, ...place, limit }).map(toRecord);
  const end = place.offset + items.length;
  const nextCursor = items.length > 0 && end < total ? encodeCursor({ ...place, offset: end }) : null;
  return { items, total, nextCursor };
}

function firstPlace(db: Database, text: string): Place {
  const upTo = (db.prepare('SELECT max(id) FROM version').pluck().get() as number | null) ?? 0;
  const index = INDEXES.findIndex((candidate) => {
    const match = candidate.query(text);
    return match !== null && countMatches(db, candidate, match, upTo) > 0;
  });
  return { index: Math.max(index, 0), upTo, offset: 0 };
}

function laterPlace(cursor: string): Place {
  return decodeCursor(cursor, ['index', 'upTo', 'offset']);
}

function countMatches(db: Database, { table }: Index, match: string, upTo: number): number {
  return db
    .prepare(`SELECT count(*) FROM ${table} WHERE ${table} MATCH ? AND rowid <= ?`)
    .pluck()
    .get(match, upTo) as number;
}

/** `ORDER BY rank` with the weights set by `rank MATCH` is about three times as fast as `ORDER BY bm25(…)`. */
function selectPage(
  db: Database,
  { table, weights }: Index,
  page: { readonly match: string; readonly upTo: number; readonly limit: number; readonly offset: number },
): VersionRow[] {
  return db
    .prepare<[object], VersionRow>(
      `SELECT ${VERSION_COLUMNS} FROM (
         SELECT rowid AS docId, rank AS score FROM ${table}
         WHERE ${table} MATCH @match AND rank MATCH 'bm25(${weights})' AND rowid <= @upTo
         ORDER BY rank, rowid DESC LIMIT @limit OFFSET @offset
       ) f JOIN version v ON v.id = f.docId JOIN model m ON m.id = v.model_id
       ORDER BY f.score, f.docId DESC`,
    )
    .all(page);
}
