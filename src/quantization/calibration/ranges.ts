/**
 * Ranges of tensors, and means of their channels, over all samples. One sample is in memory at a time: minima and maxima are
 * taken in the graph, histograms in a second walk between them, so that their memory does not grow either.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sha256 } from '../../base/digest.ts';
import { NimifyError } from '../../base/errors.ts';
import type { GraphProto, ModelProto } from '../../onnx/proto.ts';
import type { HostTensor } from '../../onnx/tensor.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import type { RuntimeSession } from '../../runtime/session.ts';
import type { Range } from '../affine.ts';
import type { QuantizeDeps } from '../quantizer.ts';
import { BINS, Histogram } from './histogram.ts';
import { KeptStatistics, type Walked } from './kept-statistics.ts';
import { coarse, needsHistogram, type RangeOptions, rangeFrom } from './methods.ts';
import {
  expose,
  type MeanRequest,
  type ObservedMean,
  type ObservedTensor,
  observe,
  openObserved,
} from './observed-model.ts';

export interface CalibrationInput {
  readonly model: ModelProto & { graph: GraphProto };
  /** Names of float32 tensors of the main graph. */
  readonly tensors: readonly string[];
  /** Those whose mean per channel is wanted too. */
  readonly means: readonly MeanRequest[];
  readonly samples: SampleSet;
  /** How ranges come from what was seen; minima and maxima when absent. */
  readonly rule?: RangeOptions;
}

/** What calibration saw of a tensor, for reports. */
export interface TensorHistogram {
  readonly tensor: string;
  /** Of all values; the counts divide it evenly. */
  readonly min: number;
  readonly max: number;
  readonly counts: readonly number[];
  readonly range: Range;
  readonly method: string;
}

export interface Calibration {
  readonly ranges: ReadonlyMap<string, Range>;
  /** Empty where minima and maxima are all that was asked for. */
  readonly histograms: readonly TensorHistogram[];
  /** Tensor → mean of each channel. */
  readonly means: ReadonlyMap<string, Float64Array>;
}

/**
 * Runs every sample once, and once more for histograms; samples may differ in shape. What the cache has is not run for.
 * @throws NimifyError DATA_EMPTY, DATA_NOT_FINITE, RUNTIME_*; or the abort reason of the signal
 */
export async function calibrate(input: CalibrationInput, deps: QuantizeDeps): Promise<Calibration> {
  const { samples } = input;
  if (samples.count === 0) {
    throw new NimifyError('DATA_EMPTY', `${samples.origin} has no sample to calibrate with.`, {
      hint: 'Give a folder or file with --data PATH.',
    });
  }
  const { rule, model, tensors, means } = input;
  const join = rule?.method === 'moving-average' ? 'moved' : 'widened';
  const kept = await KeptStatistics.open({ model, tensors, means, samples, join }, deps);
  const seen = await kept.take({
    statistics: 'ranges',
    count: tensors.length * 2 + means.reduce((sum, { channels }) => sum + channels, 0),
    of: [],
    walk: () => walkRanges(input, JOINS[join], deps),
  });
  const { ranges, ...rest } = { ranges: rangesIn(seen, tensors), means: meansIn(seen, input) };
  if (rule === undefined || !needsHistogram(rule.method)) return { ranges, ...rest, histograms: [] };
  const counts = await kept.take({
    statistics: 'histograms',
    count: tensors.length * BINS,
    of: ['histograms', sha256(new Uint8Array(seen.buffer, seen.byteOffset, tensors.length * 16))],
    walk: () => walkHistograms(input, ranges, deps),
  });
  const chosen = tensors.map((tensor, index) => {
    const own = counts.subarray(index * BINS, (index + 1) * BINS);
    const histogram = new Histogram(ranges.get(tensor) as Range, own);
    return { tensor, histogram, ...rangeFrom(histogram, rule) };
  });
  return {
    ranges: new Map(chosen.map(({ tensor, range }) => [tensor, range])),
    ...rest,
    histograms: chosen.map(({ tensor, histogram, range, method }) => {
      return { tensor, ...histogram.range, counts: coarse(histogram), range, method };
    }),
  };
}

/** Minimum and maximum of each tensor, then the mean of each channel of those that are asked for. */
async function walkRanges(input: CalibrationInput, join: Join, deps: QuantizeDeps): Promise<Walked> {
  const observed = observe(input.model, input.tensors, input.means);
  const ranges = new Map<string, Range>();
  const means = new ChannelMeans(observed.means);
  const session = await openObserved(observed, deps);
  await walk(session, input.samples, deps, (results, sample) => {
    for (const output of observed.outputs) {
      const found = rangeOf(output, results, sample);
      const known = ranges.get(output.tensor);
      ranges.set(output.tensor, known === undefined ? found : join(known, found));
    }
    means.add(results);
  });
  const found = input.tensors.flatMap((tensor) => {
    const { min, max } = ranges.get(tensor) as Range;
    return [min, max];
  });
  const all = means.result();
  const numbers = [...found, ...input.means.flatMap(({ tensor }) => [...(all.get(tensor) as Float64Array)])];
  return { numbers: Float64Array.from(numbers), provider: providerOf(session) };
}

