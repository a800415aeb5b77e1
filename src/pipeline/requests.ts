/** What the use cases take and give: plain data, made by the command line or by a program that imports nimify. */

import type { Clock } from '../base/clock.ts';
import type { JsonValue } from '../base/errors.ts';
import type { Emit } from '../base/events.ts';
import type { Finding } from '../base/findings.ts';
import type { Log } from '../base/log.ts';
import type { Config } from '../config/schema.ts';
import type { Evaluation } from '../evaluation/evaluation.ts';
import type { Recipe } from '../quantization/quantizer.ts';

export interface PipelineDeps {
  /** Resolved configuration: defaults ← file ← environment ← flags. */
  readonly config: Config;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
}

/** A result together with the judgements that came up on the way. */
export interface Outcome<T> {
  readonly result: T;
  readonly findings: readonly Finding[];
}

/** Where samples come from; `path` undefined means generated random samples. */
export interface DataRequest {
  readonly path?: string;
  /** Symbol or `input:axis` → size, for dynamic dimensions. */
  readonly bind: Readonly<Record<string, number>>;
}

export interface AnalyzeRequest {
  readonly model: string;
  /** Ids of targets whose findings join those of the model; `cpu` and `triton` when absent. */
  readonly targets?: readonly string[];
}

export interface QuantizeRequest {
  readonly model: string;
  /** Quantizer id. */
  readonly method: string;
  readonly output: string;
  readonly force: boolean;
  readonly data: DataRequest;
}

export interface EvaluateRequest {
  readonly original: string;
  readonly candidate: string;
  readonly data: DataRequest;
}

export interface DiffRequest {
  readonly before: string;
  readonly after: string;
}

export interface CreateRequest {
  /** Path or other reference that a source understands. */
  readonly reference: string;
  /** Folder to make; `./<name>` when absent. */
  readonly output?: string;
  /** Service name; made from the file name when absent. */
  readonly name?: string;
  readonly force: boolean;
  /** Do everything but write and record. */
  readonly isDryRun: boolean;
  readonly data: DataRequest;
}

export interface WrittenFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** One way to serve the model, with what was measured of it. */
export interface Candidate {
  /** Quantizer id, or `original`. */
  readonly id: string;
  readonly status: 'measured' | 'skipped' | 'failed';
  /** Sentence for skipped and failed ones. */
  readonly reason?: string;
  readonly sizeBytes?: number;
  readonly sha256?: string;
  readonly recipe?: Recipe;
  readonly evaluation?: Evaluation;
  readonly isWithinBudget?: boolean;
}

export interface QuantizeResult {
  readonly output: WrittenFile;
  readonly recipe: Recipe;
  readonly candidates: readonly Candidate[];
  readonly chosen: string;
  readonly evaluation: Evaluation;
}

export interface CreateResult {
  readonly service: { readonly name: string; readonly path: string };
  readonly artifacts: readonly {
    readonly id: string;
    readonly path: string;
    readonly sha256: string;
    readonly sizeBytes: number;
  }[];
  readonly candidates: readonly Candidate[];
  readonly chosen: string;
  /** Why this candidate: one sentence. */
  readonly reason: string;
  /** `name@number`; null in a dry run. */
  readonly versionId: string | null;
  readonly isDryRun: boolean;
}

export interface ValidateResult {
  readonly checked: readonly { readonly artifact: string; readonly files: readonly string[] }[];
}

export interface ServeRequest {
  /** Service folder, Triton model repository, or .onnx file. */
  readonly path: string;
}

export interface RunningService {
  readonly models: readonly { readonly name: string; readonly version: string }[];
  readonly httpUrl: string;
  /** Ends in `/metrics`. */
  readonly metricsUrl: string;
  /** Answers what is in flight, then frees sessions and ports. An abort of the signal does the same. */
  close(): Promise<void>;
  /** Settles when the service has closed, by either way. */
  readonly closed: Promise<void>;
}

export interface CatalogQuery {
  readonly text?: string;
  readonly limit: number;
  readonly cursor?: string;
}

export type JsonObject = Readonly<Record<string, JsonValue>>;
