/** The comparison of two models on the same inputs. The JSON form is the `result` of `nimify evaluate`. */

export interface OutputComparison {
  readonly name: string;
  /**
   * 10·log10(Σ original² / Σ (original − candidate)²) over all samples. Null when equal (isEqual is true then), when the
   * original is all zeros and the candidate is not, when nothing could be compared, and for types where a distance
   * means nothing (32- and 64-bit integers, booleans, strings).
   */
  readonly sqnrDb: number | null;
  readonly isEqual: boolean;
  readonly cosine: number | null;
  /** Largest distance of two finite values; 0 for strings. */
  readonly maxAbsError: number;
  /** Share of rows (last axis) whose argmax is the same; null where the last axis has fewer than 2 entries or the type is not float. */
  readonly top1Agreement: number | null;
  /** NaN or infinite values that the candidate has where the original has finite ones. */
  readonly notFinite: number;
  /** Share of values that are exactly the same (0–1); for integers, booleans and strings. */
  readonly equalShare?: number;
  /** Samples for which the two models gave different shapes (lists of detections); their values are not compared. */
  readonly shapeDiffers?: number;
  /**
   * Share of values on the same side of 0.5; there where the output is the probability of one thing: float, all values of
   * the original within 0 and 1, a last axis of 1.
   */
  readonly decisionAgreement?: number;
  /**
   * True for the state that a model carries along a recording; absent elsewhere. Where it drifts to shows in the other
   * outputs of later samples, so that its own distance does not reject a candidate.
   */
  readonly isState?: boolean;
  /** True where `top1Agreement` is read as agreement of classes, by the rule in classification.ts; false or absent elsewhere. */
  readonly isClassification?: boolean;
}

export interface LatencyFigures {
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface Evaluation {
  readonly outputs: readonly OutputComparison[];
  /** The signal-to-noise ratio of all outputs together, state apart, in dB; null where it is infinite or undefined. */
  readonly overallSqnrDb: number | null;
  /** Measured in alternation, original and candidate, in one run on this machine. */
  readonly latency: {
    readonly original: LatencyFigures;
    readonly candidate: LatencyFigures;
    /** Median of the paired ratios original / candidate. */
    readonly speedup: number;
    readonly threads: number;
    readonly runs: number;
    /** The execution provider that did the work of both; the CPU when absent. */
    readonly provider?: string;
  };
  readonly size: { readonly originalBytes: number; readonly candidateBytes: number; readonly ratio: number };
  readonly samples: number;
  readonly data: {
    readonly origin: string;
    readonly digest: string;
    readonly isRandom: boolean;
    readonly preparation: string;
  };
  /** Share of samples whose argmax is the label, where the data has labels. */
  readonly accuracy: { readonly original: number; readonly candidate: number } | null;
}
