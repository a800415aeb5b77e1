/** Which array feeds which input, and which of its axes counts samples. */
import { NimifyError } from '../../base/errors.ts';
import type { Dim } from '../../onnx/build.ts';
import { elementCount, type HostTensor } from '../../onnx/tensor.ts';
import { numberReader } from '../../onnx/tensor-numbers.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { Feeds } from '../../runtime/feeds.ts';
import { castTensor } from './cast.ts';
import type { ArrayFile } from './read-arrays.ts';

/** The samples of one file. */
export interface MappedFile {
  readonly count: number;
  /** One per sample; undefined where the file has none. */
  readonly labels: readonly number[] | undefined;
  /** Entries at the end that do not fill a batch of the size that the model fixes. */
  readonly leftOut: number;
  at(index: number): Feeds;
}

/** How one array becomes samples: sample i is the slice of `sampleLength` values from i × `sampleLength`. */
interface Slicing {
  readonly count: number;
  readonly sampleDims: readonly number[];
  readonly leftOut: number;
}

const LABEL_KEYS = ['label', 'labels'];

/**
 * Arrays are found by the name of the input; the only input of a model takes the only array of a file. An array of the
 * rank of the input is cut along axis 0 into pieces as long as the model says (1 where it is dynamic; what does not
 * fill a last piece is left out); an array of one rank more has a sample per entry. An array with one sample serves
 * all samples of the others (a state, a sample rate).
 * @throws NimifyError DATA_MISMATCH
 */
export function mapArrays(file: ArrayFile, inputs: readonly TensorInfo[]): MappedFile {
  const parts = inputs.map((input) => {
    const { key, array } = arrayFor(input, inputs, file);
    const place: Place = { file, key, array, input };
    return { input, slicing: slice(place), array: cast(place) };
  });
  const counts = parts.map((part) => part.slicing.count);
  const count = counts.includes(0) ? 0 : Math.max(...counts);
  const odd = parts.find((part) => part.slicing.count !== count && part.slicing.count !== 1);
  if (odd !== undefined) {
    const told = parts.map((part) => `${part.input.name} ${part.slicing.count}`).join(', ');
    throw new NimifyError('DATA_MISMATCH', `${file.path}: the inputs have different numbers of samples (${told}).`, {
      hint: 'Give every input the same number of samples, or one sample that serves all.',
      details: { path: file.path },
    });
  }
  return {
    count,
    labels: labelsOf(file, inputs, count),
    leftOut: Math.max(...parts.map((part) => part.slicing.leftOut), 0),
    at: (index) =>
      Object.fromEntries(
        parts.map(({ input, slicing, array }) => [input.name, entry(array, slicing, slicing.count === 1 ? 0 : index)]),
      ),
  };
}

interface Place {
  readonly file: ArrayFile;
  readonly key: string;
  readonly array: HostTensor;
  readonly input: TensorInfo;
}

function arrayFor(
  input: TensorInfo,
  inputs: readonly TensorInfo[],
  file: ArrayFile,
): { key: string; array: HostTensor } {
  const named = file.arrays.get(input.name);
  if (named !== undefined) return { key: input.name, array: named };
  const others = [...file.arrays].filter(([key]) => !LABEL_KEYS.includes(key));
  const only = others[0];
  if (inputs.length === 1 && others.length === 1 && only !== undefined) return { key: only[0], array: only[1] };
  const keys = [...file.arrays.keys()].filter((key) => key !== '');
  const found = keys.length === 0 ? 'the file has one array without a name' : `the file has ${keys.join(', ')}`;
  throw new NimifyError('DATA_MISMATCH', `${file.path} has no array for the input ${describeInput(input)}; ${found}.`, {
    hint: `Save it under the names of the inputs: numpy.savez(path, **{${inputs.map(({ name }) => `'${name}': …`).join(', ')}}).`,
    details: { path: file.path, input: input.name, arrays: keys },
  });
}

