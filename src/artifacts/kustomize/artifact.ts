/** kustomize/: plain manifests for `kubectl apply -k`, with an overlay per environment. */
import type { Artifact } from '../artifact.ts';
import { checkPod } from '../check-pod.ts';
import { printYaml } from '../print.ts';
import { listAt, Problems } from '../problems.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { YamlFile } from '../yaml-file.ts';
import { baseManifests, KUSTOMIZE_FOLDER, overlays } from './manifests.ts';

export const artifact: Artifact = {
  async generate(facts) {
    return [...Object.entries(contents(facts))]
      .map(([path, content]) => ({ path: `${KUSTOMIZE_FOLDER}/${path}`, content: printYaml(content) }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  },

  async check(files, facts) {
    const problems = new Problems('kustomize', files);
    const read = new Map<string, YamlFile>();
    for (const path of Object.keys(contents(facts))) {
      const file = YamlFile.read(`${KUSTOMIZE_FOLDER}/${path}`, problems);
      if (file !== undefined) read.set(path, file);
    }
    const known = new Set([...files.keys()]);
    for (const [path, file] of read) if (path.endsWith('kustomization.yaml')) checkReferences(path, file, known);
    const deployment = read.get('base/deployment.yaml');
    if (deployment !== undefined) checkPod(deployment, ['spec', 'template', 'spec'], facts);
    const service = read.get('base/service.yaml');
    if (service !== undefined) checkService(service, facts);
    return problems.findings;
  },
};

function contents(facts: ServiceFacts): Record<string, unknown> {
  const manifests = baseManifests(facts);
  const resources = Object.keys(manifests).sort();
  const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources };
  const base = Object.entries(manifests).map(([name, manifest]) => [`base/${name}`, manifest] as const);
  return { 'base/kustomization.yaml': kustomization, ...Object.fromEntries(base), ...overlays(facts) };
}

/** What a kustomization names has to be there. */
function checkReferences(path: string, file: YamlFile, known: ReadonlySet<string>): void {
  const folder = `${KUSTOMIZE_FOLDER}/${path}`.split('/').slice(0, -1);
  for (const list of ['resources', 'components'] as const) {
    for (const [index, entry] of listAt(file.value, list).entries()) {
      const target = resolvePath(folder, String(entry));
      const isThere = known.has(target) || known.has(`${target}/kustomization.yaml`);
      if (!isThere) file.invalid([list, index], `names ${String(entry)}, which is not there`);
    }
  }
}

function resolvePath(folder: readonly string[], path: string): string {
  const parts = [...folder];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

function checkService(file: YamlFile, facts: ServiceFacts): void {
  const { httpPort, grpcPort, metricsPort } = facts.serving;
  for (const [index, port] of [httpPort, grpcPort, metricsPort].entries())
    file.expect(['spec', 'ports', index, 'port'], port);
  file.expect(['metadata', 'labels', 'nimify.dev/service'], facts.name);
}
