/**
 * `nimify generate`: the artifacts of a service folder made again, from the facts in service.json and the settings that
 * are given now. Only files that change are written.
 */
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ServiceFacts } from '../artifacts/service-facts.ts';
import { sha256 } from '../base/digest.ts';
import { type Finding, finding } from '../base/findings.ts';
import { packageVersion } from '../base/version.ts';
import { writeFileAtomic } from '../base/write-files.ts';
import type { Config } from '../config/schema.ts';
import { keptFiles, withEdited } from './edited-files.ts';
import type { GenerateRequest, GenerateResult, Outcome, PipelineDeps } from './requests.ts';
import { estimatedMemoryMiB, generateArtifacts, serviceDocuments } from './service.ts';
import { readServiceFolder, type ServiceFolder } from './service-folder.ts';
import { Steps } from './steps.ts';

interface Change {
  readonly path: string;
  /** Null: the file goes. */
  readonly content: string | Uint8Array | null;
}

/** @throws NimifyError FILE_NOT_FOUND, SERVICE_INVALID, FILE_UNWRITABLE */
export async function generate(request: GenerateRequest, deps: PipelineDeps): Promise<Outcome<GenerateResult>> {
  const folder = resolve(request.folder);
  const steps = new Steps(deps, [
    { id: 'read', title: 'Read the service folder' },
    { id: 'generate', title: 'Generate artifacts' },
    { id: 'write', title: 'Write what changed' },
  ]);
  const old = await steps.run('read', () => readServiceFolder(folder));
  const facts = refreshed(old.manifest.facts, deps.config);
  const planned = await steps.run('generate', () => generateArtifacts(facts));
  const kept = request.isOverwriting ? { edited: new Map(), foreign: new Map() } : keptFiles(old, planned);
  const { files, findings } = withEdited(planned, kept);
  const documents = serviceDocuments(facts, old.manifest.recipe, planned);
  const obsolete = obsoleteFiles(old, new Set(planned.map(({ path }) => path)), kept.edited);
  const changes = [...changed(files, old), ...obsolete.changes, ...changed(documents, old)];
  if (request.isDryRun) steps.skip('write', 'dry run: nothing is written');
  else
    await steps.run(
      'write',
      () => apply(changes, folder, deps.signal),
      () => `${changes.length} files`,
    );
  return {
    result: {
      service: { name: facts.name, path: folder },
      written: changes.filter(({ content }) => content !== null).map(({ path }) => path),
      removed: changes.filter(({ content }) => content === null).map(({ path }) => path),
      kept: [...findings, ...obsolete.findings].map(({ where }) => where as string),
      unchanged: planned.length - files.filter((file) => changes.some(({ path }) => path === file.path)).length,
      isDryRun: request.isDryRun,
    },
    findings: [...findings, ...obsolete.findings],
  };
}

/** The facts of the folder with the settings that a file, a variable or a flag gives; defaults change nothing. */
export function refreshed(facts: ServiceFacts, config: Config): ServiceFacts {
  const given = <T extends object>(section: 'service' | 'slo', values: T): Partial<T> =>
    Object.fromEntries(
      Object.entries(values).filter(
        ([key, value]) => config.given.includes(`${section}.${key}` as never) && value !== undefined,
      ),
    ) as Partial<T>;
  const { memoryMiB, ...service } = given('service', config.service);
  const next: ServiceFacts = {
    ...facts,
    nimifyVersion: packageVersion(),
    serving: { ...facts.serving, ...service },
    slo: { ...facts.slo, ...given('slo', config.slo) },
  };
  const isEstimated = facts.serving.memoryMiB === estimatedMemoryMiB(facts);
  const memory = memoryMiB ?? (isEstimated ? estimatedMemoryMiB(next) : facts.serving.memoryMiB);
  return { ...next, serving: { ...next.serving, memoryMiB: memory } };
}

function changed(files: readonly Change[], { digests }: ServiceFolder): Change[] {
  return files.filter(({ path, content }) => content !== null && digests.get(path) !== sha256(content));
}

/** Files that were written once and are no longer made: gone, unless somebody edited them. */
function obsoleteFiles(
  { lock, digests }: ServiceFolder,
  made: ReadonlySet<string>,
  edited: ReadonlyMap<string, string>,
): { readonly changes: readonly Change[]; readonly findings: readonly Finding[] } {
  const gone = Object.entries(lock?.artifacts ?? {}).filter(([path]) => digests.has(path) && !made.has(path));
  return {
    changes: gone.filter(([path]) => !edited.has(path)).map(([path]) => ({ path, content: null })),
    findings: gone
      .filter(([path]) => edited.has(path))
      .map(([path, { artifact }]) => finding('ARTIFACT_KEPT', { artifact, file: path }, path)),
  };
}

/** Each file whole or not at all; the lock comes last, so an interrupted run is seen and can be run again. */
async function apply(changes: readonly Change[], folder: string, signal: AbortSignal): Promise<void> {
  for (const { path, content } of changes) {
    signal.throwIfAborted();
    const target = join(folder, ...path.split('/'));
    if (content === null) {
      await rm(target, { force: true });
      continue;
    }
    await mkdir(dirname(target), { recursive: true });
    await writeFileAtomic(target, content, { force: true });
  }
}
