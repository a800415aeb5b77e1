/** Makes candidates with the registered quantizers and measures each against the original. */
import { join } from 'node:path';
import { sha256File } from '../base/digest.ts';
import { type ErrorCode, NimifyError } from '../base/errors.ts';
import type { ReportProgress } from '../base/events.ts';
import { type Finding, finding } from '../base/findings.ts';
import { formatBytes } from '../base/units.ts';
import { compare } from '../evaluation/compare.ts';
import { judge } from '../evaluation/judge.ts';
import { describeReason } from '../evaluation/reasons.ts';
import { type OnnxModel, openModel, totalBytes } from '../onnx/open.ts';
import { writeModel } from '../onnx/write.ts';
import type { CalibrationSource } from '../quantization/calibration/cache.ts';
import type { TensorHistogram } from '../quantization/calibration/ranges.ts';
import { methodOptions } from '../quantization/options.ts';
import {
  type QuantizeDeps,
  type QuantizeInput,
  type QuantizeOutput,
  type QuantizerEntry,
  type Recipe,
  takesSamples,
} from '../quantization/quantizer.ts';
import type { PreparedData } from './data.ts';
import { sessionsOf } from './guard.ts';
import { expectedProvider } from './provider.ts';
import type { Candidate, PipelineDeps } from './requests.ts';
import type { Steps } from './steps.ts';
import { refusalOf } from './target.ts';

/** Errors that end one method and not the whole run: they say something about the model, not about the machine. */
const METHOD_ERRORS: ReadonlySet<ErrorCode> = new Set([
  'METHOD_NOT_APPLICABLE',
  'OPSET_UNSUPPORTED',
  'RUNTIME_REFUSED',
  'RUNTIME_FAILED',
  'RUNTIME_CRASHED',
  'RUNTIME_TIMEOUT',
  'RUNTIME_MEMORY',
  'OUTPUTS_DIFFER',
  'MODEL_LIMIT',
  'DATA_NOT_FINITE',
]);

export interface MadeCandidate {
  readonly candidate: Candidate;
  /** The written model; undefined for skipped and failed ones. */
  readonly path?: string;
  readonly findings: readonly Finding[];
  /** What calibration saw of its tensors. */
  readonly histograms?: readonly TensorHistogram[];
}

export interface Workbench {
  readonly model: OnnxModel;
  readonly data: PreparedData;
  readonly folder: string;
  /** Name of each candidate's .onnx file: data files that it may need are named after it. */
  readonly fileName: string;
  readonly deps: PipelineDeps;
  readonly steps: Steps;
}

export function candidateSteps(entries: readonly QuantizerEntry[]): { id: string; title: string }[] {
  return entries.flatMap(({ id, title }) => [
    { id: `quantize:${id}`, title: `Quantize: ${title}` },
    { id: `evaluate:${id}`, title: `Evaluate: ${title}` },
  ]);
}

/** Never throws for what only says that a method does not fit this model: that is a result. */
export async function makeCandidate(entry: QuantizerEntry, bench: Workbench): Promise<MadeCandidate> {
  const quantizer = await entry.load();
  const unsuited = refusalOf(bench.deps.config, entry.id);
  const obstacles =
    unsuited === undefined
      ? quantizer.requires(bench.model)
      : [finding('METHOD_SKIPPED', { method: entry.id, reason: unsuited })];
  if (obstacles.length > 0) {
    const reason = String(obstacles[0]?.args.reason ?? 'it does not apply to this model');
    for (const step of [`quantize:${entry.id}`, `evaluate:${entry.id}`]) bench.steps.skip(step, reason);
    return { candidate: { id: entry.id, status: 'skipped', reason }, findings: obstacles };
  }
  try {
    return await measureCandidate(entry, bench);
  } catch (error) {
    if (!(error instanceof NimifyError) || !METHOD_ERRORS.has(error.code)) throw error;
    bench.steps.skip(`evaluate:${entry.id}`, 'the method failed');
    const failure = finding('METHOD_FAILED', { method: entry.id, reason: error.message });
    return { candidate: { id: entry.id, status: 'failed', reason: error.message }, findings: [failure] };
  }
}

