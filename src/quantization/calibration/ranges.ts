/**
 * Ranges of tensors, and means of their channels, over all samples. One sample is in memory at a time: minima and maxima are
 * taken in the graph, histograms in a second walk between them, so that their memory does not grow either.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NimifyError } from '../../base/errors.ts';
import type { GraphProto, ModelProto } from '../../onnx/proto.ts';
import type { HostTensor } from '../../onnx/tensor.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import type { RuntimeSession } from '../../runtime/session.ts';
import type { Range } from '../affine.ts';
import type { QuantizeDeps } from '../quantizer.ts';
import { Histogram } from './histogram.ts';
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
 * Runs every sample once; samples may differ in shape.
 * @throws NimifyError DATA_EMPTY, DATA_NOT_FINITE, RUNTIME_*; or the abort reason of the signal
 */
export async function calibrate(input: CalibrationInput, deps: QuantizeDeps): Promise<Calibration> {
  const { samples } = input;
  if (samples.count === 0) {
    throw new NimifyError('DATA_EMPTY', `${samples.origin} has no sample to calibrate with.`, {
      hint: 'Give a folder or file with --data PATH.',
    });
  }
  const { rule } = input;
  const observed = observe(input.model, input.tensors, input.means);
  const ranges = new Map<string, Range>();
  const means = new ChannelMeans(observed.means);
  const join = rule?.method === 'moving-average' ? moved : widened;
  await walk(await openObserved(observed, deps), samples, deps, (results, sample) => {
    for (const output of observed.outputs) {
      const found = rangeOf(output, results, sample);
      const known = ranges.get(output.tensor);
      ranges.set(output.tensor, known === undefined ? found : join(known, found));
    }
    means.add(results);
  });
  if (rule === undefined || !needsHistogram(rule.method)) return { ranges, means: means.result(), histograms: [] };
  const histograms = await histogramsOf(input, ranges, deps);
  const chosen = [...histograms].map(([tensor, histogram]) => ({ tensor, histogram, ...rangeFrom(histogram, rule) }));
  return {
    ranges: new Map(chosen.map(({ tensor, range }) => [tensor, range])),
    means: means.result(),
    histograms: chosen.map(({ tensor, histogram, range, method }) => {
      return { tensor, ...histogram.range, counts: coarse(histogram), range, method };
    }),
  };
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

async function histogramsOf(
  { model, tensors, samples }: CalibrationInput,
  ranges: ReadonlyMap<string, Range>,
  deps: QuantizeDeps,
): Promise<Map<string, Histogram>> {
  const histograms = new Map(tensors.map((tensor) => [tensor, new Histogram(ranges.get(tensor) as Range)]));
  const session = await openObserved({ proto: expose(model, tensors) }, deps);
  await walk(session, samples, deps, (results) => {
    for (const [tensor, histogram] of histograms) histogram.add(results[tensor]?.data as Float32Array);
  });
  return histograms;
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
