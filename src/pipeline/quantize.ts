/** `nimify quantize`: one method, one output file, measured on the samples that calibration did not see. */
import { basename } from 'node:path';
import { NimifyError } from '../base/errors.ts';
import { withWorkspace } from '../base/workspace.ts';
import { checkTarget } from '../base/write-files.ts';
import { openModel } from '../onnx/open.ts';
import { writeModel } from '../onnx/write.ts';
import { findQuantizer } from '../quantization/registry.ts';
import { candidateSteps, measureCandidate } from './candidates.ts';
import { describeData, prepareData } from './data.ts';
import { findingsWithData, MODEL_STEPS, neededFiles, readRunnableModel } from './model.ts';
import { measuring } from './provider.ts';
import type { Outcome, PipelineDeps, QuantizeRequest, QuantizeResult } from './requests.ts';
import { Steps } from './steps.ts';

/** @throws NimifyError METHOD_UNKNOWN, METHOD_NOT_APPLICABLE, OUTPUT_EXISTS, and those of the rooms it joins */
export async function quantize(request: QuantizeRequest, deps: PipelineDeps): Promise<Outcome<QuantizeResult>> {
  const entry = findQuantizer(request.method);
  await checkTarget(request.output, request);
  const steps = new Steps(deps, [
    ...MODEL_STEPS,
    { id: 'data', title: 'Read samples' },
    ...candidateSteps([entry]),
    { id: 'write', title: 'Write' },
  ]);
  return withWorkspace(async (folder) => {
    const known = await readRunnableModel(request.model, steps, deps, folder);
    const { local, model } = known;
    const own = measuring(deps, local.kind);
    const replace = { force: request.force, needed: neededFiles(model, request.output) };
    await checkTarget(request.output, replace);
    const obstacle = (await entry.load()).requires(model)[0];
    if (obstacle !== undefined) {
      throw new NimifyError(
        'METHOD_NOT_APPLICABLE',
        `${entry.id} does not apply to ${local.path}: ${obstacle.args.reason}.`,
        {
          hint: 'nimify create tries every method and keeps the original where none applies.',
          details: { method: entry.id, ...obstacle.args },
        },
      );
    }
    const data = await steps.run('data', () => prepareData(local.path, request.data, own, folder), describeData);
    const fileName = basename(request.output);
    const { candidate, path, findings } = await measureCandidate(entry, {
      model,
      data,
      folder,
      fileName,
      deps: own,
      steps,
    });
    const { files } = await steps.run('write', (report) =>
      writeModel(openModel(path).proto, request.output, { ...replace, signal: deps.signal, report }),
    );
    const { recipe, evaluation, sha256 } = candidate;
    return {
      result: {
        output: { ...(files[0] as (typeof files)[number]), sha256: sha256 as string },
        files,
        recipe: recipe as NonNullable<typeof recipe>,
        candidates: [candidate],
        chosen: entry.id,
        evaluation: evaluation as NonNullable<typeof evaluation>,
      },
      findings: [...findingsWithData(known), ...data.findings, ...findings],
    };
  });
}