function rangesIn(seen: Float64Array, tensors: readonly string[]): Map<string, Range> {
  return new Map(
    tensors.map((tensor, index) => [tensor, { min: seen[index * 2] as number, max: seen[index * 2 + 1] as number }]),
  );
}

function meansIn(seen: Float64Array, { tensors, means }: CalibrationInput): Map<string, Float64Array> {
  let position = tensors.length * 2;
  return new Map(
    means.map(({ tensor, channels }) => {
      position += channels;
      return [tensor, seen.slice(position - channels, position)];
    }),
  );
}

function providerOf(session: RuntimeSession): string {
  return session.provider ?? 'cpu';
}

/** Runs every sample once and releases the session. */
export async function walk(
  session: RuntimeSession,
  samples: SampleSet,
  deps: QuantizeDeps,
  take: (results: Results, sample: string) => void,
): Promise<void> {
  try {
    let done = 0;
    for await (const feeds of samples.samples()) {
      await nextTurn();
      deps.signal.throwIfAborted();
      take(await session.run(feeds), `sample ${done + 1} of ${samples.origin}`);
      done += 1;
      deps.report(done, samples.count, 'samples');
    }
  } finally {
    await session.release();
  }
}

/** The counts of each tensor, one after the other. */
async function walkHistograms(
  { model, tensors, samples }: CalibrationInput,
  ranges: ReadonlyMap<string, Range>,
  deps: QuantizeDeps,
): Promise<Walked> {
  const histograms = tensors.map((tensor) => new Histogram(ranges.get(tensor) as Range));
  const session = await openObserved({ proto: expose(model, tensors) }, deps);
  await walk(session, samples, deps, (results) => {
    for (const [index, tensor] of tensors.entries()) histograms[index]?.add(results[tensor]?.data as Float32Array);
  });
  const numbers = new Float64Array(tensors.length * BINS);
  for (const [index, { counts }] of histograms.entries()) numbers.set(counts, index * BINS);
  return { numbers, provider: providerOf(session) };
}

/** What is new counts for a hundredth, as in ONNX Runtime's tool. */
const MOVING_WEIGHT = 0.01;

function moved(known: Range, found: Range): Range {
  const blend = (a: number, b: number) => a + MOVING_WEIGHT * (b - a);
  return { min: blend(known.min, found.min), max: blend(known.max, found.max) };
}

function widened(known: Range, found: Range): Range {
  return { min: Math.min(found.min, known.min), max: Math.max(found.max, known.max) };
}

type Join = (known: Range, found: Range) => Range;

const JOINS = { moved, widened } as const satisfies Record<string, Join>;

type Results = Readonly<Record<string, HostTensor>>;

/** Every element counts alike, in whichever sample it is. */
class ChannelMeans {
  readonly #observed: readonly ObservedMean[];
  readonly #sums = new Map<string, Float64Array>();
  readonly #counts = new Map<string, number>();

  constructor(observed: readonly ObservedMean[]) {
    this.#observed = observed;
  }

  add(results: Results): void {
    for (const { tensor, channels, sums, size } of this.#observed) {
      const values = results[sums]?.data as Float32Array;
      const total = this.#sums.get(tensor) ?? new Float64Array(channels);
      for (let c = 0; c < channels; c += 1) total[c] = (total[c] as number) + (values[c] as number);
      this.#sums.set(tensor, total);
      const count = Number(results[size]?.data[0]) / channels;
      this.#counts.set(tensor, (this.#counts.get(tensor) ?? 0) + count);
    }
  }

  result(): Map<string, Float64Array> {
    return new Map(
      [...this.#sums].map(([tensor, sums]) => [tensor, sums.map((sum) => sum / (this.#counts.get(tensor) as number))]),
    );
  }
}

/** @throws NimifyError DATA_NOT_FINITE */
function rangeOf(output: ObservedTensor, results: Results, sample: string): Range {
  const [min, max, sum] = [output.min, output.max, output.sum].map((name) => Number(results[name]?.data[0])) as [
    number,
    number,
    number,
  ];
  // A sum of finite values may overflow to infinity; only NaN in it says something of the values.
  if (!Number.isFinite(min) || !Number.isFinite(max) || Number.isNaN(sum)) {
    throw new NimifyError('DATA_NOT_FINITE', `The tensor ${output.tensor} holds NaN or infinite values in ${sample}.`, {
      hint: 'Check that the data is prepared as the model expects, and that the original model gives finite results.',
      details: { tensor: output.tensor, sample },
    });
  }
  return { min, max };
}
