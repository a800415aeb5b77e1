/** Makes and measures one trial; what only says that a method does not fit the model becomes a result. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../../base/findings.ts';
import type { Config } from '../../config/schema.ts';
import type { TensorHistogram } from '../../quantization/calibration/ranges.ts';
import { makeCandidate, type Workbench } from '../candidates.ts';
import type { Candidate, PipelineDeps } from '../requests.ts';
import { Steps } from '../steps.ts';
import { type Budget, describeMiss, isWithin, type Measured, measuredFor } from './budget.ts';
import type { Rated } from './pareto.ts';
import type { Trial } from './trials.ts';

/** What came of a trial that could be measured. */
export interface Tried extends Rated {
  readonly trial: Trial;
  readonly candidate: Candidate;
  /** The written model. */
  readonly path: string;
  readonly histograms: readonly TensorHistogram[];
  readonly measured: Measured;
  readonly isWithinBudget: boolean;
}

export interface Failed {
  readonly trial: Trial;
  readonly candidate: Candidate;
}

export type TrialBench = Omit<Workbench, 'steps'>;

/** @throws what does not say something of the method: aborts, full disks, bugs */
export async function tryOut(
  trial: Trial,
  bench: TrialBench,
  budget: Budget,
): Promise<{ result: Tried | Failed; findings: readonly Finding[] }> {
  const made = await makeCandidate(trial.entry, await benchFor(trial, bench));
  const { evaluation } = made.candidate;
  if (evaluation === undefined || made.path === undefined)
    return { result: { trial, candidate: made.candidate }, findings: made.findings };
  const measured = measuredFor(budget, evaluation);
  const isWithinBudget = isWithin(budget, measured, evaluation);
  const result = {
    trial,
    candidate: judged(made.candidate, isWithinBudget, describeMiss(budget, measured, evaluation)),
    path: made.path,
    histograms: made.histograms ?? [],
    measured,
    isWithinBudget,
    speedup: evaluation.latency.speedup,
    sizeRatio: evaluation.size.ratio,
    value: measured.value,
  };
  return { result, findings: made.findings };
}

/** The budget of the search is what counts, not the rules for candidates without one. */
function judged({ reason: _rules, ...candidate }: Candidate, isWithinBudget: boolean, miss: string): Candidate {
  return { ...candidate, isWithinBudget, ...(isWithinBudget ? {} : { reason: miss }) };
}

export function isTried(result: Tried | Failed): result is Tried {
  return 'measured' in result;
}

/** A folder and settings of its own; the search tells its progress itself. */
async function benchFor(trial: Trial, bench: TrialBench): Promise<Workbench> {
  const folder = join(bench.folder, trial.id);
  await mkdir(folder, { recursive: true });
  const deps = withSettings(bench.deps, trial.settings);
  return { ...bench, folder, deps, steps: new Steps({ ...deps, emit: () => {} }, []) };
}

/** The same dependencies with other settings of quantization. */
export function withSettings(deps: PipelineDeps, settings: Partial<Config['quantization']>): PipelineDeps {
  const { config } = deps;
  return { ...deps, config: { ...config, quantization: { ...config.quantization, ...settings } } };
}