function slice(place: Place): Slicing {
  const { dims } = place.array;
  const { shape } = place.input;
  if (shape === null) return { count: 1, sampleDims: dims, leftOut: 0 };
  if (dims.length === shape.length + 1 && fits(dims.slice(1), shape))
    return { count: dims[0] ?? 0, sampleDims: dims.slice(1), leftOut: 0 };
  if (dims.length !== shape.length) throw mismatch(place, `has ${dims.length} dimensions`);
  const [first, ...rest] = shape;
  if (first === undefined) return { count: 1, sampleDims: [], leftOut: 0 };
  if (!fits(dims.slice(1), rest)) throw mismatch(place, 'differs behind its first dimension');
  const batch = typeof first === 'number' ? first : 1;
  const count = batch === 0 ? 1 : Math.floor((dims[0] as number) / batch);
  if (count === 0 && dims[0] !== 0) throw mismatch(place, `has fewer than ${batch} entries`);
  return { count, sampleDims: [batch, ...dims.slice(1)], leftOut: (dims[0] as number) - count * batch };
}

function fits(dims: readonly number[], shape: readonly Dim[]): boolean {
  return dims.every((dim, axis) => typeof shape[axis] !== 'number' || shape[axis] === dim);
}

function cast(place: Place): HostTensor {
  const { dataType } = place.input;
  if (dataType === null) throw mismatch(place, 'cannot feed an input that is not a tensor');
  try {
    return castTensor(place.array, dataType);
  } catch (error) {
    throw mismatch(place, `does not fit, ${(error as Error).message}`);
  }
}

/** A view where the values are numbers: nothing is copied. */
function entry(array: HostTensor, slicing: Slicing, index: number): HostTensor {
  const length = elementCount(slicing.sampleDims);
  const { data } = array;
  const from = index * length;
  const part = Array.isArray(data) ? data.slice(from, from + length) : data.subarray(from, from + length);
  return { dataType: array.dataType, dims: slicing.sampleDims, data: part };
}

function labelsOf(file: ArrayFile, inputs: readonly TensorInfo[], count: number): number[] | undefined {
  const key = LABEL_KEYS.find((name) => file.arrays.has(name) && !inputs.some((input) => input.name === name));
  if (key === undefined) return undefined;
  const array = file.arrays.get(key) as HostTensor;
  // With a fixed batch of several entries one sample has several labels: accuracy is then not counted.
  if (count > 0 && array.data.length !== count && array.data.length % count === 0) return undefined;
  const values = Array.from({ length: array.data.length }, (_, index) => numberReader(array)(index));
  if (array.dataType !== 'string' && values.length === count && values.every((value) => Number.isInteger(value)))
    return values;
  throw new NimifyError(
    'DATA_MISMATCH',
    `${file.path}: ${key} ${array.dataType} [${array.dims}] is not one whole number for each of ${count} samples.`,
    { hint: 'Give the class index of each sample, or leave the labels out.', details: { path: file.path, array: key } },
  );
}

function mismatch(place: Place, what: string): NimifyError {
  const { file, key, array, input } = place;
  const name = key === '' ? 'its array' : `array ${key}`;
  return new NimifyError(
    'DATA_MISMATCH',
    `${file.path}: ${name} ${array.dataType} [${array.dims.join(', ')}] ${what}; the input is ${describeInput(input)}.`,
    {
      hint: 'Check the shape that nimify analyze prints, or bind dynamic dimensions with --bind NAME=SIZE.',
      details: { path: file.path, array: key, dims: [...array.dims], input: input.name },
    },
  );
}

/** `input float32 [1, 3, height, ?]` */
export function describeInput(input: TensorInfo): string {
  const shape = input.shape === null ? 'of any rank' : `[${input.shape.map((dim) => dim ?? '?').join(', ')}]`;
  return `${input.name} ${input.dataType ?? 'not a tensor'} ${shape}`;
}
