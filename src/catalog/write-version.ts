/** Writes all rows of a version. Its bytes are in the store already: no row without bytes. */
import { resolve } from 'node:path';
import { type AuditEntry, appendAudit } from './audit.ts';
import type { Database } from './load-sqlite.ts';
import type { NewVersion } from './records.ts';
import { searchTags, type VersionFile } from './version-input.ts';

export interface WriteContext {
  /** ISO 8601, of the clock of this process. */
  readonly at: string;
  readonly actor: string;
}

/** One immediate transaction: a deferred one fails, instead of waiting, when two processes read and then write. */
export function writeVersion(
  db: Database,
  version: NewVersion,
  files: readonly VersionFile[],
  context: WriteContext,
): { readonly id: string } {
  return db
    .transaction(() => {
      addBlobs(db, files, context.at);
      const { modelId, number } = nextNumber(db, version.name);
      const rowId = addVersion(db, version, { modelId, number, modelSizeBytes: modelSize(files) });
      addDocument(db, version, rowId);
      addFiles(db, files, rowId);
      addEdges(db, version);
      addSearchDocument(db, version, rowId);
      const id = `${version.name}@${number}`;
      appendAudit(db, auditEntry(id, version, context));
      return { id };
    })
    .immediate();
}

function addBlobs(db: Database, files: readonly VersionFile[], at: string): void {
  const insert = db.prepare('INSERT INTO blob (sha256, size_bytes, added_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  for (const file of files) if (file.isStored) insert.run(file.sha256, file.sizeBytes, at);
}

function nextNumber(db: Database, name: string): { modelId: number; number: number } {
  return db
    .prepare<[string], { modelId: number; number: number }>(
      `INSERT INTO model (name, last_number) VALUES (?, 1)
       ON CONFLICT (name) DO UPDATE SET last_number = last_number + 1
       RETURNING id AS modelId, last_number AS number`,
    )
    .get(name) as { modelId: number; number: number };
}

/** Of the bytes that were hashed, not what the caller claims. */
function modelSize(files: readonly VersionFile[]): number {
  return files.find(({ role }) => role === 'model')?.sizeBytes ?? 0;
}

function addVersion(
  db: Database,
  version: NewVersion,
  place: { readonly modelId: number; readonly number: number; readonly modelSizeBytes: number },
): number {
  const { source, model } = version;
  const added = db
    .prepare(
      `INSERT INTO version (model_id, number, created_at, nimify_version, precision, method, relation,
         model_sha256, model_size_bytes, source_kind, source_reference, source_sha256, service_folder)
       VALUES (@modelId, @number, @createdAt, @nimifyVersion, @precision, @method, @relation,
         @modelSha256, @modelSizeBytes, @sourceKind, @sourceReference, @sourceSha256, @serviceFolder)`,
    )
    .run({
      ...place,
      createdAt: version.createdAt,
      nimifyVersion: version.nimifyVersion,
      precision: model.precision,
      method: model.method,
      relation: version.relation,
      modelSha256: model.sha256,
      sourceKind: source.kind,
      sourceReference: source.reference,
      sourceSha256: source.file.sha256,
      serviceFolder: resolve(version.serviceFolder),
    });
  return Number(added.lastInsertRowid);
}

function addDocument(db: Database, version: NewVersion, rowId: number): void {
  db.prepare('INSERT INTO version_document (version_id, recipe, evaluation, analysis) VALUES (?, ?, ?, ?)').run(
    rowId,
    JSON.stringify(version.recipe),
    JSON.stringify(version.evaluation),
    JSON.stringify(version.analysis),
  );
}

function addFiles(db: Database, files: readonly VersionFile[], rowId: number): void {
  const insert = db.prepare(
    `INSERT INTO file (version_id, position, role, label, path, sha256, size_bytes, stored_sha256)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  files.forEach((file, position) => {
    const stored = file.isStored ? file.sha256 : null;
    insert.run(rowId, position, file.role, file.label, file.path, file.sha256, file.sizeBytes, stored);
  });
}

/** A model served as it came is one digest; it gets no edge to itself. */
function addEdges(db: Database, version: NewVersion): void {
  const insert = db.prepare('INSERT INTO edge (child, parent, relation) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const add = (child: string, parent: string, relation: string) => {
    if (child !== parent) insert.run(child, parent, relation);
  };
  add(version.model.sha256, version.source.file.sha256, version.relation);
  for (const artifact of version.artifacts) add(artifact.sha256, version.model.sha256, 'generated-from');
}

function addSearchDocument(db: Database, version: NewVersion, rowId: number): void {
  const { name, source, model } = version;
  db.prepare('INSERT INTO search_doc (id, name, source, method, precision, tags) VALUES (?, ?, ?, ?, ?, ?)').run(
    rowId,
    name,
    source.reference,
    model.method,
    model.precision,
    searchTags(version),
  );
}

function auditEntry(id: string, version: NewVersion, { at, actor }: WriteContext): AuditEntry {
  const detail = { model: version.model.sha256, source: version.source.file.sha256, nimify: version.nimifyVersion };
  return { at, actor, action: 'record', subject: id, detail };
}
