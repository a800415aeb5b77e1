/**
 * Everything that a search or a single quantization found out, as one JSON document (`quantization.json`): what was tried on
 * which data, what each candidate costs and brings, which was chosen and why. The page and the table are drawn from it.
 */
import type { JsonValue } from '../base/errors.ts';
import type { OutputComparison } from '../evaluation/evaluation.ts';

/** The figure that candidates are compared by; all but SQNR (in dB) are ratios, and larger is better for each. */
export type ReportMetric = 'accuracy' | 'agreement' | 'decisions' | 'cosine' | 'sqnr';

export interface QuantizationReport {
  readonly schemaVersion: 1;
  /** Versions. */
  readonly tool: { readonly nimify: string; readonly onnxruntime: string | null };
  readonly model: {
    readonly name: string;
    readonly sha256: string;
    /** Of the .onnx file and of its external data. */
    readonly sizeBytes: number;
    readonly latencyP50Ms: number | null;
  };
  readonly data: {
    /** Null where no candidate was calibrated. */
    readonly calibration: ReportData | null;
    readonly evaluation: ReportData;
  };
  /** Null when nothing was asked for. */
  readonly budget: { readonly metric: ReportMetric; readonly limit: number } | null;
  /** What `value` of the candidates is; null where the outputs allow none. */
  readonly metric: ReportMetric | null;
  /** The figure of the original itself, where it is not perfect by definition: its accuracy on labels. */
  readonly originalValue: number | null;
  readonly candidates: readonly ReportCandidate[];
  /** Each part of the model quantized alone; empty where nobody measured it. */
  readonly sensitivity: readonly ReportSensitivity[];
  /** What calibration saw; empty where no range was chosen from a histogram. */
  readonly histograms: readonly ReportHistogram[];
  /** A few samples with the largest values of an output, of the original and of the chosen candidate. */
  readonly predictions: readonly ReportPrediction[];
  /** Id of a candidate; null when the original stays. */
  readonly chosen: string | null;
  /** One sentence. */
  readonly reason: string;
}

export interface ReportData {
  readonly origin: string;
  readonly digest: string;
  readonly samples: number;
  readonly isRandom: boolean;
  readonly preparation: string;
}

export interface ReportCandidate {
  readonly id: string;
  /** What it is, for people: `int8, calibrated, 3 nodes float`. */
  readonly label: string;
  /** Id of the quantizer. */
  readonly method: string;
  readonly options: Readonly<Record<string, JsonValue>>;
  /** `rejected`: measured, and not within the budget. */
  readonly status: 'measured' | 'rejected' | 'skipped' | 'failed';
  /** Why it is not `measured`. */
  readonly reason?: string;
  /** Null for what was not measured, as all that follow. */
  readonly sizeBytes: number | null;
  /** Of the size of the original. */
  readonly sizeRatio: number | null;
  /** Median of paired ratios original / candidate. */
  readonly speedup: number | null;
  readonly p50Ms: number | null;
  readonly outputs: readonly OutputComparison[];
  /** The figure of `metric`; null also for an infinite SQNR, where the outputs are equal. */
  readonly value: number | null;
  /** No other one is better in speed, size or accuracy without being worse in another. */
  readonly isPareto: boolean;
  readonly isChosen: boolean;
}

export interface ReportSensitivity {
  readonly group: string;
  readonly nodes: readonly string[];
  readonly operator: string;
  /** Of all outputs together; null where they are equal. */
  readonly sqnrDb: number | null;
  readonly weightBytes: number;
}

export interface ReportHistogram {
  readonly tensor: string;
  /** Of all values that were seen; the counts divide it evenly. */
  readonly min: number;
  readonly max: number;
  readonly counts: readonly number[];
  /** What the integers can hold. */
  readonly range: { readonly min: number; readonly max: number };
  /** How the range was chosen: `minmax`, `percentile` … */
  readonly method: string;
}

export interface ReportPrediction {
  /** Its place in the data of the evaluation, from 0. */
  readonly sample: number;
  readonly output: string;
  /** The largest values, the largest first. */
  readonly original: readonly ReportScore[];
  readonly candidate: readonly ReportScore[];
}

export interface ReportScore {
  readonly index: number;
  readonly label?: string;
  readonly score: number;
}