/** Quantizes with `entry`, writes the model to the folder of the bench, and compares it with the original. */
export async function measureCandidate(entry: QuantizerEntry, bench: Workbench): Promise<Required<MadeCandidate>> {
  const { deps, steps, data } = bench;
  const path = join(bench.folder, entry.id, bench.fileName);
  const made = await steps.run(
    `quantize:${entry.id}`,
    (report) => quantizeTo(path, entry, bench, report),
    describeWritten,
  );
  const { evaluation, findings } = await steps.run(
    `evaluate:${entry.id}`,
    (report) =>
      compare({ path: bench.model.path }, { path }, data.evaluation, {
        ...deps.config.evaluation,
        signal: deps.signal,
        clock: deps.clock,
        report,
        ...sessionsOf(deps),
      }),
    (compared) => `${compared.evaluation.samples} samples`,
  );
  const verdict = judge(evaluation, deps.config.evaluation);
  const reason = verdict.reasons.map(describeReason).join('; ');
  const rejected = verdict.isWithinBudget ? [] : [finding('CANDIDATE_REJECTED', { method: entry.id, reason })];
  const candidate = {
    id: entry.id,
    status: 'measured',
    ...(reason === '' ? {} : { reason }),
    sizeBytes: made.sizeBytes,
    sha256: made.sha256,
    recipe: made.recipe,
    evaluation,
    isWithinBudget: verdict.isWithinBudget,
  } as const;
  return { candidate, path, findings: [...made.findings, ...findings, ...rejected], histograms: made.histograms };
}

interface WrittenCandidate {
  readonly recipe: Recipe;
  readonly findings: readonly Finding[];
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly histograms: readonly TensorHistogram[];
  readonly isCalibrationCached: boolean;
}

async function quantizeTo(
  path: string,
  entry: QuantizerEntry,
  bench: Workbench,
  report: ReportProgress,
): Promise<WrittenCandidate> {
  const { deps, data, folder } = bench;
  const calibration = takesSamples(entry) ? data.calibration : null;
  const output = await runQuantizer(entry, { model: openModel(bench.model.path), calibration }, folder, deps, report);
  await writeModel(output.proto, path, { whenTooLarge: 'external', isTemporary: true, signal: deps.signal });
  return {
    recipe: output.recipe,
    findings: output.findings,
    sizeBytes: totalBytes(openModel(path)),
    sha256: await sha256File(path, deps.signal),
    histograms: output.histograms ?? [],
    isCalibrationCached: output.isCalibrationCached,
  };
}

/** What a quantizer made, and whether the samples were not run for its calibration. */
interface RunOutput extends QuantizeOutput {
  readonly isCalibrationCached: boolean;
}

/** Runs the quantizer with the options of the configuration. A calibration that cannot be kept is told as a notice. */
export async function runQuantizer(
  entry: QuantizerEntry,
  input: Pick<QuantizeInput, 'model' | 'calibration'>,
  temporaryFolder: string,
  deps: PipelineDeps,
  report: ReportProgress,
): Promise<RunOutput> {
  const quantizer = await entry.load();
  const options = methodOptions(entry, deps.config.quantization);
  const { signal, emit } = deps;
  const sources: CalibrationSource[] = [];
  const common = { signal, report, temporaryFolder, ...sessionsOf(deps) };
  const cache = input.calibration === null ? {} : await cacheOf(deps, (source) => sources.push(source));
  const output = await quantizer.run({ ...input, options }, { ...common, ...cache });
  const problem = sources.find((source) => source.problem !== undefined)?.problem;
  if (problem !== undefined) {
    emit({ type: 'notice', level: 'warning', message: `The calibration cache does not help: ${problem}.` });
  }
  return { ...output, isCalibrationCached: sources.length > 0 && sources.every(({ isCached }) => isCached) };
}

async function cacheOf(
  deps: PipelineDeps,
  onCalibration: (source: CalibrationSource) => void,
): Promise<Pick<QuantizeDeps, 'calibrationCache' | 'provider' | 'onCalibration'>> {
  const { calibrationCache, config } = deps;
  if (calibrationCache === undefined || !config.quantization.calibrationCache) return {};
  return { calibrationCache, provider: await expectedProvider(deps), onCalibration };
}

function describeWritten({ sizeBytes, recipe, isCalibrationCached }: WrittenCandidate): string {
  const calibrated = isCalibrationCached ? ', calibration from the cache' : '';
  return `${formatBytes(sizeBytes)}, ${quantizedNodes(recipe)}${calibrated}`;
}

function quantizedNodes(recipe: Recipe): string {
  const nodes = Object.values(recipe.quantizedNodes).reduce((sum, count) => sum + count, 0);
  return nodes === 1 ? '1 node' : `${nodes} nodes`;
}
