/** compose.yaml: the server with Prometheus and Grafana on one machine. */
import type { Artifact } from '../artifact.ts';
import { COMPOSE_FILE } from '../layout.ts';
import { printYaml } from '../print.ts';
import { Problems } from '../problems.ts';
import { checkCompose } from './check-compose.ts';
import { composeServices } from './services.ts';

export const artifact: Artifact = {
  async generate(facts) {
    const content = {
      services: composeServices(facts),
      volumes: { 'prometheus-data': {}, 'grafana-data': {} },
    };
    return [{ path: COMPOSE_FILE, content: printYaml(content, COMMENT) }];
  },

  async check(files, facts) {
    const problems = new Problems('compose', files);
    const content = problems.readYaml(COMPOSE_FILE);
    if (content !== undefined) checkCompose(content, files, facts, problems);
    return problems.findings;
  },
};

// No `version` and no `name` at the top: old and new versions of compose disagree about both.
const COMMENT = `Start with: docker compose up --build --detach --wait
Ports are published on this machine only; Triton has no authentication of its own.`;
