/** What goes into a model and where samples of it come from. */
import type { HostTensor } from '../onnx/tensor.ts';

/** Input name → tensor; one run of a model. */
export type Feeds = Readonly<Record<string, HostTensor>>;

/**
 * A set of samples that can be walked more than once in the same order; memory holds one sample at a time where the
 * format allows it.
 */
export interface SampleSet {
  /** Where the samples come from, for reports: a path, or `random`. */
  readonly origin: string;
  /** True for generated noise: figures measured on it prove nothing about accuracy. */
  readonly isRandom: boolean;
  /** Runs, each usually of batch 1. */
  readonly count: number;
  /** SHA-256 over the content that was read, so that a recipe can name its data. */
  readonly digest: string;
  /** How the data became inputs, in words for the report: `image: RGB, 320×240, (x − 127) / 128`. */
  readonly preparation: string;
  /** The class of each sample where the data says it, in the order of the samples. */
  readonly labels?: readonly number[];
  samples(): AsyncIterable<Feeds>;
  /** The samples with the given indices, in that order. */
  pick(indices: readonly number[]): SampleSet;
}
