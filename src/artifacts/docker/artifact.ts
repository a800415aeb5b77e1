/** Dockerfile and .dockerignore: the model baked into an image that runs as nobody special. */
import type { Artifact } from '../artifact.ts';
import { startupSeconds } from '../capacity.ts';
import { baseImage, healthCommand, NODE_IMAGE } from '../images.ts';
import { DOCKERFILE, DOCKERIGNORE, imageReference, imageTag, modelFolder } from '../layout.ts';
import { Problems } from '../problems.ts';
import { servedPorts, serverCommand } from '../server-flags.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { renderTemplate } from '../templates.ts';
import { companionFolders } from '../triton/ensemble.ts';
import { hasResponseCache } from '../triton/sequence.ts';
import { checkDockerfile, checkDockerignore } from './check-dockerfile.ts';

export const artifact: Artifact = {
  async generate(facts) {
    return [
      { path: DOCKERIGNORE, content: '*\n!models\n' },
      { path: DOCKERFILE, content: dockerfile(facts) },
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

/** Profile → template. */
const TEMPLATES = {
  standard: 'docker/Dockerfile',
  slim: 'docker/Dockerfile.slim',
  node: 'docker/Dockerfile.node',
} as const satisfies Record<ServiceFacts['serving']['imageProfile'], string>;

function dockerfile(facts: ServiceFacts): string {
  const data = templateData(facts);
  const ending = renderTemplate('docker/ending', data);
  return renderTemplate(TEMPLATES[facts.serving.imageProfile], { ...data, ending });
}

function templateData(facts: ServiceFacts): Record<string, unknown> {
  const { tritonTag } = facts.serving;
  return {
    image: imageReference(facts),
    baseImage: baseImage(tritonTag),
    nodeImage: NODE_IMAGE,
    nimifyVersion: facts.nimifyVersion,
    hasCache: hasResponseCache(facts),
    labels: labels(facts),
    copies: copies(facts),
    ports: servedPorts(facts),
    startupSeconds: startupSeconds(facts),
    healthCommand: JSON.stringify(healthCommand(facts)),
    command: serverCommand(facts)
      .map((word) => `    ${JSON.stringify(word)}`)
      .join(', \\\n'),
  };
}

/** OCI annotations, and what the catalog knows the model by. No date: equal input gives an equal image. */
function labels(facts: ServiceFacts): string {
  const { name, model, sourceSha256, nimifyVersion, serving } = facts;
  const isNode = serving.imageProfile === 'node';
  const server = isNode ? 'the embedded server of nimify' : 'Triton Inference Server';
  const entries = {
    'org.opencontainers.image.title': name,
    'org.opencontainers.image.description': `${name} (ONNX, ${model.precision}) on ${server}`,
    'org.opencontainers.image.version': imageTag(facts),
    'org.opencontainers.image.base.name': isNode ? '$' + '{NODE_IMAGE}' : '$' + '{TRITON_IMAGE}',
    'dev.nimify.version': nimifyVersion,
    'dev.nimify.model-sha256': model.sha256,
    'dev.nimify.source-sha256': sourceSha256,
    'dev.nimify.method': model.method,
  };
  const lines = Object.entries(entries).map(([key, value]) => `${key}="${value}"`);
  return `LABEL ${lines.join(' \\\n      ')}`;
}

/** The weights, then each folder and file of the repository that is small. */
function copies(facts: ServiceFacts): string {
  const folder = modelFolder(facts);
  const copy = (path: string) => `COPY --from=layout --chown=0:0 /${path} /${path}`;
  const own = [`${folder}/1/`, `${folder}/config.pbtxt`, `${folder}/configs/`];
  // The embedded server takes one model and no ensemble.
  const beside = facts.serving.imageProfile === 'node' ? [] : companionFolders(facts).map((name) => `models/${name}/`);
  return [...own, ...beside].map(copy).join('\n');
}
