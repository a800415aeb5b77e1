/** `nimify validate`: every artifact of a service folder against the model, the facts and the digests of its manifest. */
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ARTIFACTS } from '../artifacts/registry.ts';
import { secretFindings } from '../artifacts/secrets.ts';
import type { ServiceFacts } from '../artifacts/service-facts.ts';
import { sha256, sha256File } from '../base/digest.ts';
import { isSystemError, NimifyError, readError } from '../base/errors.ts';
import { distinct, type Finding, finding } from '../base/findings.ts';
import { exists } from '../base/write-files.ts';
import type { Outcome, PipelineDeps, ValidateResult } from './requests.ts';
import { modelFindings } from './served-check.ts';
import { MANIFEST, type Manifest, manifestSchema, modelPath } from './service.ts';
import { Steps } from './steps.ts';

/** Larger files are not artifacts of ours. */
const MAX_ARTIFACT_BYTES = 8 << 20;

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
  const { manifest, files } = await steps.run(
    'read',
    () => readService(request.folder),
    (read) => `${read.files.size} files`,
  );
  const findings: Finding[] = [...changes(manifest, files), ...secretFindings(files)];
  findings.push(...(await steps.run('model', () => checkModel(request.folder, manifest.facts, deps))));
  const checked: ValidateResult['checked'][number][] = [];
  for (const entry of ARTIFACTS) {
    const own = Object.entries(manifest.artifacts).filter(([, file]) => file.artifact === entry.id);
    const found = await steps.run(`check:${entry.id}`, async () => (await entry.load()).check(files, manifest.facts));
    findings.push(...found);
    checked.push({ artifact: entry.id, files: own.map(([path]) => path).filter((path) => files.has(path)) });
  }
  return { result: { checked }, findings: distinct(findings) };
}

async function readService(folder: string): Promise<{ manifest: Manifest; files: Map<string, string> }> {
  const path = join(folder, MANIFEST);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const isThere = await exists(folder);
    if (!isThere || !isSystemError(error)) throw readError(error, isThere ? path : folder);
    throw invalid(folder, `it has no ${MANIFEST}`, error);
  }
  return { manifest: parseManifest(text, folder), files: await readTexts(folder) };
}

function parseManifest(text: string, folder: string): Manifest {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw invalid(folder, `${MANIFEST} is not JSON`, error);
  }
  const parsed = manifestSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(folder, `${MANIFEST}: ${issue?.path.join('.') || 'document'}: ${issue?.message}`, parsed.error);
}

/** Every text file of the folder but those of model versions, whose files are weights. */
async function readTexts(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const inside = relative(folder, path).replaceAll('\\', '/');
    if (!entry.isFile() || /^models\/[^/]+\/\d+\//.test(inside)) continue;
    if ((await lstat(path)).size > MAX_ARTIFACT_BYTES) continue;
    files.set(inside, await readFile(path, 'utf8'));
  }
  return files;
}

function changes(manifest: Manifest, files: ReadonlyMap<string, string>): Finding[] {
  return Object.entries(manifest.artifacts).flatMap(([path, { artifact, sha256: expected }]) => {
    const text = files.get(path);
    if (text === undefined) return [finding('ARTIFACT_MISSING', { artifact, file: path }, path)];
    return sha256(text) === expected ? [] : [finding('ARTIFACT_CHANGED', { artifact, file: path }, path)];
  });
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

function invalid(folder: string, why: string, cause: unknown): NimifyError {
  return new NimifyError('SERVICE_INVALID', `${folder} is not a service folder: ${why}.`, {
    hint: 'Make one with: nimify create MODEL -o DIR',
    details: { folder },
    cause,
  });
}
