/** A .onnx file on this machine, or a folder that holds exactly one. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { closest } from '../../base/closest.ts';
import { sha256File } from '../../base/digest.ts';
import { isSystemError, NimifyError, readError } from '../../base/errors.ts';
import { suggestName } from '../service-name.ts';
import type { LocalModel, Source } from '../source.ts';
import { looksLikeRepository, unsupported } from '../unsupported.ts';

/** `hf:`, `https:`, `s3:`; one letter would be a drive. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;

export const localFile: Source = {
  id: 'local-file',
  matches: (reference) => !SCHEME.test(reference),
  async resolve(reference, { cwd, signal }): Promise<LocalModel> {
    const path = await modelFile(resolve(cwd, reference), reference);
    const { size } = await stat(path);
    if (size === 0) {
      throw new NimifyError('MODEL_EMPTY', `${path} is empty (0 bytes).`, {
        hint: 'The export or download that should have filled it did not finish; run it again.',
        details: { path },
      });
    }
    signal.throwIfAborted();
    const suggestedName = suggestName(path);
    return { kind: 'local-file', reference, path, digest: digestOf(path, signal), sizeBytes: size, suggestedName };
  },
};

/** Reads the file once, however often it is asked: large models take seconds. */
function digestOf(path: string, signal: AbortSignal): () => Promise<string> {
  let digest: Promise<string> | undefined;
  return () => {
    digest ??= sha256File(path, signal);
    return digest;
  };
}

async function modelFile(path: string, reference: string): Promise<string> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return await onlyModelIn(path);
    if (stats.isFile()) return path;
  } catch (error) {
    if (!isSystemError(error) || (error.code !== 'ENOENT' && error.code !== 'ENOTDIR')) throw readError(error, path);
    throw await notFound(path, reference);
  }
  throw new NimifyError('FILE_UNREADABLE', `${path} is not a regular file.`, {
    hint: 'Write the model to a file first: its parts are read from there when they are needed.',
    details: { path },
  });
}

async function onlyModelIn(folder: string): Promise<string> {
  const candidates = await modelsIn(folder);
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return join(folder, only);
  const many = only !== undefined;
  throw new NimifyError(
    'MODEL_IS_FOLDER',
    many
      ? `${folder} is a folder with ${candidates.length} models: ${candidates.join(', ')}.`
      : `${folder} is a folder without a .onnx file.`,
    {
      hint: many ? `Name one of them, such as ${join(folder, only)}.` : 'Give the path of a .onnx file.',
      details: { path: folder, candidates },
    },
  );
}

async function modelsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.toLowerCase().endsWith('.onnx')).sort();
}

function danglingLink(path: string): NimifyError {
  return new NimifyError('FILE_NOT_FOUND', `${path} is a link to a file that does not exist.`, {
    hint: 'Mend the link, or give the file itself.',
    details: { path },
  });
}

async function notFound(path: string, reference: string): Promise<NimifyError> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => null);
  if (names === null && looksLikeRepository(reference)) return unsupported(reference);
  if (names?.includes(basename(path))) return danglingLink(path);
  const similar = similarName(basename(path), names ?? []);
  return new NimifyError('FILE_NOT_FOUND', `${path} does not exist.`, {
    hint: similar === undefined ? 'Check the spelling of the path.' : `Did you mean ${join(folder, similar)}?`,
    details: { path },
  });
}

/** Also when the ending was forgotten. */
function similarName(name: string, names: readonly string[]): string | undefined {
  const stem = (full: string): string => full.replace(/\.onnx$/i, '');
  const near = closest(stem(name), names.map(stem));
  return closest(name, names) ?? names.find((candidate) => stem(candidate) === near);
}
