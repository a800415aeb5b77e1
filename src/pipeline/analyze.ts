/** `nimify analyze`: what is known of a model without data. */
import { requireTargets } from '../analysis/compatibility/registry.ts';
import { readDeep } from '../analysis/deep/deep.ts';
import { deepFindings } from '../analysis/deep/findings.ts';
import type { Analysis } from '../analysis/facts.ts';
import { pictureOf } from '../analysis/picture.ts';
import { distinct } from '../base/findings.ts';
import { withWorkspace } from '../base/workspace.ts';
import { type KnownModel, MODEL_STEPS, readModel } from './model.ts';
import type { AnalyzeOutcome, AnalyzeRequest, PipelineDeps } from './requests.ts';
import { Steps } from './steps.ts';

const DEFAULT_TARGETS = ['cpu', 'triton'];
const DEEP_STEP = { id: 'deep', title: 'Read the weights' } as const;

/** @throws NimifyError USAGE for an unknown target, and those of the sources and onnx rooms */
export async function analyze(request: AnalyzeRequest, deps: PipelineDeps): Promise<AnalyzeOutcome> {
  const targets = requireTargets(request.targets ?? DEFAULT_TARGETS);
  const steps = new Steps(deps, [...MODEL_STEPS, ...(request.isDeep ? [DEEP_STEP] : [])]);
  return withWorkspace(async (folder) => {
    const options = { needsDigest: request.isDeep ?? false, bind: request.bind ?? {} };
    const known = await readModel(request.model, steps, deps, folder, options);
    const analysis = request.isDeep ? await deepened(known, steps, deps) : known.analysis;
    const chosen = analysis.compatibility.filter(({ target }) => targets.includes(target));
    const findings = distinct([...analysis.findings, ...chosen.flatMap((entry) => entry.findings)]);
    return { result: analysis, findings, picture: request.needsPicture ? pictureOf(known.model, analysis) : null };
  });
}

async function deepened({ model, analysis }: KnownModel, steps: Steps, { signal }: PipelineDeps): Promise<Analysis> {
  const deep = await steps.run(
    DEEP_STEP.id,
    (report) => readDeep(model.proto, { signal, report }),
    ({ tensors }) => `${tensors.length} tensors`,
  );
  return { ...analysis, deep, findings: [...analysis.findings, ...deepFindings(deep)] };
}
