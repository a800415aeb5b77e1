/** client/: clients of this very model in TypeScript and Python, without dependencies. */
import type { Artifact } from '../artifact.ts';
import { CLIENT_PY, CLIENT_TS } from '../layout.ts';
import { Problems } from '../problems.ts';
import { exampleSequence } from '../served-tensors.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { renderTemplate } from '../templates.ts';
import { checkCode, codeData } from '../tensor-table.ts';
import { checkInterface, memberTypes } from './interfaces.ts';

export const artifact: Artifact = {
  async generate(facts) {
    const data = templateData(facts);
    return [
      { path: CLIENT_PY, content: renderTemplate('client/client.py', data) },
      { path: CLIENT_TS, content: renderTemplate('client/client.ts', data) },
    ];
  },

  async check(files, facts) {
    const problems = new Problems('client', files);
    for (const file of [CLIENT_PY, CLIENT_TS]) {
      const text = problems.read(file);
      if (text === undefined) continue;
      checkCode(file, text, facts, problems);
      if (file !== CLIENT_TS) continue;
      checkInterface(file, text, facts, 'inputs', problems);
      checkInterface(file, text, facts, 'outputs', problems);
    }
    return problems.findings;
  },
};

function templateData(facts: ServiceFacts): Record<string, unknown> {
  return {
    ...codeData(facts),
    exampleParameters: parametersText(facts, 'true'),
    examplePythonParameters: parametersText(facts, 'True'),
    inputTypes: memberTypes(facts, 'inputs'),
    outputTypes: memberTypes(facts, 'outputs'),
  };
}

/** @param yes the literal of the language */
function parametersText(facts: ServiceFacts, yes: string): string {
  const entries = Object.entries(exampleSequence(facts) ?? {});
  const text = entries.map(([key, value]) => `"${key}": ${value === true ? yes : value}`).join(', ');
  return entries.length === 0 ? '{}' : `{ ${text} }`;
}
