/** What the catalog keeps, in plain words. Rows and SQL stay inside the catalog room. */
import type { JsonValue } from '../base/errors.ts';
import type { Finding } from '../base/findings.ts';

export type Relation = 'quantized-from' | 'copied-from' | 'generated-from';

/** A file whose bytes the catalog may keep in its content-addressed store. */
export interface FileRecord {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** A file that a model names in its external data; `location` is that name, with forward slashes. */
export interface DataFileRecord extends FileRecord {
  readonly location: string;
}

/** A model file with the files that its external data lies in; without those files its digest says too little. */
export interface ModelFileRecord extends FileRecord {
  readonly dataFiles?: readonly DataFileRecord[];
}

/** One `create`: everything is recorded in one transaction. */
export interface NewVersion {
  /** Name of the service; a catalog model has many versions. */
  readonly name: string;
  readonly nimifyVersion: string;
  readonly createdAt: string;
  readonly source: { readonly kind: string; readonly reference: string; readonly file: ModelFileRecord };
  /** The model that is served. */
  readonly model: ModelFileRecord & { readonly precision: string; readonly method: string };
  readonly recipe: JsonValue | null;
  readonly evaluation: JsonValue | null;
  readonly analysis: JsonValue;
  readonly artifacts: readonly (FileRecord & { readonly id: string })[];
  readonly relation: Relation;
  /** Where the service is going to live. */
  readonly serviceFolder: string;
  /**
   * Where its files lie while they are recorded: relative paths of the model and the artifacts start here, and paths
   * below it are remembered relative to it, with forward slashes. `serviceFolder` when absent.
   */
  readonly filesFolder?: string;
}

export interface VersionRecord {
  /** `name@number`. */
  readonly id: string;
  readonly name: string;
  readonly number: number;
  readonly createdAt: string;
  readonly nimifyVersion: string;
  readonly precision: string;
  readonly method: string;
  readonly modelSha256: string;
  readonly modelSizeBytes: number;
  readonly sourceReference: string;
  readonly sourceSha256: string;
  readonly serviceFolder: string;
}

export interface VersionDetail extends VersionRecord {
  readonly recipe: JsonValue | null;
  readonly evaluation: JsonValue | null;
  readonly analysis: JsonValue;
  readonly sourceKind: string;
  readonly relation: Relation;
  /** Files of external data of the source and of the served model. */
  readonly dataFiles: readonly (DataFileRecord & { readonly of: 'source' | 'model' })[];
  readonly artifacts: readonly (FileRecord & { readonly id: string })[];
}

/** What came from what, by digest. */
export interface LineageGraph {
  readonly nodes: readonly {
    readonly sha256: string;
    readonly label: string;
    readonly kind: 'source' | 'model' | 'artifact';
  }[];
  readonly edges: readonly { readonly child: string; readonly parent: string; readonly relation: Relation }[];
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
  /** Give it back to get the next page; null at the end. */
  readonly nextCursor: string | null;
}

export interface PageQuery {
  /** Items of a page, 1–1000; 20 when absent. */
  readonly limit?: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

export interface ListQuery extends PageQuery {
  /** Only the versions of this model. */
  readonly name?: string;
}

/** What `verify` looked at, and what is wrong. */
export interface CatalogReport {
  readonly findings: readonly Finding[];
  readonly sqliteVersion: string;
  readonly checked: {
    readonly versions: number;
    readonly auditRows: number;
    /** Statistics of calibration that are kept. */
    readonly calibrations: number;
    readonly blobs: number;
    readonly blobBytes: number;
    /** Whole files that no version names: left by a process that died between storing and recording. */
    readonly unreferencedBlobs: number;
  };
}
