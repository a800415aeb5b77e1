/**
 * Ranges of outputs that no integer node takes. Behind such a tensor an activation function (GELU, SiLU, HardSwish …) is
 * often flat for negative values, so that integers spent on them are lost, and nothing in the graph says so plainly.
 * The lower end is therefore tried: halved as long as the results of the whole model come nearer to the original.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NimifyError } from '../../base/errors.ts';
import { encodedBytes, encodeModel } from '../../onnx/encode.ts';
import type { GraphProto, ModelProto } from '../../onnx/proto.ts';
import type { HostTensor } from '../../onnx/tensor.ts';
import type { Feeds, SampleSet } from '../../runtime/feeds.ts';
import { type OpenSession, openSession, type RuntimeSession } from '../../runtime/session.ts';
import type { Range } from '../affine.ts';
import { fitsInMemory } from '../calibration/observed-model.ts';
import type { QuantizeDeps } from '../quantizer.ts';
import type { Activations } from './activations.ts';

/** Parts of the negative side that are tried, one after the other. */
const PARTS = [0.5, 0.25, 0.125];
/** A smaller gain may be an accident of the samples. */
const LEAST_GAIN = 0.05;
/** Bounds of the work: tensors that are tried, and runs of the model in all. */
const MOST_TENSORS = 32;
const MOST_RUNS = 512;

export interface RangeSearch {
  /** The quantized model; scales of `tensors` are changed in place. */
  readonly proto: ModelProto & { graph: GraphProto };
  readonly activations: Activations;
  readonly ranges: ReadonlyMap<string, Range>;
  /** Candidates, in the order of the graph. */
  readonly tensors: readonly string[];
  readonly samples: SampleSet;
}

type Results = Readonly<Record<string, HostTensor>>;

/** Float32 results of the original on a part of the samples, which stays in memory. */
export interface Reference {
  readonly feeds: readonly Feeds[];
  readonly results: readonly Results[];
}

/**
 * Tensors with a negative side, those with the largest share of it first, as many as may be tried. The negative side of
 * a symmetric range costs integers only where it is the longer one.
 */
export function searchable(
  tensors: readonly string[],
  ranges: ReadonlyMap<string, Range>,
  isSymmetric: boolean,
): string[] {
  const isCostly = ({ min, max }: Range) => min < 0 && max > 0 && (!isSymmetric || -min > max);
  const negative = (range: Range) => (isCostly(range) ? -range.min / (range.max - range.min) : 0);
  const shareOf = (tensor: string) => negative(ranges.get(tensor) as Range);
  const kept = tensors.filter((tensor) => shareOf(tensor) > 0).sort((a, b) => shareOf(b) - shareOf(a));
  const most = new Set(kept.slice(0, MOST_TENSORS));
  return tensors.filter((tensor) => most.has(tensor));
}

/** Runs the float model before it is rewritten. Undefined when it is too large to be run again and again. */
export async function referenceOf(
  proto: ModelProto & { graph: GraphProto },
  tensors: readonly string[],
  samples: SampleSet,
  deps: QuantizeDeps,
): Promise<Reference | undefined> {
  const encoded = encodeModel(proto);
  if (tensors.length === 0 || !fitsInMemory(proto, encoded)) return undefined;
  const most = Math.max(4, Math.floor(MOST_RUNS / (tensors.length * PARTS.length)));
  const count = Math.min(samples.count, most);
  const chosen = Array.from({ length: count }, (_, index) => Math.floor((index * samples.count) / count));
  const feeds: Feeds[] = [];
  for await (const sample of samples.pick(chosen).samples()) feeds.push(sample);
  return withSession(encodedBytes(encoded), deps, async (session) => {
    const results: Results[] = [];
    for (const sample of feeds) {
      await nextTurn();
      deps.signal.throwIfAborted();
      results.push(await session.run(sample));
    }
    return { feeds, results };
  });
}

/** Changes what comes nearer to the reference; everything else stays as calibration found it. */
export async function searchRanges(search: RangeSearch, reference: Reference, deps: QuantizeDeps): Promise<void> {
  let best = await errorOf(search, reference, deps);
  for (const [index, tensor] of search.tensors.entries()) {
    const { min, max } = search.ranges.get(tensor) as Range;
    let kept: Range = { min, max };
    for (const part of PARTS) {
      search.activations.setRange(tensor, { min: min * part, max });
      const error = await errorOf(search, reference, deps);
      if (!(error < best * (1 - LEAST_GAIN))) break;
      best = error;
      kept = { min: min * part, max };
    }
    search.activations.setRange(tensor, kept);
    deps.report(index + 1, search.tensors.length, 'tensors');
  }
}

/** Noise over signal, summed over the float32 outputs, so that each output counts alike. */
async function errorOf({ proto }: RangeSearch, reference: Reference, deps: QuantizeDeps): Promise<number> {
  return withSession(encodedBytes(encodeModel(proto)), deps, async (session) => {
    const sums = new Map<string, { signal: number; noise: number }>();
    for (const [index, sample] of reference.feeds.entries()) {
      await nextTurn();
      deps.signal.throwIfAborted();
      addNoise(sums, reference.results[index] as Results, await session.run(sample));
    }
    return [...sums.values()].reduce((sum, { signal, noise }) => sum + (signal > 0 ? noise / signal : noise), 0);
  });
}

function addNoise(sums: Map<string, { signal: number; noise: number }>, expected: Results, found: Results): void {
  for (const [name, { dataType, data }] of Object.entries(expected)) {
    const other = found[name]?.data as Float32Array;
    if (dataType !== 'float32' || other.length !== data.length) continue;
    const sum = sums.get(name) ?? { signal: 0, noise: 0 };
    for (const [position, value] of (data as Float32Array).entries()) {
      sum.signal += value * value;
      sum.noise += (value - (other[position] as number)) ** 2;
    }
    sums.set(name, sum);
  }
}

/**
 * x64 processors without VNNI add pairs of 8-bit products in 16 bits, which saturate; with this the same model comes out
 * on every machine.
 */
const EXACT = { configEntries: { 'session.x64quantprecision': '1' } } as const;

async function withSession<T>(
  model: Uint8Array,
  deps: QuantizeDeps,
  work: (session: RuntimeSession) => Promise<T>,
): Promise<T> {
  const session = await openExact(model, deps.openSession ?? openSession);
  try {
    return await work(session);
  } finally {
    await session.release();
  }
}

/** ONNX Runtime 1.30 refuses EXACT for a model where two integer nodes share a weight, which it would replace twice. */
async function openExact(model: Uint8Array, open: OpenSession): Promise<RuntimeSession> {
  try {
    return await open(model, EXACT);
  } catch (error) {
    if (!(error instanceof NimifyError) || error.code !== 'RUNTIME_REFUSED') throw error;
    return await open(model, {});
  }
}
