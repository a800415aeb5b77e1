/** `nimify validate`: every artifact of a service folder against the model, the facts and the digests of its manifest. */
import { join } from 'node:path';
import { ARTIFACTS } from '../artifacts/registry.ts';
import { secretFindings } from '../artifacts/secrets.ts';
import type { ServiceFacts } from '../artifacts/service-facts.ts';
import { sha256File } from '../base/digest.ts';
import { NimifyError } from '../base/errors.ts';
import { distinct, type Finding, finding } from '../base/findings.ts';
import { LOCK_FILE } from './lock.ts';
import type { Outcome, PipelineDeps, ValidateResult } from './requests.ts';
import { modelFindings } from './served-check.ts';
import { MANIFEST, modelPath } from './service.ts';
import { readServiceFolder, type ServiceFolder } from './service-folder.ts';
import { Steps } from './steps.ts';

/** @throws NimifyError FILE_NOT_FOUND, SERVICE_INVALID; bad content is a finding and not an error */
export async function validate(
  request: { readonly folder: string },
  deps: PipelineDeps,
): Promise<Outcome<ValidateResult>> {
  const steps = new Steps(deps, [
    { id: 'read', title: 'Read the service folder' },
    { id: 'model', title: 'Check the model' },
    ...ARTIFACTS.map(({ id, title }) => ({ id: `check:${id}`, title: `Check ${title}` })),
  ]);
  const read = await steps.run(
    'read',
    () => readServiceFolder(request.folder),
    ({ files }) => `${files.size} files`,
  );
  const { manifest, files, lock } = read;
  const findings: Finding[] = [...changes(read), ...secretFindings(files)];
  findings.push(...(await steps.run('model', () => checkModel(request.folder, manifest.facts, deps))));
  const checked: ValidateResult['checked'][number][] = [];
  for (const entry of ARTIFACTS) {
    const own = Object.entries(lock?.artifacts ?? {}).filter(([, file]) => file.artifact === entry.id);
    const found = await steps.run(`check:${entry.id}`, async () => (await entry.load()).check(files, manifest.facts));
    findings.push(...found);
    checked.push({ artifact: entry.id, files: own.map(([path]) => path).filter((path) => read.digests.has(path)) });
  }
  return { result: { checked }, findings: distinct(findings) };
}

function changes({ lock, digests }: ServiceFolder): Finding[] {
  if (lock === undefined) return [finding('ARTIFACT_MISSING', { artifact: 'service', file: LOCK_FILE }, LOCK_FILE)];
  const edited = Object.entries(lock.artifacts).flatMap(([path, { artifact, sha256: expected }]) => {
    const digest = digests.get(path);
    if (digest === undefined) return [finding('ARTIFACT_MISSING', { artifact, file: path }, path)];
    return digest === expected ? [] : [finding('ARTIFACT_CHANGED', { artifact, file: path }, path)];
  });
  if (digests.get(MANIFEST) === lock.service) return edited;
  return [finding('ARTIFACT_CHANGED', { artifact: 'service', file: MANIFEST }, MANIFEST), ...edited];
}

async function checkModel(folder: string, facts: ServiceFacts, deps: PipelineDeps): Promise<Finding[]> {
  const path = join(folder, modelPath(facts.name));
  const digest = await sha256File(path, deps.signal).catch((error: unknown) => {
    if (error instanceof NimifyError) return undefined;
    throw error;
  });
  const where = modelPath(facts.name);
  if (digest === undefined) return [finding('ARTIFACT_MISSING', { artifact: 'model', file: where }, where)];
  const changed =
    digest === facts.model.sha256
      ? []
      : [finding('MODEL_CHANGED', { expected: facts.model.sha256, found: digest }, where)];
  return [...changed, ...(await modelFindings(path, where, facts, deps.signal))];
}
