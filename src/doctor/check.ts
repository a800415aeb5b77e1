/** What a check of the installation is. One file per check, one line in registry.ts. */
import type { Exec } from '../base/exec.ts';
import type { Finding } from '../base/findings.ts';
import type { Config } from '../config/schema.ts';

/** What the catalog knows of its database library; the doctor does not meet SQLite itself. */
interface SqliteFacts {
  /** Version of the npm package. */
  readonly packageVersion: string;
  /** Version of SQLite inside, such as `3.51.3`. */
  readonly sqliteVersion: string;
  /** Sentence about damage of the catalog file; null when it is sound or not there yet. */
  readonly damage: string | null;
}

export interface DoctorContext {
  readonly config: Config;
  readonly exec: Exec;
  readonly signal: AbortSignal;
  /** Version of Node without the `v`. */
  readonly nodeVersion: string;
  /** Rejects with the error of the catalog room when the library does not load. */
  readonly probeSqlite: () => Promise<SqliteFacts>;
  /** Rejects with RUNTIME_NOT_INSTALLED when ONNX Runtime does not load. */
  readonly probeRuntime: () => Promise<RuntimeFacts>;
}

export interface RuntimeFacts {
  readonly version: string;
  /** Execution providers that the build carries, such as `cpu`. */
  readonly providers: readonly string[];
}

export interface Check {
  readonly id: string;
  readonly title: string;
  /** At least one finding; CHECK_OK with `detail` when there is nothing to do. Never throws for a bad installation. */
  run(context: DoctorContext): Promise<readonly Finding[]>;
}

export interface CheckReport {
  readonly id: string;
  readonly title: string;
  readonly status: 'ok' | 'info' | 'warning' | 'error';
  readonly findings: readonly Finding[];
}

/** The `result` of `nimify doctor`. */
export interface Diagnosis {
  readonly checks: readonly CheckReport[];
}
