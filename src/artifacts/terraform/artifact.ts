/** terraform/: a module that installs the chart beside it. */
import type { Artifact } from '../artifact.ts';
import { releaseName } from '../kubernetes.ts';
import { imageTag } from '../layout.ts';
import { Problems } from '../problems.ts';
import { rolloutSeconds, startupBudgetSeconds } from '../rollout.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { renderTemplate } from '../templates.ts';
import { checkModule } from './check-module.ts';

const TERRAFORM_FILES = ['main.tf', 'outputs.tf', 'variables.tf', 'versions.tf'] as const;

export const artifact: Artifact = {
  async generate(facts) {
    return TERRAFORM_FILES.map((name) => ({
      path: `terraform/${name}`,
      content: renderTemplate(`terraform/${name}`, templateData(facts)),
    }));
  },

  async check(files, facts) {
    const problems = new Problems('terraform', files);
    checkModule(files, facts, problems);
    return problems.findings;
  },
};

/** A service name is a DNS label: nothing in it means anything to HCL. */
function templateData(facts: ServiceFacts): Record<string, unknown> {
  const { name, serving } = facts;
  return {
    name,
    comment: name,
    namespace: JSON.stringify(name),
    release: JSON.stringify(releaseName(facts)),
    tag: JSON.stringify(imageTag(facts)),
    replicas: serving.replicas,
    timeoutSeconds: rolloutSeconds(facts),
    startupSeconds: startupBudgetSeconds(facts),
    httpPort: serving.httpPort,
  };
}
