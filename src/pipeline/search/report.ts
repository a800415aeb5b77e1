/** What was measured, as the report of a quantization. */
import { packageVersion } from '../../base/version.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import { runtimeVersion } from '../../runtime/load.ts';
import type { PreparedData } from '../data.ts';
import type { RunnableModel } from '../model.ts';
import type { QuantizationReport, ReportCandidate, ReportData } from '../quantization-report.ts';
import type { PipelineDeps, SearchOptions } from '../requests.ts';
import { limitOf } from './budget.ts';
import { isPareto } from './pareto.ts';
import { predictionsOf } from './predictions.ts';
import type { SearchLog } from './search.ts';
import { type Failed, isTried, type Tried } from './trial-bench.ts';

export interface ReportFacts {
  readonly known: RunnableModel;
  readonly data: PreparedData;
  /** Absent where one method was asked for. */
  readonly options?: SearchOptions;
  readonly log: Pick<SearchLog, 'results' | 'sensitivity'>;
  /** Id of the chosen trial. */
  readonly chosen: string | null;
  readonly reason: string;
  readonly deps: PipelineDeps;
}

/** @throws NimifyError RUNTIME_* when a sample fails now that did not fail before; or the abort reason of the signal */
export async function reportOf({
  known,
  data,
  options,
  log,
  chosen,
  reason,
  deps,
}: ReportFacts): Promise<QuantizationReport> {
  const tried = log.results.filter(isTried);
  const [first] = tried;
  const winner = tried.find(({ trial }) => trial.id === chosen);
  const { evaluation } = first?.candidate ?? {};
  const isCalibrated = log.results.some(({ candidate }) => (candidate.recipe?.calibration ?? null) !== null);
  return {
    schemaVersion: 1,
    tool: { nimify: packageVersion(), onnxruntime: await runtimeVersion() },
    model: {
      name: known.local.suggestedName,
      sha256: known.sha256,
      sizeBytes: evaluation?.size.originalBytes ?? known.local.sizeBytes,
      latencyP50Ms: evaluation?.latency.original.p50Ms ?? null,
    },
    data: {
      calibration: isCalibrated ? reportData(data.calibration) : null,
      evaluation: reportData(data.evaluation),
    },
    budget:
      options === undefined || first === undefined
        ? null
        : { metric: first.measured.metric, limit: limitOf(options.budget, first.measured) },
    metric: first?.measured.metric ?? null,
    originalValue: first?.measured.metric === 'accuracy' ? first.measured.original : null,
    candidates: log.results.map((result) => reportCandidate(result, tried, chosen)),
    sensitivity: log.sensitivity.map(({ name, sqnrDb, nodes, operator, weightBytes }) => {
      return { group: name, nodes, operator, sqnrDb: finite(sqnrDb), weightBytes };
    }),
    histograms: winner?.histograms ?? [],
    predictions: winner === undefined ? [] : await predictionsFor(winner, known, data, deps),
    chosen,
    reason,
  };
}

function predictionsFor(
  { path, candidate }: Tried,
  { model }: RunnableModel,
  { evaluation }: PreparedData,
  deps: PipelineDeps,
): Promise<QuantizationReport['predictions']> {
  const outputs = candidate.evaluation?.outputs ?? [];
  return predictionsOf({ original: model.path, candidate: path, samples: evaluation, outputs }, deps);
}

function reportData({ origin, digest, count, isRandom, preparation }: SampleSet): ReportData {
  return { origin, digest, samples: count, isRandom, preparation };
}

function reportCandidate(result: Tried | Failed, tried: readonly Tried[], chosen: string | null): ReportCandidate {
  const { trial, candidate } = result;
  const { evaluation, reason, sizeBytes = null } = candidate;
  const isRejected = isTried(result) && !result.isWithinBudget;
  return {
    id: trial.id,
    label: trial.label,
    method: trial.entry.id,
    options: candidate.recipe?.options ?? {},
    status: isRejected ? 'rejected' : candidate.status,
    ...(isRejected ? { reason: reason ?? 'It does not hold the budget.' } : reason === undefined ? {} : { reason }),
    sizeBytes,
    sizeRatio: evaluation?.size.ratio ?? null,
    speedup: evaluation?.latency.speedup ?? null,
    p50Ms: evaluation?.latency.candidate.p50Ms ?? null,
    outputs: evaluation?.outputs ?? [],
    value: isTried(result) ? finite(result.value) : null,
    isPareto: isTried(result) && isPareto(result, tried),
    isChosen: trial.id === chosen,
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
