/** What `nimify create` serves: the best of a list of methods, what a search within a budget finds, or the original. */
import { NimifyError } from '../base/errors.ts';
import { type Finding, finding } from '../base/findings.ts';
import { type Choice, chooseCandidate } from '../evaluation/choose.ts';
import type { QuantizerEntry } from '../quantization/quantizer.ts';
import { findQuantizer, QUANTIZERS } from '../quantization/registry.ts';
import { type MadeCandidate, makeCandidate, type Workbench } from './candidates.ts';
import type { RunnableModel } from './model.ts';
import type { CreateRequest, PipelineDeps, SearchOptions } from './requests.ts';
import { type Found, runSearch } from './search/run-search.ts';
import { isTried } from './search/trial-bench.ts';
import { methodsOf } from './target.ts';

export interface Decision {
  readonly made: readonly MadeCandidate[];
  readonly choice: Pick<Choice, 'chosen' | 'reason'>;
  readonly findings: readonly Finding[];
}

/**
 * The methods of the configuration; a search tries all unless somebody has named some.
 * @throws NimifyError METHOD_UNKNOWN; USAGE for a search among none
 */
export function methodsFor({ search }: CreateRequest, { config }: PipelineDeps): readonly QuantizerEntry[] {
  if (search !== undefined && !config.given.includes('quantization.methods')) return QUANTIZERS;
  const entries = methodsOf(config).map((id) => findQuantizer(id));
  if (search === undefined || entries.length > 0) return entries;
  throw new NimifyError('USAGE', 'There is nothing to search among: quantization.methods names no quantizer.', {
    hint: 'Leave --methods out to try all of them.',
  });
}

/**
 * A search on noise takes long and decides nothing.
 * @throws NimifyError USAGE
 */
export function requireDataFor({ search, data }: CreateRequest, { config }: PipelineDeps): void {
  const { path, command, split } = data;
  const hasData = path !== undefined || command !== undefined || split !== undefined;
  if (search === undefined || hasData || config.evaluation.acceptRandomData) return;
  throw new NimifyError('USAGE', 'A budget is kept on samples, and there are none: random noise does not decide.', {
    hint: 'Give --data PATH; with --accept-random-data the search goes by noise nevertheless.',
  });
}

/** @throws NimifyError of what does not only say that a method does not fit this model */
export function decide(
  entries: readonly QuantizerEntry[],
  request: Pick<CreateRequest, 'search' | 'onReport'>,
  known: RunnableModel,
  bench: Workbench,
): Promise<Decision> {
  const { search, onReport } = request;
  if (search === undefined) return bestOf(entries, bench);
  return searched(search, { entries, options: search, known, bench, steps: bench.steps, onReport });
}

async function bestOf(entries: readonly QuantizerEntry[], bench: Workbench): Promise<Decision> {
  const made: MadeCandidate[] = [];
  for (const entry of entries) made.push(await makeCandidate(entry, bench));
  const choice = chooseCandidate(
    made.map((m) => m.candidate),
    bench.deps.config.evaluation,
  );
  return { made, choice, findings: made.flatMap((m) => m.findings) };
}

async function searched(options: SearchOptions, job: Parameters<typeof runSearch>[0]): Promise<Decision> {
  const found = await runSearch(job);
  const made = found.log.results.map((result): MadeCandidate => {
    const { candidate, trial } = result;
    const findings = found.log.findings.get(trial.id) ?? [];
    return { candidate: { ...candidate, id: trial.id }, findings, ...(isTried(result) ? { path: result.path } : {}) };
  });
  if (found.chosen === undefined) return { made, ...originalFor(found, options) };
  const chosen = found.chosen.trial.id;
  return { made, choice: { chosen, reason: found.reason }, findings: found.log.findings.get(chosen) ?? [] };
}

function originalFor(
  { shortfall }: Extract<Found, { readonly chosen: undefined }>,
  { prefer }: SearchOptions,
): Pick<Decision, 'choice' | 'findings'> {
  const { why, hint, details } = shortfall;
  const choice = { chosen: 'original', reason: `The original is served: ${why}. ${hint}` };
  return { choice, findings: [finding('BUDGET_NOT_MET', { ...details, prefer, reason: why })] };
}
