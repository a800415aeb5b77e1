/** Generated samples, for speed and for proof that a model runs. They say nothing about accuracy. */
import { sha256 } from '../../base/digest.ts';
import { NimifyError } from '../../base/errors.ts';
import type { DataType } from '../../onnx/data-type.ts';
import { numberToHalf } from '../../onnx/half.ts';
import { elementCount, type HostTensor, type TensorData } from '../../onnx/tensor.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import { imageInputOf } from '../../tasks/image/image-input.ts';
import { guessDims, SIZE_LADDER } from './random-shape.ts';
import { sampleSet } from './sample-set.ts';
import { seededNormal, seededRandom } from './seeded-random.ts';

export interface RandomOptions {
  readonly seed: number;
  /** At most 16 are made. */
  readonly maxSamples?: number;
  readonly signal?: AbortSignal;
}

const MOST_SAMPLES = 16;
/** Half a gigabyte of float32 values for one input: more is a slip of the keyboard. */
const MOST_ELEMENTS = 2 ** 27;

/** Integers stay below this, so that they are valid ids in small vocabularies. */
const SMALL_INTEGER = 10;

/** Integer inputs whose values mean something, by name. */
const KNOWN_INTEGERS: readonly (readonly [RegExp, number])[] = [
  [/mask/i, 1],
  [/type_?ids|segment/i, 0],
  [/^sr$|sample_?rate|sampling_?rate/i, 16000],
];

interface InputPlan {
  readonly name: string;
  readonly dataType: DataType;
  readonly dims: readonly number[];
  readonly isImage: boolean;
}

/**
 * One set per guess of the sizes of dynamic dimensions, likeliest first; a single set where nothing is dynamic.
 * Images are uniform in 0–1, other floats standard normal, uint8 0–255, other integers 0–9 (masks 1), booleans either, strings short words.
 * @param inputs with the bound dimensions filled in
 * @throws NimifyError DATA_MISMATCH for inputs that are no tensors or of types that cannot be made
 */
export function randomCandidates(inputs: readonly TensorInfo[], options: RandomOptions): SampleSet[] {
  const plans = SIZE_LADDER.map((guess) => inputs.map((input) => planInput(input, guessDims(input, guess))));
  const distinct = new Map(plans.map((plan) => [JSON.stringify(plan), plan]));
  return [...distinct.values()].map((plan) => randomSet(plan, options));
}

function planInput(input: TensorInfo, dims: number[]): InputPlan {
  if (input.dataType === null || !Object.hasOwn(MAKERS, input.dataType)) {
    throw new NimifyError(
      'DATA_MISMATCH',
      `Random values cannot be made for the input ${input.name} (${input.dataType ?? 'not a tensor'}).`,
      { hint: 'Give data: --data FILE.npz', details: { input: input.name } },
    );
  }
  if (elementCount(dims) > MOST_ELEMENTS) throw tooLarge(input.name, dims);
  return {
    name: input.name,
    dataType: input.dataType,
    dims,
    isImage: imageInputOf({ ...input, shape: dims }) !== null,
  };
}

function tooLarge(name: string, dims: readonly number[]): NimifyError {
  return new NimifyError(
    'USAGE',
    `A random sample of ${name} [${dims.join(', ')}] would have more than ${MOST_ELEMENTS} values.`,
    {
      hint: 'Give smaller sizes with --bind, or data with --data.',
      details: { input: name, dims },
    },
  );
}

function randomSet(plan: readonly InputPlan[], options: RandomOptions): SampleSet {
  const count = Math.min(options.maxSamples ?? MOST_SAMPLES, MOST_SAMPLES);
  const told = plan.map(({ name, dataType, dims }) => `${name} ${dataType} [${dims.join(', ')}]`).join(', ');
  return sampleSet({
    origin: 'random',
    isRandom: true,
    count,
    digest: sha256(JSON.stringify({ plan, count, seed: options.seed })),
    preparation: `random values, seed ${options.seed}: ${told}`,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    at: async (index) => {
      const random = seededRandom(options.seed * 7919 + index);
      return Object.fromEntries(plan.map((input) => [input.name, randomTensor(input, random)]));
    },
  });
}

type Random = () => number;
type Maker = (count: number, input: InputPlan, random: Random) => TensorData;

const floats =
  (make: (count: number) => Float32Array | Float64Array | Uint16Array, store = (value: number) => value): Maker =>
  (count, input, random) => {
    const next = input.isImage ? random : seededNormal(random);
    const values = make(count);
    for (let i = 0; i < count; i += 1) values[i] = store(next());
    return values;
  };

const integers =
  (make: (values: number[]) => TensorData, most = SMALL_INTEGER): Maker =>
  (count, input, random) => {
    const known = KNOWN_INTEGERS.find(([pattern]) => pattern.test(input.name))?.[1];
    return make(Array.from({ length: count }, () => known ?? Math.floor(random() * most)));
  };

const MAKERS: Partial<Record<DataType, Maker>> = {
  float32: floats((count) => new Float32Array(count)),
  float64: floats((count) => new Float64Array(count)),
  float16: floats((count) => new Uint16Array(count), numberToHalf),
  int8: integers((values) => Int8Array.from(values)),
  uint8: integers((values) => Uint8Array.from(values), 256),
  int16: integers((values) => Int16Array.from(values)),
  uint16: integers((values) => Uint16Array.from(values)),
  int32: integers((values) => Int32Array.from(values)),
  uint32: integers((values) => Uint32Array.from(values)),
  int64: integers((values) => BigInt64Array.from(values, BigInt)),
  uint64: integers((values) => BigUint64Array.from(values, BigInt)),
  bool: integers((values) => Uint8Array.from(values, (value) => Math.min(value, 1)), 2),
  string: (count, _input, random) => Array.from({ length: count }, () => `word${Math.floor(random() * SMALL_INTEGER)}`),
};

function randomTensor(input: InputPlan, random: Random): HostTensor {
  const make = MAKERS[input.dataType] as Maker;
  return { dataType: input.dataType, dims: input.dims, data: make(elementCount(input.dims), input, random) };
}
