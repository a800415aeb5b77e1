/** models/<name>/: how Triton serves the model, on the machine of the service and, by name, on the other kind. */
import type { Artifact, ServiceFiles } from '../artifact.ts';
import { alternativeConfigFile, configFile } from '../layout.ts';
import { Problems } from '../problems.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { checkConfig, checkModel } from './check-config.ts';
import { checkEnsemble } from './check-ensemble.ts';
import { onDevice, printConfig } from './config.ts';
import { companionConfigs, companionFiles } from './ensemble.ts';
import type { ReadConfig } from './read-config.ts';
import { readReported } from './read-reported.ts';

export const artifact: Artifact = {
  async generate(facts) {
    const own = configs(facts).map(({ file, facts: at }) => ({ path: file, content: printConfig(at) }));
    return [...own, ...companionFiles(facts)].sort((a, b) => (a.path < b.path ? -1 : 1));
  },

  async check(files, facts) {
    const problems = new Problems('triton', files);
    checkModel(facts, problems);
    const reads = new Map<string, ReadConfig | undefined>();
    for (const { file, facts: own } of [...configs(facts), ...companionConfigs(facts)]) {
      const text = problems.read(file);
      // The ensemble is checked with its members below.
      if (own === null || text === undefined) continue;
      const read = readReported(text, file, problems);
      reads.set(file, read);
      if (read?.problems.length === 0) checkConfig({ ...read, facts: own, file, problems });
    }
    checkEnsembles(files, configFile(facts), reads, problems);
    return problems.findings;
  },
};

/** Sorted by path; each with the facts that hold where it is used. */
function configs(facts: ServiceFacts): { readonly file: string; readonly facts: ServiceFacts }[] {
  return [
    { file: configFile(facts), facts },
    { file: alternativeConfigFile(facts, 'cpu'), facts: onDevice(facts, 'cpu') },
    { file: alternativeConfigFile(facts, 'gpu'), facts: onDevice(facts, 'gpu') },
  ];
}

/**
 * Ensembles that people put beside the model; other models beside it are theirs alone.
 * @param own config of the model
 * @param reads configs that were read and reported already
 */
function checkEnsembles(
  files: ServiceFiles,
  own: string,
  reads: ReadonlyMap<string, ReadConfig | undefined>,
  problems: Problems,
): void {
  const models = [...files].flatMap(([file, text]) => {
    const name = /^models\/([^/]+)\/config\.pbtxt$/.exec(file)?.[1];
    if (name === undefined) return [];
    return [{ name, file, read: reads.has(file) ? reads.get(file) : readReported(text, file, problems) }];
  });
  const members = new Map(models.map(({ name, read }) => [name, read?.config ?? null]));
  for (const { name, file, read } of models) {
    if (read === undefined || read.problems.length > 0 || file === own) continue;
    if (read.config.platform !== 'ensemble' && read.config.ensemble_scheduling === undefined) continue;
    checkEnsemble({ ...read, name, file, problems, members });
  }
}
