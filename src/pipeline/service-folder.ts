/** Reads a service folder as it is: its facts, what nimify wrote, and every text in it. */
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { z } from 'zod';
import { sha256, sha256File } from '../base/digest.ts';
import { isSystemError, NimifyError, readError } from '../base/errors.ts';
import { exists } from '../base/write-files.ts';
import { LOCK_FILE, type Lock, lockSchema } from './lock.ts';
import { MANIFEST, type Manifest, manifestSchema } from './service.ts';

/** Larger files are not artifacts of ours. */
const MAX_ARTIFACT_BYTES = 8 << 20;
/** Weights lie there, and models that nimify made itself. */
const MODEL_VERSION = /^models\/[^/]+\/\d+\//;

export interface ServiceFolder {
  readonly manifest: Manifest;
  /** Undefined where the file is gone: then nobody knows which files were edited. */
  readonly lock: Lock | undefined;
  /** Relative path with forward slashes → text; without the files of model versions. */
  readonly files: ReadonlyMap<string, string>;
  /** SHA-256 of each of these files, and of those that the lock names besides. */
  readonly digests: ReadonlyMap<string, string>;
}

/** @throws NimifyError FILE_NOT_FOUND, FILE_UNREADABLE, SERVICE_INVALID */
export async function readServiceFolder(folder: string): Promise<ServiceFolder> {
  const path = join(folder, MANIFEST);
  const text = await readFile(path, 'utf8').catch(async (error: unknown) => {
    const isThere = await exists(folder);
    if (!isThere || !isSystemError(error)) throw readError(error, isThere ? path : folder);
    const isRepository = await hasConfig(folder);
    throw invalid(folder, `it has no ${MANIFEST}`, error, isRepository ? REPOSITORY_HINT : undefined);
  });
  const manifest = parse(text, MANIFEST, manifestSchema, folder);
  const files = await readTexts(folder);
  const locked = files.get(LOCK_FILE);
  const lock = locked === undefined ? undefined : parse(locked, LOCK_FILE, lockSchema, folder);
  return { manifest, files, lock, digests: await digestsOf(folder, files, lock) };
}

async function digestsOf(folder: string, files: ReadonlyMap<string, string>, lock: Lock | undefined) {
  const digests = new Map([...files].map(([path, text]) => [path, sha256(text)]));
  for (const path of Object.keys(lock?.artifacts ?? {})) {
    const target = join(folder, ...path.split('/'));
    if (!digests.has(path) && (await exists(target))) digests.set(path, await sha256File(target));
  }
  return digests;
}

function parse<T>(text: string, file: string, schema: z.ZodType<T>, folder: string): T {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw invalid(folder, `${file} is not JSON`, error);
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(folder, `${file}: ${issue?.path.join('.') || 'document'}: ${issue?.message}`, parsed.error);
}

async function readTexts(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const inside = relative(folder, path).replaceAll('\\', '/');
    if (!entry.isFile() || MODEL_VERSION.test(inside)) continue;
    if ((await lstat(path)).size > MAX_ARTIFACT_BYTES) continue;
    files.set(inside, await readFile(path, 'utf8'));
  }
  return files;
}

const REPOSITORY_HINT = 'It looks like a model repository of Triton: nimify validate --triton-repo DIR';

async function hasConfig(folder: string): Promise<boolean> {
  const entries = await readdir(folder).catch(() => []);
  const found = await Promise.all(entries.map((name) => exists(join(folder, name, 'config.pbtxt'))));
  return found.includes(true);
}

function invalid(
  folder: string,
  why: string,
  cause: unknown,
  hint = 'Make one with: nimify create MODEL -o DIR',
): NimifyError {
  return new NimifyError('SERVICE_INVALID', `${folder} is not a service folder: ${why}.`, {
    hint,
    details: { folder },
    cause,
  });
}
