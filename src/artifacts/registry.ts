/** Every artifact of a service folder: one line here, one folder of the same name. The code loads on use. */
import type { Artifact, ArtifactEntry } from './artifact.ts';

const entry = (id: string, title: string, load: () => Promise<{ readonly artifact: Artifact }>): ArtifactEntry => ({
  id,
  title,
  load: async () => (await load()).artifact,
});

export const ARTIFACTS: readonly ArtifactEntry[] = [
  entry('triton', 'Triton configuration', () => import('./triton/artifact.ts')),
  entry('docker', 'Dockerfile', () => import('./docker/artifact.ts')),
  entry('compose', 'Compose file', () => import('./compose/artifact.ts')),
  entry('openapi', 'OpenAPI document', () => import('./openapi/artifact.ts')),
  entry('client', 'Clients in TypeScript and Python', () => import('./client/artifact.ts')),
  entry('load', 'Load scripts', () => import('./load/artifact.ts')),
  entry('helm', 'Helm chart', () => import('./helm/artifact.ts')),
  entry('kustomize', 'Kustomize manifests', () => import('./kustomize/artifact.ts')),
  entry('kserve', 'KServe manifest', () => import('./kserve/artifact.ts')),
  entry('terraform', 'Terraform module', () => import('./terraform/artifact.ts')),
  entry('pipelines', 'CI pipelines', () => import('./pipelines/artifact.ts')),
  entry('prometheus', 'Prometheus rules', () => import('./prometheus/artifact.ts')),
  entry('grafana', 'Grafana dashboard', () => import('./grafana/artifact.ts')),
  entry('readme', 'README of the service', () => import('./readme/artifact.ts')),
];

export function findArtifact(id: string): ArtifactEntry | undefined {
  return ARTIFACTS.find((artifact) => artifact.id === id);
}
