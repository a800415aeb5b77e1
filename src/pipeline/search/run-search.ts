/** A search as one step of a use case: what it tried, what it chose, and the report of both. */
import { NimifyError } from '../../base/errors.ts';
import type { QuantizerEntry } from '../../quantization/quantizer.ts';
import type { RunnableModel } from '../model.ts';
import type { QuantizationReport } from '../quantization-report.ts';
import type { SearchOptions } from '../requests.ts';
import type { Steps } from '../steps.ts';
import { reportOf } from './report.ts';
import { emptyLog, Search, type SearchLog } from './search.ts';
import type { TrialBench, Tried } from './trial-bench.ts';
import { reasonFor, type Shortfall, shortfallOf, summary } from './verdict.ts';

export const SEARCH_STEP = { id: 'search', title: 'Search' } as const;

export interface SearchJob {
  readonly entries: readonly QuantizerEntry[];
  readonly options: SearchOptions;
  readonly known: RunnableModel;
  readonly bench: TrialBench;
  readonly steps: Steps;
  /** Hears what was measured, once, whatever ended the search; not at all where nothing was. */
  readonly onReport?: ((report: QuantizationReport) => void) | undefined;
}

/** What a search found: the chosen trial and why, or why there is none. */
export type Found = { readonly log: SearchLog } & (
  | { readonly chosen: Tried; readonly reason: string }
  | { readonly chosen: undefined; readonly shortfall: Shortfall }
);

/** @throws NimifyError USAGE for a metric that the data does not have, and those of what cannot go on; or the abort reason */
export async function runSearch(job: SearchJob): Promise<Found> {
  const { entries, options, bench, steps } = job;
  const log = emptyLog();
  let found: Found | undefined;
  let reason = 'The search was interrupted.';
  try {
    const chosen = await steps.run(
      SEARCH_STEP.id,
      (report) => new Search({ entries, ...options }, bench, log, report).run(),
      (tried) => summary(tried, log),
    );
    found =
      chosen === undefined
        ? { log, chosen, shortfall: shortfallOf(options, log) }
        : { log, chosen, reason: reasonFor(chosen, options, log) };
    reason = found.chosen === undefined ? sentence(found.shortfall.why) : found.reason;
    return found;
  } catch (error) {
    if (error instanceof NimifyError) reason = error.message;
    throw error;
  } finally {
    await tell(job, log, found?.chosen?.trial.id ?? null, reason);
  }
}

async function tell(
  { known, bench, options, onReport }: SearchJob,
  log: SearchLog,
  chosen: string | null,
  reason: string,
): Promise<void> {
  if (onReport === undefined || log.results.length === 0) return;
  const { data, deps } = bench;
  onReport(await reportOf({ known, data, options, log, chosen, reason, deps }));
}

function sentence(phrase: string): string {
  return `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`;
}
