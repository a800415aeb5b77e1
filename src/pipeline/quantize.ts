/** `nimify quantize`: one method, one output file, measured on the samples that calibration did not see. */
import { basename } from 'node:path';
import { sha256File } from '../base/digest.ts';
import { NimifyError } from '../base/errors.ts';
import { finding } from '../base/findings.ts';
import { withWorkspace } from '../base/workspace.ts';
import { checkTarget, type ReplaceOptions } from '../base/write-files.ts';
import { type OnnxModel, openModel } from '../onnx/open.ts';
import { writeModel } from '../onnx/write.ts';
import type { QuantizerEntry } from '../quantization/quantizer.ts';
import { findQuantizer } from '../quantization/registry.ts';
import { candidateSteps, measureCandidate, runQuantizer } from './candidates.ts';
import { describeData, prepareData } from './data.ts';
import { findingsWithData, MODEL_STEPS, neededFiles, readRunnableModel, SMALL_FILE_BYTES } from './model.ts';
import { measuring } from './provider.ts';
import type { Outcome, PipelineDeps, QuantizeRequest, QuantizeResult } from './requests.ts';
import { Steps } from './steps.ts';

/** @throws NimifyError METHOD_UNKNOWN, METHOD_NOT_APPLICABLE, OUTPUT_EXISTS, and those of the rooms it joins */
export async function quantize(request: QuantizeRequest, deps: PipelineDeps): Promise<Outcome<QuantizeResult>> {
  const entry = findQuantizer(request.method);
  if (request.isUnmeasured && entry.needsCalibration) throw needsRuns(entry);
  await checkTarget(request.output, request);
  const steps = new Steps(deps, [
    ...MODEL_STEPS,
    ...(request.isUnmeasured
      ? candidateSteps([entry]).slice(0, 1)
      : [DATA_STEP, ...candidateSteps([entry]), WRITE_STEP]),
  ]);
  return withWorkspace(async (folder) => {
    const known = await readRunnableModel(request.model, steps, deps, folder);
    const { local, model } = known;
    const replace = { force: request.force, needed: neededFiles(model, request.output) };
    await checkTarget(request.output, replace);
    await requireApplicable(entry, model, local.path);
    const job: Job = {
      entry,
      model,
      path: local.path,
      request,
      replace,
      folder,
      steps,
      deps: measuring(deps, local.kind),
    };
    const { result, findings } = await (request.isUnmeasured ? writeUnmeasured(job) : measureAndWrite(job));
    return {
      result,
      findings: [...(request.isUnmeasured ? known.analysis.findings : findingsWithData(known)), ...findings],
    };
  });
}

const DATA_STEP = { id: 'data', title: 'Read samples' };
const WRITE_STEP = { id: 'write', title: 'Write' };

interface Job {
  readonly entry: QuantizerEntry;
  readonly model: OnnxModel;
  /** Where the model was found; what lies beside it may say how data is prepared. */
  readonly path: string;
  readonly request: QuantizeRequest;
  readonly replace: ReplaceOptions;
  /** For files that do not outlive the run. */
  readonly folder: string;
  readonly steps: Steps;
  readonly deps: PipelineDeps;
}

async function requireApplicable(entry: QuantizerEntry, model: OnnxModel, path: string): Promise<void> {
  const obstacle = (await entry.load()).requires(model)[0];
  if (obstacle === undefined) return;
  throw new NimifyError('METHOD_NOT_APPLICABLE', `${entry.id} does not apply to ${path}: ${obstacle.args.reason}.`, {
    hint: 'nimify create tries every method and keeps the original where none applies.',
    details: { method: entry.id, ...obstacle.args },
  });
}

async function measureAndWrite(job: Job): Promise<Outcome<QuantizeResult>> {
  const { entry, model, request, folder, steps, deps } = job;
  const data = await steps.run('data', () => prepareData(job.path, request.data, deps, folder), describeData);
  const bench = { model, data, folder, fileName: basename(request.output), deps, steps };
  const { candidate, path, findings } = await measureCandidate(entry, bench);
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

/** Streams from one file to the other: ONNX Runtime loads neither, so that the model may be larger than the memory. */
async function writeUnmeasured({
  entry,
  request,
  replace,
  folder,
  steps,
  ...job
}: Job): Promise<Outcome<QuantizeResult>> {
  const { signal } = job.deps;
  return steps.run(`quantize:${entry.id}`, async (report) => {
    const input = { model: openModel(job.model.path), calibration: null };
    const { proto, recipe, findings } = await runQuantizer(entry, input, folder, job.deps, report);
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
