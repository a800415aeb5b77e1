/** The service as it will be: facts, artifacts and manifest in memory, before anything is written. */
import type { ServiceFacts } from '../artifacts/service-facts.ts';
import type { Finding } from '../base/findings.ts';
import type { GeneratedFile } from '../base/write-files.ts';
import type { Choice } from '../evaluation/choose.ts';
import type { MadeCandidate } from './candidates.ts';
import type { RunnableModel } from './model.ts';
import { preprocessingOf } from './preprocessing.ts';
import type { Objective, PipelineDeps, SizingResult } from './requests.ts';
import { type ServedModel, servedModel } from './served.ts';
import { type ArtifactFile, generateArtifacts, serviceDocuments, serviceFacts } from './service.ts';
import type { SizedService } from './sizing/size-service.ts';

export interface DecidedService {
  readonly name: string;
  readonly folder: string;
  readonly known: RunnableModel;
  readonly served: ServedModel;
  readonly facts: ServiceFacts;
  readonly made: readonly MadeCandidate[];
  readonly choice: Pick<Choice, 'chosen' | 'reason'>;
  readonly sizing: SizingResult | null;
  readonly findings: readonly Finding[];
}

/** Everything that will be written, in memory; the model itself stays in its file. */
export interface PlannedService extends DecidedService {
  readonly files: readonly ArtifactFile[];
  /** service.json and nimify.lock. */
  readonly documents: readonly GeneratedFile[];
}

/** Sets the service up by what it measures. */
export type SizeService = (facts: ServiceFacts, modelPath: string) => Promise<SizedService>;

type Decided = Pick<DecidedService, 'name' | 'folder' | 'known' | 'made' | 'choice'>;

/** What is served, and how; without `size` by the settings alone. */
export async function decideService(
  decided: Decided,
  objective: Objective,
  deps: PipelineDeps,
  size?: SizeService,
): Promise<DecidedService> {
  const served = await servedModel(decided.known, decided.made, decided.choice.chosen, deps);
  const facts = await serviceFacts({ name: decided.name, ...served }, deps.config, deps.signal);
  const preprocessing = preprocessingOf(decided.known.model.path, served.inputs, deps.config);
  const wanted = { ...facts, preprocessing, slo: { ...facts.slo, ...objective } };
  if (size === undefined) return { ...decided, served, facts: wanted, sizing: null, findings: [] };
  const { facts: sized, result, findings } = await size(wanted, served.model.path);
  return { ...decided, served, facts: sized, sizing: result, findings };
}

export async function planService(decided: DecidedService): Promise<PlannedService> {
  const { facts, served } = decided;
  const files = await generateArtifacts(facts);
  return { ...decided, files, documents: serviceDocuments(facts, served.recipe, files) };
}
