/** The smallest and largest value of each tensor over all samples. One sample is in memory at a time. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NimifyError } from '../../base/errors.ts';
import type { ExternalFile } from '../../onnx/external-data.ts';
import type { GraphProto, ModelProto } from '../../onnx/proto.ts';
import type { HostTensor } from '../../onnx/tensor.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import type { Range } from '../affine.ts';
import type { QuantizeDeps } from '../quantizer.ts';
import { type ObservedTensor, observe, openObserved } from './observed-model.ts';

export interface CalibrationInput {
  readonly model: ModelProto & { graph: GraphProto };
  readonly externalFiles: readonly ExternalFile[];
  /** Names of float32 tensors of the main graph. */
  readonly tensors: readonly string[];
  readonly samples: SampleSet;
}

/**
 * Runs every sample once; samples may differ in shape.
 * @throws NimifyError DATA_EMPTY, DATA_NOT_FINITE, RUNTIME_*; or the abort reason of the signal
 */
export async function calibrateRanges(input: CalibrationInput, deps: QuantizeDeps): Promise<Map<string, Range>> {
  const { samples } = input;
  if (samples.count === 0) {
    throw new NimifyError('DATA_EMPTY', `${samples.origin} has no sample to calibrate with.`, {
      hint: 'Give a folder or file with --data PATH.',
    });
  }
  const observed = observe(input.model, input.tensors);
  const session = await openObserved(observed, input.externalFiles, deps.temporaryFolder, deps.signal);
  const ranges = new Map<string, Range>();
  try {
    let done = 0;
    for await (const feeds of samples.samples()) {
      await nextTurn();
      deps.signal.throwIfAborted();
      const results = await session.run(feeds);
      for (const output of observed.outputs) widen(ranges, output, results, `sample ${done + 1} of ${samples.origin}`);
      done += 1;
      deps.report(done, samples.count, 'samples');
    }
  } finally {
    await session.release();
  }
  return ranges;
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
