/** models/<name>/config.pbtxt: how Triton serves the model. */
import type { Artifact } from '../artifact.ts';
import { configFile } from '../layout.ts';
import { Problems } from '../problems.ts';
import { checkConfig, checkModel } from './check-config.ts';
import { printConfig } from './config.ts';
import { readConfig, TextFormatError } from './read-config.ts';

export const artifact: Artifact = {
  async generate(facts) {
    return [{ path: configFile(facts), content: printConfig(facts) }];
  },

  async check(files, facts) {
    const problems = new Problems('triton', files);
    const file = configFile(facts);
    checkModel(facts, problems);
    const text = problems.read(file);
    if (text === undefined) return problems.findings;
    try {
      const { config, problems: found } = readConfig(text);
      for (const { message, line } of found) problems.invalid(file, message, line);
      if (found.length === 0) checkConfig({ config, facts, file, problems });
    } catch (error) {
      if (!(error instanceof TextFormatError)) throw error;
      problems.invalid(file, error.message, error.line);
    }
    return problems.findings;
  },
};
