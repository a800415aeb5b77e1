/** `nimify quantize` with a budget: the search, the choice, and the file that comes of it. */
import { basename } from 'node:path';
import { NimifyError } from '../../base/errors.ts';
import type { ReplaceOptions } from '../../base/write-files.ts';
import { openModel } from '../../onnx/open.ts';
import { writeModel } from '../../onnx/write.ts';
import type { QuantizerEntry } from '../../quantization/quantizer.ts';
import type { PreparedData } from '../data.ts';
import type { RunnableModel } from '../model.ts';
import type { Outcome, PipelineDeps, QuantizeRequest, QuantizeResult, SearchOptions } from '../requests.ts';
import type { Steps } from '../steps.ts';
import { limitOf, type Measured } from './budget.ts';
import { reportOf } from './report.ts';
import { emptyLog, Search, type SearchLog } from './search.ts';
import { isTried, type Tried } from './trial-bench.ts';

export const SEARCH_STEP = { id: 'search', title: 'Search' } as const;

export interface SearchJob {
  readonly entries: readonly QuantizerEntry[];
  readonly known: RunnableModel;
  readonly data: PreparedData;
  readonly request: QuantizeRequest & { readonly search: SearchOptions };
  readonly replace: ReplaceOptions;
  readonly folder: string;
  readonly steps: Steps;
  readonly deps: PipelineDeps;
}

/** @throws NimifyError BUDGET_NOT_MET; the report has what was measured, whatever ended the search */
export async function quantizeWithin(job: SearchJob): Promise<Outcome<QuantizeResult>> {
  const { request, steps, deps } = job;
  const log = emptyLog();
  let chosen: Tried | undefined;
  let reason = 'The search was interrupted.';
  try {
    chosen = await steps.run(
      SEARCH_STEP.id,
      (report) => runSearch(job, log, report),
      (found) => summary(found, log),
    );
    if (chosen === undefined) throw notMet(request.search, log);
    reason = reasonFor(chosen, request.search, log);
  } catch (error) {
    if (error instanceof NimifyError) reason = error.message;
    throw error;
  } finally {
    await tell(job, log, chosen, reason);
  }
  const { candidate, path, trial } = chosen;
  const { files } = await steps.run('write', (report) =>
    writeModel(openModel(path).proto, request.output, { ...job.replace, signal: deps.signal, report }),
  );
  const result = {
    output: { ...(files[0] as (typeof files)[number]), sha256: candidate.sha256 as string },
    files,
    recipe: candidate.recipe as NonNullable<typeof candidate.recipe>,
    candidates: log.results.map(({ candidate: one, trial: { id } }) => ({ ...one, id })),
    chosen: trial.id,
    evaluation: candidate.evaluation as NonNullable<typeof candidate.evaluation>,
  };
  return { result, findings: [...job.data.findings, ...(log.findings.get(trial.id) ?? [])] };
}

function runSearch(
  job: SearchJob,
  log: SearchLog,
  report: ConstructorParameters<typeof Search>[3],
): Promise<Tried | undefined> {
  const { entries, known, data, folder, deps, request } = job;
  const bench = { model: known.model, data, folder, fileName: basename(request.output), deps };
  return new Search({ entries, ...request.search }, bench, log, report).run();
}

async function tell(
  { known, data, request, deps }: SearchJob,
  log: SearchLog,
  chosen: Tried | undefined,
  reason: string,
): Promise<void> {
  if (request.onReport === undefined || log.results.length === 0) return;
  request.onReport(
    await reportOf({ known, data, options: request.search, log, chosen: chosen?.trial.id ?? null, reason, deps }),
  );
}

function summary(found: Tried | undefined, log: SearchLog): string {
  const count = log.results.filter(isTried).length;
  const candidates = count === 1 ? '1 candidate' : `${count} candidates`;
  return `${candidates}${log.isTimeUp ? ', time is up' : ''}, ${found?.trial.label ?? 'none holds the budget'}`;
}

function reasonFor(
  { trial, measured, speedup, sizeRatio }: Tried,
  { budget, prefer }: SearchOptions,
  log: SearchLog,
): string {
  const goal = prefer === 'speed' ? 'fastest' : 'smallest';
  const limit = limitOf(budget, measured);
  const early = log.isTimeUp ? ', as far as the time limit let the search come' : '';
  return `${trial.label} is the ${goal} that holds ${figure(measured, limit)}${early}: ${figure(measured)}, ${speedup.toFixed(2)}× as fast, ${(sizeRatio * 100).toFixed(1)} % of the size.`;
}

function notMet(options: SearchOptions, log: SearchLog): NimifyError {
  const tried = log.results.filter(isTried);
  const nearest = [...tried].sort((a, b) => b.value - a.value)[0];
  if (nearest === undefined)
    return new NimifyError('BUDGET_NOT_MET', 'No method could be measured on this model.', {
      hint: 'nimify analyze MODEL shows why.',
    });
  const limit = limitOf(options.budget, nearest.measured);
  const holding = tried.filter(({ isWithinBudget }) => isWithinBudget);
  const why =
    holding.length > 0
      ? `quantizing does not pay here: what holds ${figure(nearest.measured, limit)} is slower than the original`
      : `none of ${tried.length} candidates holds ${figure(nearest.measured, limit)}; the nearest is ${nearest.trial.label} with ${figure(nearest.measured)}`;
  const hint =
    holding.length > 0
      ? 'Take --prefer size where the size is what counts.'
      : 'Allow more, give more samples for calibration, or keep the original.';
  return new NimifyError('BUDGET_NOT_MET', `Nothing was written: ${why}${log.isTimeUp ? ' (time is up)' : ''}.`, {
    hint,
    details: { limit, nearest: nearest.trial.id, value: Number.isFinite(nearest.value) ? nearest.value : null },
  });
}

/** `47.2 dB of SQNR`, `98.7 % of agreement`. */
function figure({ metric, value }: Measured, amount = value): string {
  if (metric === 'sqnr') return Number.isFinite(amount) ? `${amount.toFixed(1)} dB of SQNR` : 'equal outputs';
  return `${(amount * 100).toFixed(1)} % of ${metric}`;
}
