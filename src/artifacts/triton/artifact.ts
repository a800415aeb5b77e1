/** models/<name>/: how Triton serves the model, on the machine of the service and, by name, on the other kind. */
import type { Artifact, ServiceFiles } from '../artifact.ts';
import { alternativeConfigFile, configFile } from '../layout.ts';
import { Problems } from '../problems.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { checkConfig, checkModel } from './check-config.ts';
import { checkEnsemble } from './check-ensemble.ts';
import { onDevice, printConfig } from './config.ts';
import { companionConfigs, companionFiles } from './ensemble.ts';
import { type ReadConfig, readConfig, TextFormatError } from './read-config.ts';

export const artifact: Artifact = {
  async generate(facts) {
    const own = configs(facts).map(({ file, facts: at }) => ({ path: file, content: printConfig(at) }));
    return [...own, ...companionFiles(facts)].sort((a, b) => (a.path < b.path ? -1 : 1));
  },

  async check(files, facts) {
    const problems = new Problems('triton', files);
    checkModel(facts, problems);
    for (const { file, facts: own } of [...configs(facts), ...companionConfigs(facts)]) {
      const text = problems.read(file);
      // The ensemble is checked with its members below.
      if (own === null) continue;
      const read = text === undefined ? undefined : readReported(text, file, problems);
      if (read?.problems.length === 0) checkConfig({ ...read, facts: own, file, problems });
    }
    checkEnsembles(files, facts, problems);
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

function readReported(text: string, file: string, problems: Problems): ReadConfig | undefined {
  try {
    const read = readConfig(text);
    for (const { message, line } of read.problems) problems.invalid(file, message, line);
    return read;
  } catch (error) {
    if (!(error instanceof TextFormatError)) throw error;
    problems.invalid(file, error.message, error.line);
    return undefined;
  }
}

/** Ensembles that people put beside the model; other models beside it are theirs alone. */
function checkEnsembles(files: ServiceFiles, facts: ServiceFacts, problems: Problems): void {
  const own = configFile(facts);
  const said = new Set([own, ...companionConfigs(facts).flatMap(({ file, facts: at }) => (at === null ? [] : [file]))]);
  const models = [...files].flatMap(([file, text]) => {
    const name = /^models\/([^/]+)\/config\.pbtxt$/.exec(file)?.[1];
    if (name === undefined) return [];
    // What is wrong with these has been said.
    const reported = said.has(file) ? new Problems('triton', files) : problems;
    return [{ name, file, read: readReported(text, file, reported) }];
  });
  const members = new Map(models.map(({ name, read }) => [name, read?.config ?? null]));
  for (const { name, file, read } of models) {
    if (read === undefined || read.problems.length > 0 || file === own) continue;
    if (read.config.platform !== 'ensemble' && read.config.ensemble_scheduling === undefined) continue;
    checkEnsemble({ ...read, name, file, problems, members });
  }
}
