/** `nimify convert`: the same model in another form; its weights are streamed and never loaded. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { sha256File } from '../base/digest.ts';
import { NimifyError } from '../base/errors.ts';
import { formatBytes } from '../base/units.ts';
import { checkTarget } from '../base/write-files.ts';
import { type CleanUpStep, cleanUp } from '../onnx/clean-up/clean-up.ts';
import { EXTERNAL_DEFAULTS, tensorSums } from '../onnx/external/place-data.ts';
import { opsetVersion } from '../onnx/graph.ts';
import { type OnnxModel, openModel, totalBytes } from '../onnx/open.ts';
import { upgradeOpset } from '../onnx/opset-upgrade/upgrade.ts';
import { type DataPlacement, type WriteOptions, type WrittenModel, writeModel } from '../onnx/write.ts';
import { resolveSource } from '../sources/registry.ts';
import { filesOf, neededFiles, SMALL_FILE_BYTES } from './model.ts';
import type { ConvertRequest, ConvertResult, Outcome, PipelineDeps } from './requests.ts';
import { Steps } from './steps.ts';

/**
 * Writes a model with its weights inside (`data: 'embed'`) or in data files beside it (`data: {…}`), and raises its opset.
 * The output may be the input: it is replaced when the new form is whole.
 * @throws NimifyError USAGE, OUTPUT_EXISTS, OPSET_UNSUPPORTED, MODEL_*, FILE_*, EXTERNAL_DATA_*, DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function convert(request: ConvertRequest, deps: PipelineDeps): Promise<Outcome<ConvertResult>> {
  checkRequest(request);
  const { model: reference, output, opset } = request;
  await checkTarget(output, request);
  const steps = new Steps(deps, [
    { id: 'resolve', title: 'Find the model' },
    ...(opset === undefined ? [] : [{ id: 'upgrade', title: `Upgrade to opset ${opset}` }]),
    ...(request.isCleanedUp ? [{ id: 'clean-up', title: 'Clean up' }] : []),
    { id: 'write', title: 'Write' },
  ]);
  const input = await steps.run(
    'resolve',
    async () => openModel((await resolveSource(reference, { cwd: process.cwd(), signal: deps.signal })).path),
    (model) => formatBytes(totalBytes(model)),
  );
  const raised = opset === undefined ? input.proto : await steps.run('upgrade', async () => upgraded(input, opset));
  const cleaned = request.isCleanedUp
    ? await steps.run('clean-up', async () => cleanUp(raised), summaryOf)
    : { model: raised, steps: [] };
  const options: WriteOptions = {
    data: placementOf(request.data),
    force: request.force,
    needed: neededFiles(input, output),
    signal: deps.signal,
  };
  const written = await steps.run(
    'write',
    (report) => writeModel(cleaned.model, output, { ...options, report }),
    ({ files }) => files.map(({ sizeBytes }) => formatBytes(sizeBytes)).join(' + '),
  );
  return { result: await toResult(request, input, { written, cleanUp: cleaned.steps }, deps.signal), findings: [] };
}

function summaryOf({ steps }: { readonly steps: readonly CleanUpStep[] }): string {
  return steps.map(({ count, did }) => `${count} ${did}`).join(', ') || 'nothing to do';
}

function checkRequest({ data, opset, isCleanedUp }: ConvertRequest): void {
  if (data === undefined && opset === undefined && !isCleanedUp) {
    throw new NimifyError('USAGE', 'There is nothing to convert.', {
      hint: 'Say what to do: --external-data, --embed, --opset N or --clean-up.',
    });
  }
  if (typeof data !== 'object') return;
  const { dataFile, alignBytes = 1, splitBytes = 1, thresholdBytes = 0 } = data;
  if (dataFile !== undefined && (dataFile === '' || /^\.{1,2}$|[/\\\0]/.test(dataFile))) {
    throw new NimifyError('USAGE', `The data file ${JSON.stringify(dataFile)} is not the name of a file.`, {
      hint: 'Data files stand beside the model: give a name without a folder.',
    });
  }
  for (const [flag, value, isRight] of [
    ['--align', alignBytes, Number.isInteger(Math.log2(alignBytes)) && alignBytes <= MAX_ALIGN_BYTES],
    ['--split', splitBytes, Number.isSafeInteger(splitBytes) && splitBytes >= 1],
    ['--threshold', thresholdBytes, Number.isSafeInteger(thresholdBytes) && thresholdBytes >= 0],
  ] as const) {
    if (isRight) continue;
    const wanted = flag === '--align' ? 'a power of two up to 1 GiB' : 'a whole number of bytes';
    throw new NimifyError('USAGE', `${flag} takes ${wanted}, not ${value}.`);
  }
}

const MAX_ALIGN_BYTES = 2 ** 30;

function upgraded({ path, proto }: OnnxModel, opset: number): OnnxModel['proto'] {
  const version = opsetVersion(proto);
  if (version !== undefined && version <= opset) return upgradeOpset(proto, opset);
  const what = version === undefined ? 'does not use the operators of ai.onnx' : `has opset ${version} already`;
  throw new NimifyError('OPSET_UNSUPPORTED', `${path} ${what}; it cannot be converted to opset ${opset}.`, {
    hint: 'An opset can only be raised.',
    details: { path, opset },
  });
}

function placementOf(data: ConvertRequest['data']): DataPlacement {
  if (data === undefined) return 'keep';
  return data === 'embed' ? 'embed' : { ...EXTERNAL_DEFAULTS, ...data };
}

async function toResult(
  { output, opset }: ConvertRequest,
  input: OnnxModel,
  made: { readonly written: WrittenModel; readonly cleanUp: readonly CleanUpStep[] },
  signal: AbortSignal,
): Promise<ConvertResult> {
  const sizeBytes = (await stat(output)).size;
  const sha256 = sizeBytes <= SMALL_FILE_BYTES ? await sha256File(output, signal) : null;
  const current = new Set([resolve(output), ...openModel(output).externalFiles.map(({ path }) => resolve(path))]);
  const isInPlace = resolve(output) === input.path;
  return {
    input: { path: input.path, sizeBytes: totalBytes(input), ...tensorSums(input.proto) },
    output: { path: output, sizeBytes, sha256 },
    ...made.written,
    cleanUp: made.cleanUp,
    opset: opset === undefined ? null : { from: opsetVersion(input.proto) ?? 0, to: opset },
    unusedFiles: isInPlace ? filesOf(input).filter((path) => !current.has(resolve(path))) : [],
  };
}
