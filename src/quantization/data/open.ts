/** Opens the data that a user names, or generates some. */
import { type Dirent, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isSystemError, NimifyError } from '../../base/errors.ts';
import { type Bindings, bindInputs } from '../../onnx/bindings.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import { DATA_FORMATS, type DataPlace, type LoadOptions } from './formats.ts';
import { randomCandidates } from './random-samples.ts';
import { unreadableData } from './read-arrays.ts';

export interface DataOptions extends Omit<LoadOptions, 'maxSamples'> {
  /** All samples where absent; else a part that the seed chooses. Random data has at most 16. */
  readonly maxSamples?: number;
}

/**
 * Without a path these are random samples in the first guess of the dynamic dimensions; `probeRandom` tries further
 * guesses on the model itself.
 * @param inputs the real inputs of the model (without initializers)
 * @throws NimifyError USAGE (bind), DATA_UNREADABLE, DATA_EMPTY, DATA_MISMATCH
 */
export async function openData(
  request: { readonly path?: string; readonly bind: Bindings },
  inputs: readonly TensorInfo[],
  options: DataOptions,
): Promise<SampleSet> {
  const bound = bindInputs(inputs, request.bind);
  if (request.path === undefined) return randomCandidates(bound, options)[0] as SampleSet;
  const place = await lookAt(request.path);
  const format = DATA_FORMATS.find((candidate) => candidate.matches(place));
  if (format === undefined) throw nothingUsable(place);
  const set = await format.load(place, bound, {
    ...options,
    maxSamples: options.maxSamples ?? Number.POSITIVE_INFINITY,
  });
  if (set.count === 0) {
    throw new NimifyError('DATA_EMPTY', `${place.path} has no samples: the arrays have no entries.`, {
      hint: 'Save at least one sample.',
      details: { path: place.path },
    });
  }
  return set;
}

async function lookAt(path: string): Promise<DataPlace> {
  try {
    if (!statSync(path).isDirectory()) return { path, names: null, folders: [] };
    const entries: Dirent[] = await readdir(path, { withFileTypes: true });
    const seen = entries.filter(({ name }) => !name.startsWith('.'));
    const named = (isFolder: boolean) =>
      seen
        .filter((entry) => entry.isDirectory() === isFolder)
        .map(({ name }) => name)
        .sort();
    return { path, names: named(false), folders: named(true) };
  } catch (error) {
    const isMissing = isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    throw unreadableData(path, isMissing ? 'it does not exist' : error, 'Check the path given to --data.');
  }
}

function nothingUsable(place: DataPlace): NimifyError {
  const known = DATA_FORMATS.map(({ title }) => title).join(', ');
  if (place.names === null) {
    return new NimifyError('DATA_UNREADABLE', `${place.path} is not of a kind that is read.`, {
      hint: `Give ${known}.`,
      details: { path: place.path },
    });
  }
  return new NimifyError(
    'DATA_EMPTY',
    `${place.path} has nothing that is read (${place.names.length} other files; folders inside are not searched).`,
    { hint: `Give ${known}.`, details: { path: place.path, files: place.names.length } },
  );
}
