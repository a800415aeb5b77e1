/** What calibration saw, kept between runs by whoever calls: the key it has, and the bytes that hold it. Reads models, runs none. */
import { createHash } from 'node:crypto';
import { arch, availableParallelism, cpus } from 'node:os';
import { sha256 } from '../../base/digest.ts';
import { packageVersion } from '../../base/version.ts';
import { tiles } from '../../onnx/bytes.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { EXTERNAL_RANGE, isExternal, type ResolvedTensor } from '../../onnx/external-data.ts';
import { allTensors } from '../../onnx/graph.ts';
import type { ModelProto } from '../../onnx/proto.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import { runtimeVersion } from '../../runtime/load.ts';
import { digestOfFeeds } from '../data/sample-set.ts';
import type { MeanRequest } from './observed-model.ts';

/** A store of bytes by key; both are the caller's to keep. What it throws ends its use for this calibration and nothing else. */
export interface CalibrationCache {
  /** @param key SHA-256, 64 hexadecimal digits */
  get(key: string): Promise<Uint8Array | undefined>;
  /** A value under a key that is there already replaces it. */
  put(key: string, value: Uint8Array): Promise<void>;
}

/** Where statistics came from: a walk over the samples, or the cache. */
export interface CalibrationSource {
  readonly statistics: 'ranges' | 'histograms';
  readonly isCached: boolean;
  /** Why a value of the cache was not used, or the cache at all: a clause without a full stop. */
  readonly problem?: string;
}

/** Raised whenever the same inputs give other statistics, or the same ones are written in another way. */
const FORMAT = 1;

export interface KeyFacts {
  readonly model: ModelProto;
  readonly tensors: readonly string[];
  readonly means: readonly MeanRequest[];
  readonly samples: SampleSet;
  /** How ranges of samples are joined. */
  readonly join: 'widened' | 'moved';
}

/**
 * Names everything that decides the statistics but the execution provider, which `keyOn` adds. Sums in float32 depend on
 * the processor and on how many threads share them, prepared samples on the version of what prepares them.
 */
export async function keyFacts({ model, tensors, means, samples, join }: KeyFacts): Promise<string> {
  return JSON.stringify({
    format: FORMAT,
    nimify: packageVersion(),
    runtime: await runtimeVersion(),
    machine: [arch(), cpus()[0]?.model ?? '', availableParallelism()],
    model: digestOfModel(model),
    samples: [samples.digest, samples.count, ...(await endsOf(samples))],
    tensors,
    means: means.map(({ tensor, axes, channels }) => [tensor, axes, channels]),
    join,
  });
}

export function keyOn(provider: string, ...facts: readonly string[]): string {
  return sha256(JSON.stringify([provider, ...facts]));
}

/** With the values of external data, tensor by tensor. */
function digestOfModel(model: ModelProto): string {
  const hash = createHash('sha256');
  for (const piece of encodeModel(model).pieces) for (const tile of tiles(piece)) hash.update(tile);
  for (const tensor of allTensors(model)) {
    if (!isExternal(tensor)) continue;
    const range = (tensor as ResolvedTensor)[EXTERNAL_RANGE];
    if (range === undefined) throw new TypeError(`The values of ${tensor.name ?? 'a tensor'} are not there.`);
    hash.update(`${tensor.name}\n${range.length}\n`);
    for (const tile of tiles(range)) hash.update(tile);
  }
  return hash.digest('hex');
}

/**
 * The digest of a set names files and settings. Sizes that were bound and the libraries that decode show in the feeds
 * themselves, the state of the original model in the last ones.
 */
async function endsOf(samples: SampleSet): Promise<string[]> {
  const ends = samples.count === 1 ? [0] : [0, samples.count - 1];
  const digests: string[] = [];
  for await (const feeds of samples.pick(ends).samples()) digests.push(digestOfFeeds(feeds));
  return digests;
}
