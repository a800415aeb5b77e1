/** What was measured, as the report of a quantization. */
import { packageVersion } from '../../base/version.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import { runtimeVersion } from '../../runtime/load.ts';
import type { PreparedData } from '../data.ts';
import type { RunnableModel } from '../model.ts';
import type { QuantizationReport, ReportedCandidate, ReportedData } from '../quantization-report.ts';
import type { Candidate, SearchOptions } from '../requests.ts';
import { limitOf } from './budget.ts';
import { isPareto } from './pareto.ts';
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
}

export async function reportOf({
  known,
  data,
  options,
  log,
  chosen,
  reason,
}: ReportFacts): Promise<QuantizationReport> {
  const tried = log.results.filter(isTried);
  const { evaluation } = tried[0]?.candidate ?? {};
  return {
    schemaVersion: 1,
    model: {
      name: known.local.suggestedName,
      sha256: known.sha256,
      sizeBytes: evaluation?.size.originalBytes ?? known.local.sizeBytes,
      latencyP50Ms: evaluation?.latency.original.p50Ms ?? null,
    },
    data: { calibration: reportedData(data.calibration), evaluation: reportedData(data.evaluation) },
    budget: options === undefined || tried[0] === undefined ? null : budgetOf(options, tried[0]),
    candidates: log.results.map((result) => reportedCandidate(result, tried, chosen)),
    sensitivity: log.sensitivity.map(({ name, nodes, operator, sqnrDb, weightBytes }) => ({
      group: name,
      nodes,
      operator,
      sqnrDb: finite(sqnrDb),
      weightBytes,
    })),
    chosen,
    reason,
    tool: { nimify: packageVersion(), onnxruntime: await runtimeVersion() },
  };
}

function budgetOf({ budget, prefer }: SearchOptions, { measured }: Tried): QuantizationReport['budget'] {
  const { metric, original } = measured;
  return { metric, limit: limitOf(budget, measured), original: finite(original), prefer };
}

function reportedData({ origin, digest, count, isRandom, preparation }: SampleSet): ReportedData {
  return { origin, digest, samples: count, isRandom, preparation };
}

function reportedCandidate(result: Tried | Failed, tried: readonly Tried[], chosen: string | null): ReportedCandidate {
  const { trial, candidate } = result;
  const common = {
    id: trial.id,
    label: trial.label,
    method: trial.entry.id,
    options: candidate.recipe?.options ?? {},
    status: candidate.status,
    ...(candidate.reason === undefined ? {} : { reason: candidate.reason }),
    isChosen: trial.id === chosen,
  };
  return isTried(result) ? { ...common, ...figuresOf(result, tried, candidate) } : common;
}

function figuresOf(
  one: Tried,
  tried: readonly Tried[],
  { sizeBytes, evaluation }: Candidate,
): Partial<ReportedCandidate> {
  return {
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    sizeRatio: one.sizeRatio,
    speedup: one.speedup,
    ...(evaluation && {
      p50Ms: evaluation.latency.candidate.p50Ms,
      outputs: evaluation.outputs,
      overallSqnrDb: evaluation.overallSqnrDb,
    }),
    value: finite(one.value),
    isWithinBudget: one.isWithinBudget,
    isPareto: isPareto(one, tried),
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
