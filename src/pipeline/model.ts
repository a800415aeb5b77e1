/** The way from a reference that the user typed to an opened, analyzed model. */
import { resolve } from 'node:path';
import { analyzeModel, requireSupported } from '../analysis/analyze.ts';
import type { Analysis } from '../analysis/facts.ts';
import { NimifyError } from '../base/errors.ts';
import type { Finding } from '../base/findings.ts';
import { formatBytes, formatCount } from '../base/units.ts';
import type { Bindings } from '../onnx/bindings.ts';
import type { ExternalDataPolicy } from '../onnx/external-data.ts';
import type { OnnxModel } from '../onnx/open.ts';
import { resolveSource } from '../sources/registry.ts';
import type { LocalModel } from '../sources/source.ts';
import { guarded, sessionsOf } from './guard.ts';
import { openAllowed } from './private-copy.ts';
import type { PipelineDeps } from './requests.ts';
import type { Steps } from './steps.ts';

/** Name of the model file in a service, as Triton expects it. */
export const MODEL_FILE = 'model.onnx';

export interface KnownModel {
  readonly local: LocalModel;
  /** Its path is that of a copy where links were let pass. */
  readonly model: OnnxModel;
  readonly analysis: Analysis;
}

/** A model that is going to be run, made into others and recorded. */
export interface RunnableModel extends KnownModel {
  /** Of the .onnx file. */
  readonly sha256: string;
}

/** Up to here a digest costs less than a tenth of a second; beyond, `analyze` would spend its time on weights. */
export const SMALL_FILE_BYTES = 64 << 20;

interface ReadOptions {
  /** Read the whole file for its digest, however large it is. */
  readonly needsDigest?: boolean;
  /** Sizes for dynamic dimensions. */
  readonly bind?: Bindings;
}

export const MODEL_STEPS = [
  { id: 'resolve', title: 'Find the model' },
  { id: 'analyze', title: 'Analyze' },
] as const;

/**
 * Resolves, opens and analyzes.
 * @throws NimifyError of the sources and onnx rooms
 */
export async function readModel(
  reference: string,
  steps: Steps,
  deps: PipelineDeps,
  temporaryFolder: string,
  options: ReadOptions = {},
): Promise<KnownModel> {
  const local = await resolveModel(reference, steps, deps);
  return analyzeLocal(local, steps, deps, { ...options, temporaryFolder });
}

export function resolveModel(reference: string, steps: Steps, deps: PipelineDeps): Promise<LocalModel> {
  return steps.run(
    'resolve',
    () => resolveSource(reference, { cwd: process.cwd(), signal: deps.signal }),
    (found) => `${found.kind}, ${formatBytes(found.sizeBytes)}`,
  );
}

interface LocalOptions extends ReadOptions {
  readonly temporaryFolder: string;
  /** What of its data files the user lets pass. */
  readonly policy?: ExternalDataPolicy;
}

function analyzeLocal(local: LocalModel, steps: Steps, deps: PipelineDeps, options: LocalOptions): Promise<KnownModel> {
  const { temporaryFolder, needsDigest = false, bind = {}, policy = {} } = options;
  return steps.run(
    'analyze',
    async () => {
      const model = await openAllowed(local.path, policy, temporaryFolder);
      const sha256 = needsDigest || local.sizeBytes <= SMALL_FILE_BYTES ? await local.digest() : null;
      const plan = deps.config.service;
      const common = { signal: deps.signal, temporaryFolder, ...sessionsOf(guarded(deps, local.kind)) };
      const analysis = await analyzeModel(model, { ...common, sha256, plan, bind });
      // A private copy is nobody's business.
      return { local, model, analysis: { ...analysis, model: { ...analysis.model, path: local.path } } };
    },
    ({ analysis }) => `${analysis.nodeCount} nodes, ${formatCount(analysis.parameterCount)} parameters`,
  );
}

/** What the analysis found, without the advice to give data: commands that have read samples have followed it. */
export function findingsWithData({ analysis }: KnownModel): Finding[] {
  return analysis.findings.filter(({ code }) => code !== 'DYNAMIC_SHAPE');
}

/** The same for models that are to be run: operators that ONNX Runtime does not have are an error here. */
export async function readRunnableModel(
  reference: string,
  steps: Steps,
  deps: PipelineDeps,
  temporaryFolder: string,
): Promise<RunnableModel> {
  return analyzeRunnable(await resolveModel(reference, steps, deps), steps, deps, temporaryFolder);
}

/** @param policy what of its data files the user lets pass */
export async function analyzeRunnable(
  local: LocalModel,
  steps: Steps,
  deps: PipelineDeps,
  temporaryFolder: string,
  policy: ExternalDataPolicy = {},
): Promise<RunnableModel> {
  const known = await analyzeLocal(local, steps, deps, { temporaryFolder, needsDigest: true, policy });
  requireSupported(known.analysis);
  requireNameForModel(known);
  return { ...known, sha256: await known.local.digest() };
}

/** A service holds its model under one name; a data file of the same name would be overwritten by it. */
function requireNameForModel({ model, local }: KnownModel): void {
  if (!model.externalFiles.some((file) => file.location === MODEL_FILE)) return;
  throw new NimifyError(
    'MODEL_NOT_SERVABLE',
    `${local.path} keeps its weights in a file that is called ${MODEL_FILE}.`,
    {
      hint: `A service gives that name to the model itself; save the weights under another name, such as weights.bin.`,
      details: { path: local.path },
    },
  );
}

/**
 * What may not be overwritten by the output: the weights are still ranges of these files when it appears. Where the model
 * itself is replaced, all of it is, and stays as it was until then.
 */
export function neededFiles(input: OnnxModel, output: string): string[] {
  return resolve(output) === input.path ? [] : filesOf(input);
}

/** The .onnx file and its data files. */
export function filesOf({ path, externalFiles }: OnnxModel): string[] {
  return [path, ...externalFiles.map((file) => file.path)];
}
