/** Samples from NumPy files. One file is in memory at a time. */
import { basename, join } from 'node:path';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import type { DataPlace, LoadOptions } from './formats.ts';
import { describeInput, type MappedFile, mapArrays } from './map-arrays.ts';
import { isArrayName, readArrayFile } from './read-arrays.ts';
import { contentKey, digestOfFiles, limited, sampleSet } from './sample-set.ts';

interface FileEntry {
  readonly path: string;
  readonly digest: string;
  readonly count: number;
  readonly labels: readonly number[] | undefined;
  readonly leftOut: number;
  readonly keys: readonly number[];
}

/** @throws NimifyError DATA_UNREADABLE, DATA_MISMATCH */
export async function loadArrays(
  place: DataPlace,
  inputs: readonly TensorInfo[],
  options: LoadOptions,
): Promise<SampleSet> {
  const names = place.names?.filter(isArrayName) ?? [];
  const paths = place.names === null ? [place.path] : names.map((name) => join(place.path, name));
  const open = lastFile(inputs);
  const files: FileEntry[] = [];
  for (const path of paths) {
    options.signal?.throwIfAborted();
    const { digest, mapped } = await open(path);
    files.push({
      path,
      digest,
      count: mapped.count,
      labels: mapped.labels,
      leftOut: mapped.leftOut,
      keys: keysOf(mapped),
    });
  }
  const index = files.flatMap((file) => Array.from({ length: file.count }, (_, entry) => ({ path: file.path, entry })));
  const labels = files.every((file) => file.labels !== undefined) ? files.flatMap((file) => file.labels ?? []) : null;
  const all = sampleSet({
    origin: place.path,
    isRandom: false,
    count: index.length,
    digest: digestOfFiles(files.map((file) => file.digest)),
    keys: files.flatMap((file) => file.keys),
    preparation: describe(place, inputs, files),
    ...(labels === null ? {} : { labels }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    at: async (sample) => {
      const { path, entry } = index[sample] as { path: string; entry: number };
      return (await open(path)).mapped.at(entry);
    },
  });
  return limited(all, options);
}

function keysOf(mapped: MappedFile): number[] {
  return Array.from({ length: mapped.count }, (_, entry) => contentKey(mapped.at(entry)));
}

/** Keeps the file that was read last: samples are walked file by file. */
function lastFile(inputs: readonly TensorInfo[]): (path: string) => Promise<{ digest: string; mapped: MappedFile }> {
  let last: { path: string; digest: string; mapped: MappedFile } | undefined;
  return async (path) => {
    if (last?.path !== path) {
      last = undefined;
      const file = await readArrayFile(path);
      last = { path, digest: file.digest, mapped: mapArrays(file, inputs) };
    }
    return last;
  };
}

function describe(place: DataPlace, inputs: readonly TensorInfo[], files: readonly FileEntry[]): string {
  const source = place.names === null ? basename(place.path) : `${files.length} files`;
  const ignored = (place.names?.length ?? files.length) - files.length;
  const leftOut = files.reduce((sum, file) => sum + file.leftOut, 0);
  return [
    `arrays from ${source} for ${inputs.map(describeInput).join(', ')}`,
    ignored === 0 ? '' : `; ${ignored} other files ignored`,
    leftOut === 0 ? '' : `; ${leftOut} entries that do not fill a batch left out`,
  ].join('');
}
