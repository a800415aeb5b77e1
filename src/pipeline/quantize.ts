/** `nimify quantize`: one method, or the one that holds a budget; one output file, measured on the samples that calibration did not see. */
import { basename } from 'node:path';
import { sha256File } from '../base/digest.ts';
import { NimifyError } from '../base/errors.ts';
import type { PlannedStep } from '../base/events.ts';
import { type Finding, finding } from '../base/findings.ts';
import { withWorkspace } from '../base/workspace.ts';
import { checkTarget, type ReplaceOptions } from '../base/write-files.ts';
import { type OnnxModel, openModel } from '../onnx/open.ts';
import { writeModel } from '../onnx/write.ts';
import type { QuantizerEntry } from '../quantization/quantizer.ts';
import { findQuantizer, QUANTIZERS } from '../quantization/registry.ts';
import { TARGETS } from '../quantization/targets.ts';
import { candidateSteps, measureCandidate, runQuantizer } from './candidates.ts';
import { describeData, type PreparedData, prepareData } from './data.ts';
import {
  findingsWithData,
  MODEL_STEPS,
  neededFiles,
  type RunnableModel,
  readRunnableModel,
  SMALL_FILE_BYTES,
} from './model.ts';
import { measuring } from './provider.ts';
import type { Outcome, PipelineDeps, QuantizeRequest, QuantizeResult } from './requests.ts';
import { quantizeWithin } from './search/quantize-within.ts';
import { reportOf } from './search/report.ts';
import { SEARCH_STEP } from './search/run-search.ts';
import type { Tried } from './search/trial-bench.ts';
import { Steps } from './steps.ts';
import { forTarget, refusalOf } from './target.ts';

/** @throws NimifyError METHOD_UNKNOWN, METHOD_NOT_APPLICABLE, BUDGET_NOT_MET, OUTPUT_EXISTS, and those of the rooms it joins */
export async function quantize(request: QuantizeRequest, deps: PipelineDeps): Promise<Outcome<QuantizeResult>> {
  const entries = entriesOf(request);
  if (request.method !== undefined) requireForTarget(request.method, forTarget(deps));
  await checkTarget(request.output, request);
  const steps = new Steps(deps, [...MODEL_STEPS, ...stepsOf(request, entries)]);
  return withWorkspace(async (folder) => {
    const known = await readRunnableModel(request.model, steps, deps, folder);
    const { local, model } = known;
    const replace = { force: request.force, needed: neededFiles(model, request.output) };
    await checkTarget(request.output, replace);
    const common = { known, replace, folder, steps, deps: forTarget(measuring(deps, local.kind)) };
    const [entry] = entries as [QuantizerEntry];
    if (request.method !== undefined) await requireApplicable(entry, model, local.path);
    if (request.isUnmeasured)
      return withFindings(known.analysis.findings, await writeUnmeasured({ ...common, entry, request }));
    const data = await steps.run(
      'data',
      () => prepareData(local.path, request.data, common.deps, folder),
      describeData,
    );
    const { search } = request;
    const outcome = await (search === undefined
      ? measureAndWrite({ ...common, entry, request }, data)
      : quantizeWithin({ ...common, entries, data, request: { ...request, search } }));
    return withFindings(findingsWithData(known), outcome);
  });
}

function withFindings<T>(findings: readonly Finding[], outcome: Outcome<T>): Outcome<T> {
  return { result: outcome.result, findings: [...findings, ...outcome.findings] };
}

/** One method, or with a search all of them. */
function entriesOf({ method, search, isUnmeasured }: QuantizeRequest): readonly QuantizerEntry[] {
  if (method === undefined && search !== undefined) return QUANTIZERS;
  const entry = findQuantizer(method ?? '');
  if (isUnmeasured && (entry.needsCalibration || search !== undefined)) throw needsRuns(entry);
  return [entry];
}

function stepsOf({ search, isUnmeasured }: QuantizeRequest, entries: readonly QuantizerEntry[]): PlannedStep[] {
  if (isUnmeasured) return candidateSteps(entries).slice(0, 1);
  return [DATA_STEP, ...(search === undefined ? candidateSteps(entries) : [SEARCH_STEP]), WRITE_STEP];
}

const DATA_STEP = { id: 'data', title: 'Read samples' };
const WRITE_STEP = { id: 'write', title: 'Write' };

interface Job {
  readonly entry: QuantizerEntry;
  readonly known: RunnableModel;
  readonly request: QuantizeRequest;
  readonly replace: ReplaceOptions;
  /** For files that do not outlive the run. */
  readonly folder: string;
  readonly steps: Steps;
  readonly deps: PipelineDeps;
}

