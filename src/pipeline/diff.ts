/** `nimify diff`: what changed from one model to another. */
import { compareModels, diffFindings } from '../diff/compare.ts';
import type { ModelDiff } from '../diff/facts.ts';
import { type OnnxModel, openModel } from '../onnx/open.ts';
import { resolveSource } from '../sources/registry.ts';
import type { DiffRequest, Outcome, PipelineDeps } from './requests.ts';
import { Steps } from './steps.ts';

/** @throws NimifyError MODEL_*, EXTERNAL_DATA_*, FILE_* */
export async function diff(request: DiffRequest, deps: PipelineDeps): Promise<Outcome<ModelDiff>> {
  const steps = new Steps(deps, [
    { id: 'resolve', title: 'Find the models' },
    { id: 'compare', title: 'Compare' },
  ]);
  const open = async (reference: string): Promise<OnnxModel> =>
    openModel((await resolveSource(reference, { cwd: process.cwd(), signal: deps.signal })).path);
  const models = await steps.run('resolve', async () => ({
    before: await open(request.before),
    after: await open(request.after),
  }));
  const result = await steps.run('compare', (report) =>
    compareModels(models.before, models.after, { signal: deps.signal, report }),
  );
  return { result, findings: diffFindings(result) };
}
