/** `nimify analyze`: what is known of a model without data. */
import type { Analysis } from '../analysis/facts.ts';
import { withWorkspace } from '../base/workspace.ts';
import { MODEL_STEPS, readModel } from './model.ts';
import type { AnalyzeRequest, Outcome, PipelineDeps } from './requests.ts';
import { Steps } from './steps.ts';

/** @throws NimifyError of the sources and onnx rooms */
export async function analyze(request: AnalyzeRequest, deps: PipelineDeps): Promise<Outcome<Analysis>> {
  const steps = new Steps(deps, MODEL_STEPS);
  return withWorkspace(async (folder) => {
    const { analysis } = await readModel(request.model, steps, deps, folder);
    return { result: analysis, findings: analysis.findings };
  });
}
