/**
 * One request that the model takes, for examples, clients and load: a size for every open dim and one value for every
 * input. Sizes and values are chosen by names, as people choose them; what has no telling name gets 1 and zero.
 */
import { byteLengthOf, DATA_TYPES, type DataType } from '../onnx/data-type.ts';
import { tritonType } from '../runtime/triton/types.ts';
import { batching } from './batching.ts';
import { servedTensors } from './served-tensors.ts';
import type { ServiceFacts, TensorFacts } from './service-facts.ts';
import { requestShape } from './tensors.ts';

export interface SampleTensor {
  readonly name: string;
  /** In the V2 protocol. */
  readonly datatype: string;
  /** As JSON carries one element; null: only the binary extension can. */
  readonly json: 'number' | 'integer' | 'boolean' | 'string' | null;
  readonly shape: readonly number[];
  readonly count: number;
  /** Every element has it. */
  readonly value: number | boolean | string;
  /** One element as binary data carries it: little-endian, strings behind their length. */
  readonly element: Uint8Array;
}

/** Larger inputs are zeros in every byte and are shown in binary form: numbers as text would be megabytes. */
export const MAX_SHOWN_ELEMENTS = 64;

const SAMPLE_TOKENS = 16;
const SAMPLE_PIXELS = 224;
/** 32 ms at 16 kHz. */
const SAMPLE_SOUND = 512;

const SAMPLING_RATE = /^(sr|sampl(e|ing)_?rate)$/i;

/** What a symbol is by its name → the size that is taken; the first that fits. */
const SIZES: readonly (readonly [RegExp, number])[] = [
  [/batch|^n$|^b$/i, 1],
  [/^past/i, 0],
  [/seq|token|^length$|^len$|total/i, SAMPLE_TOKENS],
  [/height|width|^h$|^w$/i, SAMPLE_PIXELS],
];

/** Inputs that zero would not suit → a value that is legal wherever such an input exists. */
const VALUES: readonly (readonly [RegExp, number])[] = [
  // Attention over nothing is a division by zero.
  [/mask/i, 1],
  [SAMPLING_RATE, 16_000],
];

const ZEROS = { number: 0, integer: 0, boolean: false, string: '' } as const;

export function sampleInputs(facts: ServiceFacts): SampleTensor[] {
  return servedTensors(facts, 'inputs').map((input) => sampleTensor(input, facts));
}

function sampleTensor(input: TensorFacts, facts: ServiceFacts): SampleTensor {
  const { protocol, json } = tritonType(input.dataType) ?? { protocol: 'INVALID', json: null };
  const shape = sampleShape(input, facts);
  const count = shape.reduce((product, size) => product * size, 1);
  const value = sampleValue(input, json, count);
  const element = elementBytes(input.dataType, value);
  return { name: input.name, datatype: protocol, json, shape, count, value, element };
}

function sampleShape(input: TensorFacts, facts: ServiceFacts): number[] {
  const isBatched = batching(facts).maxBatchSize > 0;
  return requestShape(input, isBatched).map((size, axis) => {
    if (size >= 0) return size;
    if (axis === 0 && isBatched) return 1;
    return imageSize(input, axis, facts) ?? audioSize(input, axis, facts) ?? namedSize(input.shape?.[axis]);
  });
}

function imageSize({ name, shape }: TensorFacts, axis: number, { preprocessing }: ServiceFacts): number | undefined {
  if (preprocessing?.kind !== 'image' || preprocessing.input !== name || shape?.length !== 4) return undefined;
  const { height, width, layout, channels } = preprocessing;
  const colors = channels === 'gray' ? 1 : 3;
  return (layout === 'nchw' ? [1, colors, height, width] : [1, height, width, colors])[axis];
}

/** A model that takes a sampling rate takes audio: [time] or [batch, time], in which a single sample is no sound. */
function audioSize({ dataType, shape }: TensorFacts, axis: number, { model }: ServiceFacts): number | undefined {
  const isAudio = model.inputs.some(({ name }) => SAMPLING_RATE.test(name)) && /^float/.test(dataType);
  return isAudio && shape !== null && shape.length <= 2 && axis === shape.length - 1 ? SAMPLE_SOUND : undefined;
}

function namedSize(dim: number | string | null | undefined): number {
  return typeof dim === 'string' ? (SIZES.find(([pattern]) => pattern.test(dim))?.[1] ?? 1) : 1;
}

function sampleValue(input: TensorFacts, json: SampleTensor['json'], count: number): SampleTensor['value'] {
  if (json === null) return 0;
  if (count > MAX_SHOWN_ELEMENTS) return ZEROS[json];
  if (json === 'string') return 'text';
  const named = VALUES.find(([pattern]) => pattern.test(input.name))?.[1];
  return named !== undefined && json !== 'boolean' ? fitting(named, input.dataType) : ZEROS[json];
}

function fitting(value: number, dataType: string): number {
  return /int8$/.test(dataType) ? Math.min(value, 1) : value;
}

function elementBytes(dataType: string, value: SampleTensor['value']): Uint8Array {
  if (typeof value === 'string') {
    const text = new TextEncoder().encode(value);
    return Uint8Array.from([text.length, 0, 0, 0, ...text]);
  }
  const size = dataType in DATA_TYPES ? (byteLengthOf(dataType as DataType, 1) ?? 1) : 1;
  const view = new DataView(new ArrayBuffer(size));
  if (dataType === 'float32') view.setFloat32(0, Number(value), true);
  else if (dataType === 'float64') view.setFloat64(0, Number(value), true);
  // Zero in the half floats; the others are integers, small and not negative.
  else
    for (let index = 0; index < Math.min(size, 4); index += 1)
      view.setUint8(index, (Number(value) >> (8 * index)) & 255);
  return new Uint8Array(view.buffer);
}
