/** The comparison of two models on the same inputs. The JSON form is the `result` of `nimify evaluate`. */

export interface OutputComparison {
  readonly name: string;
  /** 10·log10(Σ original² / Σ (original − candidate)²) over all samples; Infinity when equal is written as null with isEqual true. */
  readonly sqnrDb: number | null;
  readonly isEqual: boolean;
  readonly cosine: number | null;
  readonly maxAbsError: number;
  /** Share of rows (last axis) whose argmax is the same; null where the last axis has fewer than 2 entries or the type is not float. */
  readonly top1Agreement: number | null;
  /** NaN or infinite values that the candidate has where the original has finite ones. */
  readonly notFinite: number;
}

export interface LatencyFigures {
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface Evaluation {
  readonly outputs: readonly OutputComparison[];
  /** Measured in alternation, original and candidate, in one run on this machine. */
  readonly latency: {
    readonly original: LatencyFigures;
    readonly candidate: LatencyFigures;
    /** Median of the paired ratios original / candidate. */
    readonly speedup: number;
    readonly threads: number;
    readonly runs: number;
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
