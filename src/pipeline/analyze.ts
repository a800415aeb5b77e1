/** `nimify analyze`: what is known of a model without data. */
import { requireTargets } from '../analysis/compatibility/registry.ts';
import { readDeep } from '../analysis/deep/deep.ts';
import { deepFindings } from '../analysis/deep/findings.ts';
import type { Analysis } from '../analysis/facts.ts';
import { pictureOf } from '../analysis/picture.ts';
import { distinct, type Finding } from '../base/findings.ts';
import { withWorkspace } from '../base/workspace.ts';
import { guarded, tryToLoad } from './guard.ts';
import { type KnownModel, MODEL_STEPS, readModel } from './model.ts';
import type { AnalyzeOutcome, AnalyzeRequest, PipelineDeps } from './requests.ts';
import { Steps } from './steps.ts';

const DEFAULT_TARGETS = ['cpu', 'triton'];
const LOAD_STEP = { id: 'load', title: 'Load in a guarded process' } as const;
const DEEP_STEP = { id: 'deep', title: 'Read the weights' } as const;

/** @throws NimifyError USAGE for an unknown target, and those of the sources and onnx rooms */
export async function analyze(request: AnalyzeRequest, deps: PipelineDeps): Promise<AnalyzeOutcome> {
  const targets = requireTargets(request.targets ?? DEFAULT_TARGETS);
  const isGuarded = deps.config.runtime.untrusted;
  const steps = new Steps(deps, [
    ...MODEL_STEPS,
    ...(isGuarded ? [LOAD_STEP] : []),
    ...(request.isDeep ? [DEEP_STEP] : []),
  ]);
  return withWorkspace(async (folder) => {
    const options = { needsDigest: request.isDeep ?? false, bind: request.bind ?? {} };
    const known = await readModel(request.model, steps, deps, folder, options);
    const tried = await loaded(known, steps, deps);
    const analysis = request.isDeep ? await deepened(known, steps, deps) : known.analysis;
    const chosen = analysis.compatibility.filter(({ target }) => targets.includes(target));
    const findings = distinct([...analysis.findings, ...tried, ...chosen.flatMap((entry) => entry.findings)]);
    return { result: analysis, findings, picture: request.needsPicture ? pictureOf(known.model, analysis) : null };
  });
}

/** Only of models that are not the user's own: those are loaded when they are used. */
async function loaded({ local, model }: KnownModel, steps: Steps, deps: PipelineDeps): Promise<Finding[]> {
  const own = guarded(deps, local.kind);
  return own.openSession === undefined
    ? []
    : steps.run(
        LOAD_STEP.id,
        () => tryToLoad(model.path, own),
        (found) => (found.length === 0 ? 'it loads' : 'it does not load'),
      );
}

async function deepened({ model, analysis }: KnownModel, steps: Steps, { signal }: PipelineDeps): Promise<Analysis> {
  const deep = await steps.run(
    DEEP_STEP.id,
    (report) => readDeep(model.proto, { signal, report }),
    ({ tensors }) => `${tensors.length} tensors`,
  );
  return { ...analysis, deep, findings: [...analysis.findings, ...deepFindings(deep)] };
}
