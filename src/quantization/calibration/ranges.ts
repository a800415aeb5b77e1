/** Ranges of tensors, and means of their channels, over all samples. One sample is in memory at a time. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NimifyError } from '../../base/errors.ts';
import type { GraphProto, ModelProto } from '../../onnx/proto.ts';
import type { HostTensor } from '../../onnx/tensor.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import type { Range } from '../affine.ts';
import type { QuantizeDeps } from '../quantizer.ts';
import { type MeanRequest, type ObservedMean, type ObservedTensor, observe, openObserved } from './observed-model.ts';

export interface CalibrationInput {
  readonly model: ModelProto & { graph: GraphProto };
  /** Names of float32 tensors of the main graph. */
  readonly tensors: readonly string[];
  /** Those whose mean per channel is wanted too. */
  readonly means: readonly MeanRequest[];
  readonly samples: SampleSet;
}

export interface Calibration {
  readonly ranges: ReadonlyMap<string, Range>;
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
  const observed = observe(input.model, input.tensors, input.means);
  const session = await openObserved(observed, deps);
  const ranges = new Map<string, Range>();
  const means = new ChannelMeans(observed.means);
  try {
    let done = 0;
    for await (const feeds of samples.samples()) {
      await nextTurn();
      deps.signal.throwIfAborted();
      const results = await session.run(feeds);
      for (const output of observed.outputs) widen(ranges, output, results, `sample ${done + 1} of ${samples.origin}`);
      means.add(results);
      done += 1;
      deps.report(done, samples.count, 'samples');
    }
  } finally {
    await session.release();
  }
  return { ranges, means: means.result() };
}

/** Every element counts alike, in whichever sample it is. */
class ChannelMeans {
  readonly #observed: readonly ObservedMean[];
  readonly #sums = new Map<string, Float64Array>();
  readonly #counts = new Map<string, number>();

  constructor(observed: readonly ObservedMean[]) {
    this.#observed = observed;
  }

  add(results: Readonly<Record<string, HostTensor>>): void {
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

function widen(
  ranges: Map<string, Range>,
  output: ObservedTensor,
  results: Readonly<Record<string, HostTensor>>,
  sample: string,
): void {
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
  const known = ranges.get(output.tensor);
  ranges.set(output.tensor, {
    min: Math.min(min, known?.min ?? min),
    max: Math.max(max, known?.max ?? max),
  });
}
