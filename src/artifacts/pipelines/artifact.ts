/** ci/: pipelines that validate, build and deploy the service. */
import type { Artifact } from '../artifact.ts';
import { printYaml } from '../print.ts';
import { Problems } from '../problems.ts';
import { YamlFile } from '../yaml-file.ts';
import { checkPipeline } from './check-pipeline.ts';
import { githubWorkflow } from './github.ts';
import { gitlabPipeline } from './gitlab.ts';

const FILES = { github: 'ci/github-actions.yaml', gitlab: 'ci/gitlab-ci.yml' } as const;

export const artifact: Artifact = {
  async generate(facts) {
    return [
      { path: FILES.github, content: printYaml(githubWorkflow(facts), GITHUB_COMMENT) },
      { path: FILES.gitlab, content: printYaml(gitlabPipeline(facts), GITLAB_COMMENT) },
    ];
  },

  async check(files, facts) {
    const problems = new Problems('pipelines', files);
    for (const path of Object.values(FILES)) {
      const file = YamlFile.read(path, problems);
      if (file !== undefined) checkPipeline(file, files, facts);
    }
    return problems.findings;
  },
};

const GITHUB_COMMENT = `Copy to .github/workflows/ of the repository that holds the service folder, and set SERVICE to that folder.
Needs an environment "production" with the secret KUBECONFIG.`;

const GITLAB_COMMENT = `Copy to .gitlab-ci.yml of the repository that holds the service folder, and set SERVICE to that folder.
Needs the variable KUBECONFIG of type "File".`;
