/** Sample sets over anything that can make the sample of an index. */
import { createHash } from 'node:crypto';
import { sha256 } from '../../base/digest.ts';
import { bytesOfData } from '../../onnx/tensor.ts';
import type { Carry, Feeds, SampleSet, Sequence } from '../../runtime/feeds.ts';
import { pickSequences } from '../../runtime/stretches.ts';
import { chooseIndices } from './seeded-random.ts';

export interface SampleSource {
  readonly origin: string;
  readonly isRandom: boolean;
  readonly count: number;
  readonly digest: string;
  readonly preparation: string;
  readonly labels?: readonly number[];
  readonly keys?: readonly number[];
  readonly carries?: readonly Carry[];
  readonly sequences?: readonly Sequence[];
  readonly signal?: AbortSignal;
  /** The sample of `index` (0 … count − 1); the same feeds every time. */
  at(index: number): Promise<Feeds>;
}

/** All samples of the source, in order. Nothing is made before it is asked for. */
export function sampleSet(source: SampleSource): SampleSet {
  const { origin, isRandom, count, digest, preparation, labels, keys, carries, sequences } = source;
  return {
    origin,
    isRandom,
    count,
    digest,
    preparation,
    ...(labels === undefined ? {} : { labels }),
    ...(keys === undefined ? {} : { keys }),
    ...(carries === undefined || sequences === undefined ? {} : { carries, sequences }),
    async *samples() {
      for (let index = 0; index < count; index += 1) {
        source.signal?.throwIfAborted();
        yield await source.at(index);
      }
    },
    pick: (indices) => pick(source, indices),
  };
}

/** All samples, or as many as are wanted at most, chosen by the seed. */
export function limited(set: SampleSet, { maxSamples, seed }: { maxSamples: number; seed: number }): SampleSet {
  return set.count <= maxSamples ? set : set.pick(chooseIndices(set.count, maxSamples, seed));
}

/** The digest of a part is made of that of the whole and the indices, so that nothing is read again. */
function pick(source: SampleSource, indices: readonly number[]): SampleSet {
  const outside = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= source.count);
  if (outside !== undefined) throw new RangeError(`Sample ${outside} of ${source.count} was asked for.`);
  const isWhole = indices.length === source.count && indices.every((index, at) => index === at);
  if (isWhole) return sampleSet(source);
  const { labels, keys, sequences } = source;
  return sampleSet({
    ...source,
    count: indices.length,
    digest: sha256(`${source.digest}\n${indices.join(',')}`),
    ...(labels === undefined ? {} : { labels: indices.map((index) => labels[index] as number) }),
    ...(keys === undefined ? {} : { keys: indices.map((index) => keys[index] as number) }),
    ...(sequences === undefined ? {} : { sequences: pickSequences(sequences, indices) }),
    at: (index) => source.at(indices[index] as number),
  });
}

/** For `keys`: 52 bits of a digest, which a number holds, tell millions of samples apart. */
export function contentKey(content: Feeds | string): number {
  const digest = typeof content === 'string' ? sha256(content) : digestOfFeeds(content);
  return Number.parseInt(digest.slice(0, 13), 16);
}

/** SHA-256 over names, types, dims and values. */
export function digestOfFeeds(feeds: Feeds): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(feeds).sort()) {
    const { dataType, dims, data } = feeds[name] as Feeds[string];
    hash
      .update(JSON.stringify([name, dataType, dims]))
      .update(Array.isArray(data) ? JSON.stringify(data) : bytesOfData(data));
  }
  return hash.digest('hex');
}

/** Names what files become when they are prepared by `plan`, any JSON-safe value: other settings give another digest. */
export function digestOfPrepared(digests: readonly string[], plan: object): string {
  return sha256(`${digestOfFiles(digests)}\n${JSON.stringify(plan)}`);
}

/** One file keeps its own SHA-256; several are named by that of their digests, one per line, in order. */
export function digestOfFiles(digests: readonly string[]): string {
  return digests.length === 1 ? (digests[0] as string) : sha256(digests.map((digest) => `${digest}\n`).join(''));
}
