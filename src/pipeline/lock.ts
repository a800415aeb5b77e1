/**
 * `nimify.lock`: the digests of what nimify wrote into a service folder, so that an edited file is known as one. What
 * the artifacts were made from is in service.json, and its digest is here too.
 */
import { z } from 'zod';
import type { ArtifactFile } from './service.ts';

export const LOCK_FILE = 'nimify.lock';

export const lockSchema = z.object({
  schemaVersion: z.literal(1),
  /** SHA-256 of service.json. */
  service: z.string(),
  /** Relative path → artifact id and SHA-256, sorted by path. */
  artifacts: z.record(z.string(), z.object({ artifact: z.string(), sha256: z.string() })),
});

export type Lock = Readonly<z.infer<typeof lockSchema>>;

export function makeLock(serviceSha256: string, files: readonly ArtifactFile[]): Lock {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const artifacts = Object.fromEntries(sorted.map(({ path, artifact, sha256 }) => [path, { artifact, sha256 }]));
  return { schemaVersion: 1, service: serviceSha256, artifacts };
}
