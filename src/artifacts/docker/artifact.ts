/** Dockerfile and .dockerignore: the model baked into an image that runs as nobody special. */
import type { Artifact } from '../artifact.ts';
import { startupSeconds } from '../capacity.ts';
import { baseImage, healthCommand } from '../images.ts';
import { DOCKERFILE, DOCKERIGNORE, imageTag } from '../layout.ts';
import { Problems } from '../problems.ts';
import { SERVER_PROGRAM, serverFlags } from '../server-flags.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { renderTemplate } from '../templates.ts';
import { checkDockerfile, checkDockerignore } from './check-dockerfile.ts';

export const artifact: Artifact = {
  async generate(facts) {
    return [
      { path: DOCKERIGNORE, content: '*\n!models\n' },
      { path: DOCKERFILE, content: renderTemplate('docker/Dockerfile', templateData(facts)) },
    ];
  },

  async check(files, facts) {
    const problems = new Problems('docker', files);
    const dockerfile = problems.read(DOCKERFILE);
    if (dockerfile !== undefined) checkDockerfile(dockerfile, files, facts, problems);
    const ignore = problems.read(DOCKERIGNORE);
    if (ignore !== undefined) checkDockerignore(ignore, problems);
    return problems.findings;
  },
};

function templateData(facts: ServiceFacts): Record<string, unknown> {
  const { httpPort, grpcPort, metricsPort, tritonTag } = facts.serving;
  return {
    name: facts.name,
    image: `${facts.name}:${imageTag(facts)}`,
    version: imageTag(facts),
    baseImage: baseImage(tritonTag),
    precision: facts.model.precision,
    method: facts.model.method,
    modelSha256: facts.model.sha256,
    sourceSha256: facts.sourceSha256,
    nimifyVersion: facts.nimifyVersion,
    ports: [httpPort, grpcPort, metricsPort],
    startupSeconds: startupSeconds(facts),
    healthCommand: JSON.stringify(healthCommand(httpPort)),
    command: [SERVER_PROGRAM, ...serverFlags(facts)].map((word) => `    ${JSON.stringify(word)}`).join(', \\\n'),
  };
}
