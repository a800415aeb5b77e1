/** The memory of nimify: every version with its bytes, its measurements and its parents, in one folder. */
import { resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { NimifyError } from '../base/errors.ts';
import { checkServiceName } from '../base/service-name.ts';
import { currentActor } from './audit.ts';
import { type Calibrations, calibrations } from './calibrations.ts';
import { catalogPaths, makeFolders, removeStale } from './layout.ts';
import { lineageOf } from './lineage.ts';
import { type OpenDatabase, openForReading, openForWriting } from './open-database.ts';
import { findVersion, listVersions, toRecord, versionDetail } from './read-versions.ts';
import type {
  CatalogReport,
  LineageGraph,
  ListQuery,
  NewVersion,
  Page,
  PageQuery,
  VersionDetail,
  VersionRecord,
} from './records.ts';
import { searchVersions } from './search.ts';
import { catalogError, guarded } from './sqlite-errors.ts';
import { type BlobStore, blobStore } from './store.ts';
import { verifyCatalog } from './verify.ts';
import { type VersionFile, versionFiles } from './version-input.ts';
import { writeVersion } from './write-version.ts';

export interface OpenOptions {
  /** The data folder. */
  readonly folder: string;
  readonly clock: Clock;
  /** `read` creates nothing: a catalog that is not there is empty. `write` when absent. */
  readonly mode?: 'read' | 'write';
  /** Who the audit log names; the user of the operating system when absent. */
  readonly actor?: string;
}

/** Every method may throw CATALOG_UNREADABLE for damage that shows only there, and CATALOG_BUSY. */
export interface Catalog {
  /**
   * Stores the bytes, then writes all rows in one transaction. Every digest is checked against the file.
   * @throws NimifyError BLOB_CORRUPT, FILE_NOT_FOUND, DISK_FULL, OUTPUT_UNWRITABLE, SERVICE_NAME_INVALID
   */
  record(version: NewVersion, options?: { readonly signal?: AbortSignal }): Promise<VersionRecord>;
  /** Newest first. @throws NimifyError USAGE */
  list(query?: ListQuery): Page<VersionRecord>;
  /** @throws NimifyError CATALOG_NOT_FOUND */
  show(idOrName: string): VersionDetail;
  /** Best match first. @throws NimifyError USAGE */
  search(text: string, query?: PageQuery): Page<VersionRecord>;
  /** @throws NimifyError CATALOG_NOT_FOUND */
  lineage(idOrName: string): LineageGraph;
  /** Checks the database, the search index, the audit log, and hashes every stored file. */
  verify(options?: { readonly signal?: AbortSignal }): Promise<CatalogReport>;
  /** Stored bytes, by digest. */
  readonly store: BlobStore;
  /** Statistics of calibration. Opened for reading, the catalog takes none. */
  readonly calibrations: Calibrations;
  close(): void;
}

/**
 * @throws NimifyError CATALOG_NOT_INSTALLED, CATALOG_UNREADABLE, CATALOG_NEWER, CATALOG_BUSY, OUTPUT_UNWRITABLE, DISK_FULL
 */
export async function openCatalog(options: OpenOptions): Promise<Catalog> {
  const mode = options.mode ?? 'write';
  const paths = catalogPaths(resolve(options.folder));
  if (mode === 'write') {
    await makeFolders(paths);
    await removeStale(paths, options.clock.now());
  }
  try {
    const database = await (mode === 'write' ? openForWriting(paths) : openForReading(paths));
    return catalogOf(database, blobStore(paths), paths.database, { ...options, mode });
  } catch (error) {
    throw catalogError(error, paths.database);
  }
}

function catalogOf(
  { db, close }: OpenDatabase,
  store: BlobStore,
  file: string,
  { clock, mode, actor = currentActor() }: OpenOptions,
): Catalog {
  const kept = calibrations(db, () => clock.now());
  return {
    store,
    calibrations: {
      get: (key) => guarded(file, () => kept.get(key)),
      put: (key, value) => guarded(file, () => kept.put(key, value)),
    },
    close,
    list: (query = {}) => guarded(file, () => listVersions(db, query)),
    search: (text, query = {}) => guarded(file, () => searchVersions(db, text, query)),
    show: (idOrName) => guarded(file, () => versionDetail(db, idOrName)),
    lineage: (idOrName) => guarded(file, () => lineageOf(db, idOrName)),
    verify: async ({ signal } = {}) => verifyCatalog(db, store, signal),
    async record(version, { signal } = {}) {
      if (mode === 'read') throw openedForReading(file);
      checkServiceName(version.name);
      const files = await storeFiles(store, versionFiles(version), signal);
      return guarded(file, () => {
        const { id } = writeVersion(db, version, files, { at: clock.now().toISOString(), actor });
        return toRecord(findVersion(db, id));
      });
    },
  };
}

/** Sizes are those of the bytes that were hashed, not those that the caller claims. */
async function storeFiles(
  store: BlobStore,
  files: readonly VersionFile[],
  signal?: AbortSignal,
): Promise<VersionFile[]> {
  const stored: VersionFile[] = [];
  for (const file of files) {
    if (!file.isStored) {
      stored.push(file);
      continue;
    }
    const options = { sha256: file.sha256, ...(signal === undefined ? {} : { signal }) };
    const { sizeBytes } = await store.add(file.absolutePath, options);
    stored.push({ ...file, sizeBytes });
  }
  return stored;
}

function openedForReading(file: string): NimifyError {
  return new NimifyError('OUTPUT_UNWRITABLE', `The catalog ${file} was opened for reading only.`, {
    hint: "Open it with mode: 'write' to record versions.",
    details: { path: file },
  });
}