function requireForTarget(method: string, { config }: PipelineDeps): void {
  const reason = refusalOf(config, method);
  if (reason === undefined) return;
  const { target } = config.quantization;
  const suits = target === 'any' ? [] : TARGETS[target].suits;
  throw new NimifyError('METHOD_NOT_FOR_TARGET', `${method} is refused: ${reason}.`, {
    hint: `Take --method ${suits.join(' or ')}; with --insist it is done nevertheless.`,
    details: { method, target, suits },
  });
}

async function requireApplicable(entry: QuantizerEntry, model: OnnxModel, path: string): Promise<void> {
  const obstacle = (await entry.load()).requires(model)[0];
  if (obstacle === undefined) return;
  throw new NimifyError('METHOD_NOT_APPLICABLE', `${entry.id} does not apply to ${path}: ${obstacle.args.reason}.`, {
    hint: 'nimify create tries every method and keeps the original where none applies.',
    details: { method: entry.id, ...obstacle.args },
  });
}

async function measureAndWrite(job: Job, data: PreparedData): Promise<Outcome<QuantizeResult>> {
  const { entry, known, request, folder, steps, deps } = job;
  const bench = { model: known.model, data, folder, fileName: basename(request.output), deps, steps };
  const { candidate, path, findings, histograms } = await measureCandidate(entry, bench);
  await tell(job, data, { candidate, path, histograms });
  const { files } = await steps.run('write', (report) =>
    writeModel(openModel(path).proto, request.output, { ...job.replace, signal: deps.signal, report }),
  );
  const { recipe, evaluation, sha256 } = candidate;
  const result = {
    output: { ...(files[0] as (typeof files)[number]), sha256: sha256 as string },
    files,
    recipe: recipe as NonNullable<typeof recipe>,
    candidates: [candidate],
    chosen: entry.id,
    evaluation: evaluation as NonNullable<typeof evaluation>,
  };
  return { result, findings: [...data.findings, ...findings] };
}

/** The report of one method: a search that tried one candidate. */
async function tell(
  { entry, known, request, deps }: Job,
  data: PreparedData,
  { candidate, path, histograms }: Pick<Tried, 'candidate' | 'path' | 'histograms'>,
): Promise<void> {
  const { evaluation } = candidate;
  if (request.onReport === undefined || evaluation === undefined) return;
  const trial = { id: entry.id, label: entry.id, entry, settings: {} };
  const value = evaluation.overallSqnrDb ?? Number.POSITIVE_INFINITY;
  const measured = { metric: 'sqnr', value, original: Number.POSITIVE_INFINITY } as const;
  const { speedup } = evaluation.latency;
  const isWithinBudget = candidate.isWithinBudget ?? false;
  const figures = { speedup, sizeRatio: evaluation.size.ratio, value, measured, isWithinBudget };
  const results = [{ trial, candidate, path, histograms, ...figures }];
  const reason = candidate.reason ?? `${entry.id} was asked for.`;
  request.onReport(await reportOf({ known, data, log: { results, sensitivity: [] }, chosen: entry.id, reason, deps }));
}

/** Streams from one file to the other: ONNX Runtime loads neither, so that the model may be larger than the memory. */
async function writeUnmeasured(job: Job): Promise<Outcome<QuantizeResult>> {
  const { entry, known, request, replace, folder, steps, deps } = job;
  const { signal } = deps;
  return steps.run(`quantize:${entry.id}`, async (report) => {
    const input = { model: openModel(known.model.path), calibration: null };
    const { proto, recipe, findings } = await runQuantizer(entry, input, folder, deps, report);
    const written = await writeModel(proto, request.output, { ...replace, whenTooLarge: 'external', signal, report });
    const [file] = written.files as [(typeof written.files)[number]];
    const sha256 = file.sizeBytes > SMALL_FILE_BYTES ? null : await sha256File(file.path, signal);
    const output = { ...file, sha256 };
    const result = { output, files: written.files, recipe, candidates: [], chosen: entry.id, evaluation: null };
    return { result, findings: [...findings, finding('NOT_MEASURED')] };
  });
}

function needsRuns({ id }: QuantizerEntry): NimifyError {
  return new NimifyError(
    'USAGE',
    `${id} calibrates, so the model has to run; --skip-evaluation is for methods that do not.`,
    {
      hint: 'Take --method weight-only, or leave --skip-evaluation out.',
    },
  );
}
