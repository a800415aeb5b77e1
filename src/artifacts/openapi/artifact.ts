/** openapi.json: the V2 endpoints of this very model. */
import type { Artifact } from '../artifact.ts';
import { OPENAPI_FILE } from '../layout.ts';
import { printJson, sortKeys } from '../print.ts';
import { Problems } from '../problems.ts';
import { checkOpenApi, ReadDocument } from './check-openapi.ts';
import { openApiDocument } from './document.ts';

export const artifact: Artifact = {
  async generate(facts) {
    return [{ path: OPENAPI_FILE, content: printJson(sortKeys(openApiDocument(facts))) }];
  },

  async check(files, facts) {
    const problems = new Problems('openapi', files);
    const document = problems.readJson(OPENAPI_FILE);
    if (document === undefined) return problems.findings;
    checkOpenApi(new ReadDocument(document, files.get(OPENAPI_FILE) ?? ''), facts, problems);
    return problems.findings;
  },
};
