/** models/<name>/: how Triton serves the model, on the machine of the service and, by name, on the other kind. */
import type { Artifact } from '../artifact.ts';
import { alternativeConfigFile, configFile } from '../layout.ts';
import { Problems } from '../problems.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { checkConfig, checkModel } from './check-config.ts';
import { onDevice, printConfig } from './config.ts';
import { readConfig, TextFormatError } from './read-config.ts';

export const artifact: Artifact = {
  async generate(facts) {
    return configs(facts).map(({ file, facts: own }) => ({ path: file, content: printConfig(own) }));
  },

  async check(files, facts) {
    const problems = new Problems('triton', files);
    checkModel(facts, problems);
    for (const { file, facts: own } of configs(facts)) checkFile(file, own, problems);
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

function checkFile(file: string, facts: ServiceFacts, problems: Problems): void {
  const text = problems.read(file);
  if (text === undefined) return;
  try {
    const { config, problems: found, lineOf } = readConfig(text);
    for (const { message, line } of found) problems.invalid(file, message, line);
    if (found.length === 0) checkConfig({ config, facts, file, problems, lineOf });
  } catch (error) {
    if (!(error instanceof TextFormatError)) throw error;
    problems.invalid(file, error.message, error.line);
  }
}
