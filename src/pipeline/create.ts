/** `nimify create`: from a model to a service folder that is proved, complete and recorded. */
import { join, resolve } from 'node:path';
import { distinct } from '../base/findings.ts';
import { checkServiceName } from '../base/service-name.ts';
import { withWorkspace } from '../base/workspace.ts';
import { checkTarget, exists, type GeneratedFile, produce, type ReplaceOptions } from '../base/write-files.ts';
import { totalBytes } from '../onnx/open.ts';
import type { SampleSet } from '../runtime/feeds.ts';
import { candidateSteps } from './candidates.ts';
import { describeData, prepareData } from './data.ts';
import { decide, methodsFor, requireDataFor } from './decision.ts';
import { keptFiles, withEdited } from './edited-files.ts';
import { analyzeRunnable, findingsWithData, MODEL_FILE, MODEL_STEPS, resolveModel } from './model.ts';
import { decideService, type PlannedService, planService, type SizeService } from './planned-service.ts';
import { measuring } from './provider.ts';
import { recordVersion } from './record.ts';
import type { CreateRequest, CreateResult, Outcome, PipelineDeps } from './requests.ts';
import { allowedRules, describeScreening, policyOf, screenModel } from './screen.ts';
import { SEARCH_STEP } from './search/run-search.ts';
import { MANIFEST, writeService } from './service.ts';
import { readServiceFolder, type ServiceFolder } from './service-folder.ts';
import { Steps } from './steps.ts';
import { forTarget } from './target.ts';

/**
 * Writes the folder whole or not at all; it is recorded in the catalog before it appears under its name.
 * @throws NimifyError of every room it joins; see `nimify help errors`
 */
export async function create(request: CreateRequest, deps: PipelineDeps): Promise<Outcome<CreateResult>> {
  requireDataFor(request, deps);
  const entries = methodsFor(request, deps);
  const allowed = allowedRules(request.allow ?? []);
  const [resolveStep, ...analyzeSteps] = MODEL_STEPS;
  const steps = new Steps(deps, [
    resolveStep,
    { id: 'scan', title: 'Scan' },
    ...analyzeSteps,
    { id: 'data', title: 'Read samples' },
    ...(request.search === undefined ? candidateSteps(entries) : [SEARCH_STEP]),
    ...(request.requestsPerSecond === undefined ? [] : [{ id: 'size', title: 'Measure batches' }]),
    { id: 'generate', title: 'Generate artifacts' },
    { id: 'record', title: 'Write and record' },
  ]);
  return withWorkspace(async (folder) => {
    const local = await resolveModel(request.reference, steps, deps);
    const screened = await steps.run('scan', () => screenModel(local, allowed, deps), describeScreening);
    const own = forTarget(measuring(deps, local.kind));
    const known = await analyzeRunnable(local, steps, deps, folder, policyOf(allowed));
    const name = request.name ?? known.local.suggestedName;
    const target = resolve(request.output ?? name);
    checkServiceName(name);
    const replace = { force: request.force, marker: MANIFEST };
    const kept = request.force && !request.isOverwriting ? await filesToKeep(target) : undefined;
    if (!request.isDryRun) await checkTarget(target, replace);
    const data = await steps.run('data', () => prepareData(known.model.path, request.data, own, folder), describeData);
    const bench = { model: known.model, data, folder, fileName: MODEL_FILE, deps: own, steps };
    const { made, choice, findings: judgements } = await decide(entries, request, known, bench);
    const size = sizer(request.requestsPerSecond, data.evaluation, steps, own);
    const decided = { name, folder: target, known, made, choice };
    const service = await decideService(decided, request.objective ?? {}, own, size);
    const planned = await steps.run(
      'generate',
      () => planService(service),
      ({ files, served }) => `${files.length} files for ${served.method}`,
    );
    const { plan, foreign, findings: keptFindings } = carryOver(planned, kept);
    const findings = [
      screened,
      findingsWithData(known),
      data.findings,
      judgements,
      service.findings,
      keptFindings,
    ].flat();
    if (request.isDryRun) {
      steps.skip('record', 'dry run: nothing is written');
      return { result: toResult(plan, null), findings: distinct(findings) };
    }
    const versionId = await steps.run(
      'record',
      () => write(plan, foreign, replace, deps),
      (id) => id,
    );
    return { result: toResult(plan, versionId), findings: distinct(findings) };
  });
}

function sizer(
  requestsPerSecond: number | undefined,
  samples: SampleSet,
  steps: Steps,
  deps: PipelineDeps,
): SizeService | undefined {
  if (requestsPerSecond === undefined) return undefined;
  return async (facts, modelPath) => {
    const { sizeService } = await import('./sizing/size-service.ts');
    return steps.run(
      'size',
      () => sizeService(facts, modelPath, samples, requestsPerSecond, deps),
      ({ facts: sized }) => `batches of ${sized.serving.maxBatchSize}, ${sized.serving.replicas} replicas`,
    );
  };
}

/** What stands in the folder that is replaced; undefined where nothing of ours does. */
async function filesToKeep(target: string): Promise<ServiceFolder | undefined> {
  return (await exists(join(target, MANIFEST))) ? readServiceFolder(target) : undefined;
}

/** Edited files stay as they are, and files that nimify never wrote go along. */
function carryOver(plan: PlannedService, old: ServiceFolder | undefined) {
  if (old === undefined) return { plan, foreign: [], findings: [] };
  const kept = keptFiles(old, plan.files);
  const { files, findings } = withEdited(plan.files, kept);
  return {
    plan: { ...plan, files },
    foreign: [...kept.foreign].map(([path, content]) => ({ path, content })),
    findings,
  };
}

async function write(
  plan: PlannedService,
  foreign: readonly GeneratedFile[],
  replace: ReplaceOptions,
  deps: PipelineDeps,
): Promise<string> {
  const report = {
    candidates: plan.made.map((m) => m.candidate),
    chosen: plan.choice.chosen,
    reason: plan.choice.reason,
  };
  return produce(
    plan.folder,
    async (temporary) => {
      await writeService(temporary, plan.served.model, plan.name, report, [
        ...plan.files,
        ...plan.documents,
        ...foreign,
      ]);
      deps.signal.throwIfAborted();
      return recordVersion(plan, temporary, deps);
    },
    replace,
  );
}

function toResult(plan: PlannedService, versionId: string | null): CreateResult {
  return {
    service: { name: plan.name, path: plan.folder },
    artifacts: plan.files.map(({ artifact: id, path, sha256, sizeBytes }) => ({ id, path, sha256, sizeBytes })),
    candidates: [original(plan), ...plan.made.map((m) => m.candidate)],
    chosen: plan.choice.chosen,
    reason: plan.choice.reason,
    sizing: plan.sizing,
    versionId,
    isDryRun: versionId === null,
  };
}

function original({ known }: PlannedService): CreateResult['candidates'][number] {
  return {
    id: 'original',
    status: 'measured',
    sizeBytes: totalBytes(known.model),
    sha256: known.sha256,
    isWithinBudget: true,
  };
}
