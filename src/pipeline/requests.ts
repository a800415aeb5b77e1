/** What the use cases take and give: plain data, made by the command line or by a program that imports nimify. */

import type { Analysis } from '../analysis/facts.ts';
import type { Picture } from '../analysis/picture.ts';
import type { Clock } from '../base/clock.ts';
import type { JsonValue } from '../base/errors.ts';
import type { Emit } from '../base/events.ts';
import type { Finding } from '../base/findings.ts';
import type { Log } from '../base/log.ts';
import type { Config } from '../config/schema.ts';
import type { Evaluation } from '../evaluation/evaluation.ts';
import type { CleanUpStep } from '../onnx/clean-up/clean-up.ts';
import type { TensorSum } from '../onnx/external/place-data.ts';
import type { CalibrationCache } from '../quantization/calibration/cache.ts';
import type { Recipe } from '../quantization/quantizer.ts';
import type { OpenSession } from '../runtime/session.ts';
import type { QuantizationReport } from './quantization-report.ts';
import type { Budget } from './search/budget.ts';
import type { Preference } from './search/pareto.ts';
import type { ArithmeticLine } from './sizing/arithmetic.ts';
import type { SizingOption } from './sizing/plan.ts';

export interface PipelineDeps {
  /** Resolved configuration: defaults ← file ← environment ← flags. */
  readonly config: Config;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  /** Opens models; in this process when absent. Set for models that are not the user's own. */
  readonly openSession?: OpenSession;
  /** Where statistics of calibration are kept; without it, and with `quantization.calibrationCache` off, they are made anew. */
  readonly calibrationCache?: CalibrationCache;
}

/** A result together with the judgements that came up on the way. */
export interface Outcome<T> {
  readonly result: T;
  readonly findings: readonly Finding[];
}

/** Where samples come from; without `path`, `command` and `split` they are generated at random. */
export interface DataRequest {
  readonly path?: string;
  /** A line of shell that prints JSON Lines, a .npz or a .npy file on its standard output. */
  readonly command?: string;
  /** Two paths instead of one that is split; for those that calibrate. */
  readonly split?: { readonly calibration: string; readonly evaluation: string };
  /** Calibrate and evaluate on the same samples, on purpose. */
  readonly isShared?: boolean;
  /** Symbol or `input:axis` → size, for dynamic dimensions. */
  readonly bind: Readonly<Record<string, number>>;
}

export interface AnalyzeRequest {
  readonly model: string;
  /** Ids of targets whose findings join those of the model; `cpu` and `triton` when absent. */
  readonly targets?: readonly string[];
  /** Read every weight once: ranges, zeros, NaN, duplicates, digests. */
  readonly isDeep: boolean;
  /** Symbol or `input:axis` → size, for dynamic dimensions. */
  readonly bind?: Readonly<Record<string, number>>;
  /** Fold the graph into blocks as well, list its tensors and follow its memory: what a report draws. */
  readonly needsPicture?: boolean;
}

export interface AnalyzeOutcome extends Outcome<Analysis> {
  /** Null unless it was asked for. */
  readonly picture: Picture | null;
}

export interface ScanRequest {
  /** A model file or a folder. */
  readonly path: string;
  /** Look at every byte that a rule needs, however long it takes. */
  readonly isDeep?: boolean;
}

export interface QuantizeRequest {
  readonly model: string;
  /** Quantizer id; with a search absent for all of them. */
  readonly method?: string;
  /** Look for what holds a budget, among many candidates. */
  readonly search?: SearchOptions;
  /** Hears what was measured, once, also when the run ends with an error. */
  readonly onReport?: (report: QuantizationReport) => void;
  readonly output: string;
  readonly force: boolean;
  readonly data: DataRequest;
  /** Write without running either model: for methods without calibration, and models larger than the memory. */
  readonly isUnmeasured?: boolean;
}

export interface SearchOptions {
  readonly budget: Budget;
  readonly prefer: Preference;
  /** The search ends with the best that it has; unlimited when absent. */
  readonly timeLimitMs?: number;
}

/** Sizes in bytes; what is absent takes its default: values of 1 KiB and more, at pages of 4 KiB, in one file. */
export interface ExternalDataRequest {
  /** Name of the data file, without a folder; `MODEL_data` when absent. Further ones end in `_1`, `_2` … */
  readonly dataFile?: string;
  readonly thresholdBytes?: number;
  /** A power of two. */
  readonly alignBytes?: number;
  /** No data file becomes larger, but for a single tensor that is. */
  readonly splitBytes?: number;
}

