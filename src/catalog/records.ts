/** What the catalog keeps, in plain words. Rows and SQL stay inside the catalog room. */
import type { JsonValue } from '../base/errors.ts';

export type Relation = 'quantized-from' | 'copied-from' | 'generated-from';

/** A file whose bytes the catalog may keep in its content-addressed store. */
export interface FileRecord {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** One `create`: everything is recorded in one transaction. */
export interface NewVersion {
  /** Name of the service; a catalog model has many versions. */
  readonly name: string;
  readonly nimifyVersion: string;
  readonly createdAt: string;
  readonly source: { readonly kind: string; readonly reference: string; readonly file: FileRecord };
  /** The model that is served. */
  readonly model: FileRecord & { readonly precision: string; readonly method: string };
  readonly recipe: JsonValue | null;
  readonly evaluation: JsonValue | null;
  readonly analysis: JsonValue;
  readonly artifacts: readonly (FileRecord & { readonly id: string })[];
  readonly relation: Relation;
  readonly serviceFolder: string;
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
