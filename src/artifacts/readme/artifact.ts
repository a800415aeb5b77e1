/** README.md: what the service is and the commands to run it, for the person who finds the folder. */
import type { Artifact } from '../artifact.ts';
import { README_FILE } from '../layout.ts';
import { Problems } from '../problems.ts';
import { renderTemplate } from '../templates.ts';
import { checkReadme } from './check-readme.ts';
import { readmeData } from './words.ts';

export const artifact: Artifact = {
  async generate(facts) {
    const text = renderTemplate('readme/README.md', readmeData(facts));
    return [{ path: README_FILE, content: text.replace(/\n{3,}/g, '\n\n') }];
  },

  async check(files, facts) {
    const problems = new Problems('readme', files);
    const text = problems.read(README_FILE);
    if (text !== undefined) checkReadme(text, files, facts, problems);
    return problems.findings;
  },
};
