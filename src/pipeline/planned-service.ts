/** The service as it will be: facts, artifacts and manifest in memory, before anything is written. */
import type { ServiceFacts } from '../artifacts/service-facts.ts';
import type { GeneratedFile } from '../base/write-files.ts';
import type { Choice } from '../evaluation/choose.ts';
import type { MadeCandidate } from './candidates.ts';
import type { RunnableModel } from './model.ts';
import type { PipelineDeps } from './requests.ts';
import { type ServedModel, servedModel } from './served.ts';
import { type ArtifactFile, generateArtifacts, serviceDocuments, serviceFacts } from './service.ts';

/** Everything that will be written, in memory; the model itself stays in its file. */
export interface PlannedService {
  readonly name: string;
  readonly folder: string;
  readonly known: RunnableModel;
  readonly served: ServedModel;
  readonly facts: ServiceFacts;
  readonly files: readonly ArtifactFile[];
  /** service.json and nimify.lock. */
  readonly documents: readonly GeneratedFile[];
  readonly made: readonly MadeCandidate[];
  readonly choice: Pick<Choice, 'chosen' | 'reason'>;
}

type Decided = Pick<PlannedService, 'name' | 'folder' | 'known' | 'made' | 'choice'>;

export async function planService(decided: Decided, deps: PipelineDeps): Promise<PlannedService> {
  const served = await servedModel(decided.known, decided.made, decided.choice.chosen, deps);
  const facts = await serviceFacts({ name: decided.name, ...served }, deps.config, deps.signal);
  const files = await generateArtifacts(facts);
  return { ...decided, served, facts, files, documents: serviceDocuments(facts, served.recipe, files) };
}
