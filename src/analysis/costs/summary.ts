/** Puts the costs of the nodes and the memory together and says how far each figure can be trusted. */
import type { SizesOfDims } from './bindings.ts';
import { type Certainty, openText, settle } from './certainty.ts';
import { deviceMemoryOf } from './device-memory.ts';
import type { CostFacts } from './facts.ts';
import { kvCacheOf } from './kv-cache.ts';
import { ACTUAL_BYTES, type Peak, peakOf } from './lifetimes.ts';
import { costsOfModel, type GraphCosts } from './nodes.ts';
import { residentWeights } from './resident.ts';
import { Sum } from './sum.ts';
import type { GraphView } from './view.ts';

export interface Counted {
  readonly view: GraphView;
  /** With a batch of 2, when nobody said how large the batch is. */
  readonly doubled?: GraphView;
  readonly sizes: SizesOfDims;
  readonly batches: readonly number[];
}

const PEAK_ESTIMATE = 'by lifetimes and reuse in place; without scratch memory of kernels and gaps of an allocator';
const DEVICE_ESTIMATE =
  'weights as they are stored in each precision (int8: 8 bits with a scale for each channel; int4: blocks of 32 for matrices ' +
  'and embeddings) and the peak of activations; without the runtime itself and scratch memory of kernels';

export function summarize({ view, doubled, sizes, batches }: Counted): CostFacts {
  const { open } = sizes;
  const costs = costsOfModel(view);
  const peak = peakOf(view);
  const estimate = costs.estimates.size === 0 ? undefined : [...costs.estimates].join('; ');
  const macs = settle(costs.macs, open, estimate);
  const flops = settle(costs.flops, open, estimate);
  const activations = settle(costs.madeBytes, open, estimate);
  const peakBytes = settle(sumOfPeak(peak), open, PEAK_ESTIMATE, 'tensor');
  const cache = kvCacheOf(view);
  const hasPeak = peakBytes.value !== null;
  const intensity = intensityOf(flops.value, costs, view);
  const certainty: Certainty = {
    macs: macs.certainty,
    flops: flops.certainty,
    parameterCount: 'exact',
    parameterBytes: 'exact',
    activationBytes: activations.certainty,
    peakActivationBytes: peakBytes.certainty,
    arithmeticIntensity:
      intensity === null ? flops.certainty : 'estimate: each tensor is read and written once, nothing stays in a cache',
    deviceMemory: hasPeak ? `estimate: ${DEVICE_ESTIMATE}` : peakBytes.certainty,
    ...(cache === null
      ? {}
      : {
          kvCache:
            cache.tokens === null ? `exact for a token; how many there are is not known: ${openText(open)}` : 'exact',
        }),
  };
  return {
    bindings: sizes.bindings,
    assumed: sizes.assumed,
    macs: macs.value,
    flops: flops.value,
    parameterCount: costs.parameters.count,
    parameterBytes: costs.parameters.bytes,
    activationBytes: activations.value,
    peakActivationBytes: peakBytes.value,
    peakNode: hasPeak ? peak.node : null,
    liveBytes: hasPeak ? peak.course : null,
    arithmeticIntensity: intensity,
    kvCache: cache?.facts ?? null,
    deviceMemory: hasPeak
      ? deviceMemoryOf({ view, batches, cache, ...(doubled === undefined ? {} : { doubled }) })
      : [],
    nodes: [...costs.nodes, ...costs.called],
    certainty,
  };
}

function sumOfPeak({ bytes, known, unknown }: Peak): Sum {
  const sum = new Sum();
  sum.value = bytes;
  sum.known = known;
  for (const name of unknown) sum.gaps.push(name);
  return sum;
}

/** Weights are read once, what nodes make is written and read, inputs are read. */
function intensityOf(flops: number | null, { madeBytes }: GraphCosts, view: GraphView): number | null {
  const known = (bytes: number): number => (Number.isFinite(bytes) ? bytes : 0);
  const weights = residentWeights(view).reduce((sum, weight) => sum + known(weight.view.shapes.bytes(weight.name)), 0);
  const inputs = view.graph.input.filter(({ name }) => !view.isConstant(name ?? ''));
  const read = inputs.reduce((sum, { name }) => sum + known(ACTUAL_BYTES(name ?? '', view)), 0);
  const moved = weights + read + 2 * madeBytes.value;
  return flops === null || moved === 0 ? null : flops / moved;
}
