/** What people changed in a service folder stays theirs when it is generated again. */
import { sha256 } from '../base/digest.ts';
import { type Finding, finding } from '../base/findings.ts';
import { LOCK_FILE } from './lock.ts';
import { type ArtifactFile, MANIFEST, REPORT } from './service.ts';
import type { ServiceFolder } from './service-folder.ts';

const OWN = new Set([MANIFEST, LOCK_FILE, REPORT]);

export interface KeptFiles {
  /** Path → text of files that differ from what nimify wrote. */
  readonly edited: ReadonlyMap<string, string>;
  /** Path → text of files that nimify never wrote. */
  readonly foreign: ReadonlyMap<string, string>;
}

/** Without a lock nothing is known of any file: all that is there counts as edited. */
export function keptFiles({ lock, files, digests }: ServiceFolder, planned: readonly ArtifactFile[]): KeptFiles {
  const made = new Set(planned.map(({ path }) => path));
  const edited = new Map<string, string>();
  const foreign = new Map<string, string>();
  for (const [path, text] of files) {
    if (OWN.has(path)) continue;
    const locked = lock?.artifacts[path];
    if (locked === undefined && !made.has(path)) foreign.set(path, text);
    else if (locked === undefined || digests.get(path) !== locked.sha256) edited.set(path, text);
  }
  return { edited, foreign };
}

/** The files as they are written: an edited one in the place of the generated one, unless both say the same. */
export function withEdited(
  planned: readonly ArtifactFile[],
  { edited }: KeptFiles,
): { readonly files: readonly ArtifactFile[]; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const files = planned.map((file): ArtifactFile => {
    const content = edited.get(file.path);
    const digest = content === undefined ? file.sha256 : sha256(content);
    if (content === undefined || digest === file.sha256) return file;
    findings.push(finding('ARTIFACT_KEPT', { artifact: file.artifact, file: file.path }, file.path));
    return { ...file, content, sha256: digest, sizeBytes: Buffer.byteLength(content) };
  });
  return { files, findings };
}
