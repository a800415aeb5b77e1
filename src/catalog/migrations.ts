/**
 * The schema as forward steps. The step at index n takes a catalog from `user_version` n to n + 1; a step that has been
 * released is never changed, a new one is added below it.
 */

const VERSIONS = `
CREATE TABLE model (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  last_number INTEGER NOT NULL
) STRICT;

CREATE TABLE blob (
  sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),
  size_bytes INTEGER NOT NULL,
  added_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE version (
  id INTEGER PRIMARY KEY,
  model_id INTEGER NOT NULL REFERENCES model(id),
  number INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  nimify_version TEXT NOT NULL,
  precision TEXT NOT NULL,
  method TEXT NOT NULL,
  relation TEXT NOT NULL,
  model_sha256 TEXT NOT NULL REFERENCES blob(sha256),
  model_size_bytes INTEGER NOT NULL,
  source_kind TEXT NOT NULL,
  source_reference TEXT NOT NULL,
  source_sha256 TEXT NOT NULL REFERENCES blob(sha256),
  service_folder TEXT NOT NULL,
  UNIQUE (model_id, number)
) STRICT;
CREATE INDEX version_model_sha256 ON version(model_sha256);
CREATE INDEX version_source_sha256 ON version(source_sha256);

-- Long texts stay out of the table that lists and pages are read from.
CREATE TABLE version_document (
  version_id INTEGER PRIMARY KEY REFERENCES version(id),
  recipe TEXT NOT NULL,
  evaluation TEXT NOT NULL,
  analysis TEXT NOT NULL
) STRICT;

-- stored_sha256 is null where only the digest is kept.
CREATE TABLE file (
  version_id INTEGER NOT NULL REFERENCES version(id),
  position INTEGER NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('source', 'source-data', 'model', 'model-data', 'artifact')),
  label TEXT NOT NULL,
  path TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  stored_sha256 TEXT REFERENCES blob(sha256),
  PRIMARY KEY (version_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_sha256 ON file(sha256);

CREATE TABLE edge (
  child TEXT NOT NULL,
  parent TEXT NOT NULL,
  relation TEXT NOT NULL,
  PRIMARY KEY (child, parent, relation)
) STRICT, WITHOUT ROWID;
CREATE INDEX edge_parent ON edge(parent, child);
`;

/** The 'delete' commands must repeat the old values exactly, or the index keeps words of texts that are gone. */
const SEARCH = `
CREATE TABLE search_doc (
  id INTEGER PRIMARY KEY REFERENCES version(id),
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  method TEXT NOT NULL,
  precision TEXT NOT NULL,
  tags TEXT NOT NULL
) STRICT;

CREATE VIRTUAL TABLE search_words USING fts5(
  name, source, method, precision, tags,
  content='search_doc', content_rowid='id', tokenize="unicode61 remove_diacritics 2"
);
CREATE VIRTUAL TABLE search_fragments USING fts5(
  name, source,
  content='search_doc', content_rowid='id', tokenize='trigram'
);

CREATE TRIGGER search_doc_added AFTER INSERT ON search_doc BEGIN
  INSERT INTO search_words(rowid, name, source, method, precision, tags)
    VALUES (new.id, new.name, new.source, new.method, new.precision, new.tags);
  INSERT INTO search_fragments(rowid, name, source) VALUES (new.id, new.name, new.source);
END;
CREATE TRIGGER search_doc_removed AFTER DELETE ON search_doc BEGIN
  INSERT INTO search_words(search_words, rowid, name, source, method, precision, tags)
    VALUES ('delete', old.id, old.name, old.source, old.method, old.precision, old.tags);
  INSERT INTO search_fragments(search_fragments, rowid, name, source)
    VALUES ('delete', old.id, old.name, old.source);
END;
CREATE TRIGGER search_doc_changed AFTER UPDATE ON search_doc BEGIN
  INSERT INTO search_words(search_words, rowid, name, source, method, precision, tags)
    VALUES ('delete', old.id, old.name, old.source, old.method, old.precision, old.tags);
  INSERT INTO search_fragments(search_fragments, rowid, name, source)
    VALUES ('delete', old.id, old.name, old.source);
  INSERT INTO search_words(rowid, name, source, method, precision, tags)
    VALUES (new.id, new.name, new.source, new.method, new.precision, new.tags);
  INSERT INTO search_fragments(rowid, name, source) VALUES (new.id, new.name, new.source);
END;
`;

/** The insert trigger also stops INSERT OR REPLACE, which fires no delete trigger. */
const AUDIT = `
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX audit_subject ON audit(subject);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = new.id OR hash = new.hash) BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
`;

/** AUTOINCREMENT keeps the order of writing after the last row was removed. */
const CALIBRATION = `
CREATE TABLE calibration (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE CHECK (length(key) = 64),
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  size_bytes INTEGER NOT NULL,
  added_at TEXT NOT NULL,
  value BLOB NOT NULL
) STRICT;
`;

export const MIGRATIONS: readonly string[] = [VERSIONS + SEARCH + AUDIT, CALIBRATION];
