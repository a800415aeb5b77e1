/** How often a model is right, where the data says what is right. */
import type { HostTensor } from '../onnx/tensor.ts';
import type { TensorInfo } from '../onnx/value-info.ts';
import type { Evaluation } from './evaluation.ts';
import { isFloat, valuesOf } from './output-accumulator.ts';
import { argmax } from './rows.ts';

type Outputs = Readonly<Record<string, HostTensor>>;

export interface AccuracyCounter {
  add(label: number | undefined, original: Outputs, candidate: Outputs): void;
  /** Null where there are no labels, or no output with one row of classes per sample. */
  result(): Evaluation['accuracy'];
}

/** Samples with a negative label are of no class of the model and do not count. The class of a sample is the argmax of the first float output that has one row of at least two entries. */
export function accuracyCounter(outputs: readonly TensorInfo[]): AccuracyCounter {
  const counts = { samples: 0, original: 0, candidate: 0 };
  return {
    add(label, original, candidate) {
      if (label === undefined || label < 0) return;
      const name = outputs.find((output) => isFloat(output.dataType) && isOneRow(original[output.name]))?.name;
      if (name === undefined) return;
      counts.samples += 1;
      if (classOf(original[name]) === label) counts.original += 1;
      if (classOf(candidate[name]) === label) counts.candidate += 1;
    },
    result: () =>
      counts.samples === 0
        ? null
        : { original: counts.original / counts.samples, candidate: counts.candidate / counts.samples },
  };
}

function isOneRow(tensor: HostTensor | undefined): boolean {
  return tensor !== undefined && tensor.data.length >= 2 && tensor.data.length === tensor.dims.at(-1);
}

function classOf(tensor: HostTensor | undefined): number {
  return tensor === undefined ? -1 : argmax(valuesOf(tensor), 0, tensor.data.length);
}