export interface ConvertRequest {
  readonly model: string;
  readonly output: string;
  readonly force: boolean;
  /** Where the weights go; they stay where they are when absent. */
  readonly data?: 'embed' | ExternalDataRequest;
  /** Version of the default operator set, at least that of the model. */
  readonly opset?: number;
  /** Rewrite the graph so that it computes the same with less; after the opset was raised. */
  readonly isCleanedUp?: boolean;
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
  /** With `force`: edited files of the folder are replaced too, and what nimify did not write goes. */
  readonly isOverwriting?: boolean;
  /** Do everything but write and record. */
  readonly isDryRun: boolean;
  readonly data: DataRequest;
  /** Rules of the scanner that may apply to the model; see `scan`. */
  readonly allow?: readonly string[];
  /** Serve what a search finds within a budget, instead of the best of `quantization.methods`; it needs data. */
  readonly search?: SearchOptions;
  /** Hears what a search measured, once, also when the run ends with an error. */
  readonly onReport?: (report: QuantizationReport) => void;
  /** Instead of the settings under `slo`, as far as it says. */
  readonly objective?: Objective;
  /** Measure the model in batches and set the service up for this rate. */
  readonly requestsPerSecond?: number;
}

export interface Objective {
  readonly latencyMs?: number;
  /** 0–1, share of requests within `latencyMs`. */
  readonly latencyRatio?: number;
  /** 0–1 */
  readonly availabilityRatio?: number;
}

/** How a service was set up for a rate of requests. */
export interface SizingResult {
  /** Where it was measured, in words. */
  readonly hardware: string;
  readonly requestsPerSecond: number;
  readonly options: readonly SizingOption[];
  readonly chosen: SizingOption;
  readonly arithmetic: readonly ArithmeticLine[];
}

export interface WrittenFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** One way to serve the model, with what was measured of it. */
export interface Candidate {
  /** Quantizer id, or `original`; of a search that of the trial, such as `static-int8-without-4`. */
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
  /** The .onnx file; its digest is null where nothing was measured and it is beyond 64 MiB. */
  readonly output: Omit<WrittenFile, 'sha256'> & { readonly sha256: string | null };
  /** All that was written: data files follow where the result is beyond 2 GiB. */
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  readonly recipe: Recipe;
  readonly candidates: readonly Candidate[];
  readonly chosen: string;
  /** Null where nothing was measured. */
  readonly evaluation: Evaluation | null;
}

export interface ConvertResult {
  /** Size with its data files. */
  readonly input: { readonly path: string; readonly sizeBytes: number } & DataSums;
  /** The .onnx file; its digest is null beyond 64 MiB. */
  readonly output: { readonly path: string; readonly sizeBytes: number; readonly sha256: string | null };
  /** All that was written: the .onnx file first, then its data files. */
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  /** Tensors whose values are in data files now, and those that are in the .onnx file. */
  readonly external: TensorSum;
  readonly embedded: TensorSum;
  readonly opset: { readonly from: number; readonly to: number } | null;
  /** What each pass did that did something. */
  readonly cleanUp: readonly CleanUpStep[];
  /** Data files of a model that was converted in place and does not use them any more; they are left. */
  readonly unusedFiles: readonly string[];
}

interface DataSums {
  readonly external: TensorSum;
  readonly embedded: TensorSum;
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
  /** Null where no rate of requests was given. */
  readonly sizing: SizingResult | null;
  /** `name@number`; null in a dry run. */
  readonly versionId: string | null;
  readonly isDryRun: boolean;
}

export interface GenerateRequest {
  /** A service folder that nimify wrote. */
  readonly folder: string;
  /** Edited files are replaced too. */
  readonly isOverwriting: boolean;
  readonly isDryRun: boolean;
}

/** Paths are relative to the folder. */
export interface GenerateResult {
  readonly service: { readonly name: string; readonly path: string };
  readonly written: readonly string[];
  readonly removed: readonly string[];
  /** Edited files that stay as they are. */
  readonly kept: readonly string[];
  /** How many artifacts needed no change. */
  readonly unchanged: number;
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
