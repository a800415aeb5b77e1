/** `nimify evaluate`: two models on the same inputs. */

import { withWorkspace } from '../base/workspace.ts';
import { compare } from '../evaluation/compare.ts';
import type { Evaluation } from '../evaluation/evaluation.ts';
import { openModel } from '../onnx/open.ts';
import { resolveSource } from '../sources/registry.ts';
import { readSamples } from './data.ts';
import { sessionsOf } from './guard.ts';
import { measuring } from './provider.ts';
import type { EvaluateRequest, Outcome, PipelineDeps } from './requests.ts';
import { Steps } from './steps.ts';

/** @throws NimifyError OUTPUTS_DIFFER, DATA_*, RUNTIME_*, MODEL_* */
export function evaluate(request: EvaluateRequest, deps: PipelineDeps): Promise<Outcome<Evaluation>> {
  return withWorkspace((folder) => evaluateIn(folder, request, deps));
}

async function evaluateIn(folder: string, request: EvaluateRequest, deps: PipelineDeps): Promise<Outcome<Evaluation>> {
  const steps = new Steps(deps, [
    { id: 'resolve', title: 'Find the models' },
    { id: 'data', title: 'Read samples' },
    { id: 'evaluate', title: 'Compare' },
  ]);
  const kinds: string[] = [];
  const [original, candidate] = await steps.run('resolve', async () => {
    const models = [];
    for (const reference of [request.original, request.candidate]) {
      const local = await resolveSource(reference, { cwd: process.cwd(), signal: deps.signal });
      models.push(openModel(local.path));
      kinds.push(local.kind);
    }
    return models as [ReturnType<typeof openModel>, ReturnType<typeof openModel>];
  });
  const own = measuring(deps, kinds.find((kind) => kind !== 'local-file') ?? 'local-file');
  const samples = await steps.run(
    'data',
    () => readSamples(original.path, request.data, own, folder),
    (set) => `${set.count} ${set.isRandom ? 'RANDOM ' : ''}samples`,
  );
  const { evaluation, findings } = await steps.run('evaluate', (report) =>
    compare({ path: original.path }, { path: candidate.path }, samples, {
      ...deps.config.evaluation,
      signal: deps.signal,
      clock: deps.clock,
      report,
      ...sessionsOf(own),
    }),
  );
  return { result: evaluation, findings };
}
