/** What a use case tells while it works. It knows no renderer: task list, plain lines and JSON lines are made from these. */

export interface PlannedStep {
  readonly id: string;
  readonly title: string;
}

export type ProgressUnit = 'bytes' | 'samples' | 'tensors' | 'nodes' | 'files' | 'runs';

export type ProgressEvent =
  | { readonly type: 'plan'; readonly steps: readonly PlannedStep[] }
  | { readonly type: 'step-started'; readonly step: string }
  | {
      readonly type: 'step-progress';
      readonly step: string;
      readonly done: number;
      /** Null where the end is not known. */
      readonly total: number | null;
      readonly unit: ProgressUnit;
      /** Estimate of the time that this step still takes, in milliseconds; absent where nobody can tell. */
      readonly leftMs?: number;
    }
  | { readonly type: 'step-finished'; readonly step: string; readonly durationMs: number; readonly summary?: string }
  | { readonly type: 'step-skipped'; readonly step: string; readonly reason: string }
  | { readonly type: 'step-failed'; readonly step: string; readonly code: string }
  | { readonly type: 'notice'; readonly level: 'info' | 'warning'; readonly message: string };

export type Emit = (event: ProgressEvent) => void;

/** Reports how far one step is, `leftMs` as in the event; rooms below the pipeline get this instead of `Emit`. */
export type ReportProgress = (
  done: number,
  total: number | null,
  unit: ProgressUnit,
  leftMs?: number | undefined,
) => void;
