/** How much memory of a device a model takes: weights, the peak of activations, and the cache of keys and values. */
import { elementCount } from '../../onnx/tensor.ts';
import type { DeviceMemory } from './facts.ts';
import type { FoundCache } from './kv-cache.ts';
import { type BytesOf, peakOf } from './lifetimes.ts';
import { bytesIn, PRECISIONS, type Precision, weightBytesIn } from './precisions.ts';
import { residentWeights } from './resident.ts';
import type { GraphView } from './view.ts';

export interface DeviceRequest {
  readonly view: GraphView;
  /** The same model with a batch of 2, when the batch is open. */
  readonly doubled?: GraphView;
  /** The batches to tell; `view` has the first of them. */
  readonly batches: readonly number[];
  readonly cache: FoundCache | null;
}

export function deviceMemoryOf({ view, doubled, batches, cache }: DeviceRequest): DeviceMemory[] {
  const weights = residentWeights(view);
  const peaks = new Map<Precision, Growth>();
  return PRECISIONS.flatMap((precision) => {
    const weightBytes = weights.reduce((sum, weight) => sum + (weightBytesIn(precision, weight) || 0), 0);
    // Weight-only precisions leave activations alone.
    const of = precision === 'int4' ? 'int8' : precision;
    const peak = peaks.get(of) ?? growthOf(activationBytes(of, cache), view, doubled);
    peaks.set(of, peak);
    return batches.map((batch, index) => {
      const activations = Math.round(peak.first + (index === 0 ? 0 : peak.perSample * (batch - 1)));
      const kvCacheBytes = cache === null ? 0 : batch * cacheBytes(precision, cache);
      const totalBytes = weightBytes + activations + kvCacheBytes;
      return { precision, batch, weightBytes, activationBytes: activations, kvCacheBytes, totalBytes };
    });
  });
}

interface Growth {
  readonly first: number;
  readonly perSample: number;
}

/** Peaks grow in a straight line with the batch: from two batches follow all others. */
function growthOf(bytesOf: BytesOf, view: GraphView, doubled: GraphView | undefined): Growth {
  const first = peakOf(view, bytesOf).bytes;
  return { first, perSample: doubled === undefined ? 0 : peakOf(doubled, bytesOf).bytes - first };
}

/** The cache stands in a column of its own. */
function activationBytes(precision: Precision, cache: FoundCache | null): BytesOf {
  return (name, { shapes, place }) => {
    if (place.length === 0 && cache?.tensors.has(name)) return 0;
    return bytesIn(precision, shapes.dataType(name), elementCount(shapes.dims(name) ?? [Number.NaN]));
  };
}

function cacheBytes(precision: Precision, { facts, tokens }: FoundCache): number {
  const perElement = bytesIn(precision, facts.dataType, 1) / bytesIn('int8', facts.dataType, 1);
  return facts.bytesPerToken * perElement * (tokens ?? 0);
}
