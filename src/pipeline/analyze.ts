/** `nimify analyze`: what is known of a model without data. */
import { requireTargets } from '../analysis/compatibility/registry.ts';
import type { Analysis } from '../analysis/facts.ts';
import { distinct } from '../base/findings.ts';
import { withWorkspace } from '../base/workspace.ts';
import { MODEL_STEPS, readModel } from './model.ts';
import type { AnalyzeRequest, Outcome, PipelineDeps } from './requests.ts';
import { Steps } from './steps.ts';

const DEFAULT_TARGETS = ['cpu', 'triton'];

/** @throws NimifyError USAGE for an unknown target, and those of the sources and onnx rooms */
export async function analyze(request: AnalyzeRequest, deps: PipelineDeps): Promise<Outcome<Analysis>> {
  const targets = requireTargets(request.targets ?? DEFAULT_TARGETS);
  const steps = new Steps(deps, MODEL_STEPS);
  return withWorkspace(async (folder) => {
    const { analysis } = await readModel(request.model, steps, deps, folder);
    const chosen = analysis.compatibility.filter(({ target }) => targets.includes(target));
    const findings = distinct([...analysis.findings, ...chosen.flatMap((entry) => entry.findings)]);
    return { result: analysis, findings };
  });
}
