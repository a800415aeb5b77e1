/** What goes into a model and where samples of it come from. */
import type { HostTensor } from '../onnx/tensor.ts';

/** Input name → tensor; one run of a model. */
export type Feeds = Readonly<Record<string, HostTensor>>;

/** What the output of one run is the input of the next. */
export interface Carry {
  readonly output: string;
  readonly input: string;
}

/** Samples `first` … `first + count − 1` follow each other in one recording. */
export interface Sequence {
  readonly first: number;
  readonly count: number;
}

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
  /** SHA-256 over the content that was read and, where it is not fed as it is, how it is prepared: a recipe names its data by it. */
  readonly digest: string;
  /** How the data became inputs, in words for the report: `image: RGB, 320×240, (x − 127) / 128`. */
  readonly preparation: string;
  /** The class of each sample where the data says it, in the order of the samples. */
  readonly labels?: readonly number[];
  /** Equal where the content of two samples is equal; absent where that says nothing (frames of silence, noise). */
  readonly keys?: readonly number[];
  /**
   * For models with recurrent state. The feeds of each sample hold the state that the original model has there; whoever
   * judges another model gives it its own along each of the `sequences`.
   */
  readonly carries?: readonly Carry[];
  /** Cover all samples in order; there where `carries` is. */
  readonly sequences?: readonly Sequence[];
  samples(): AsyncIterable<Feeds>;
  /** The samples with the given indices, in that order. */
  pick(indices: readonly number[]): SampleSet;
}
