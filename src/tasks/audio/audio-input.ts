/** How a model takes sound: which input is the waveform, in frames of what length, at which rate. */
import type { DataType } from '../../onnx/data-type.ts';
import { type StatePair, statePairs } from '../../onnx/state-pairs.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';

export interface AudioInput {
  /** float32 of rank 1 to 3, whose last axis is time. */
  readonly waveform: TensorInfo;
  /** An integer of one element that takes the samples per second; null where the model has none. */
  readonly rate: TensorInfo | null;
  readonly states: readonly StatePair[];
  /** What is known of models with these inputs. */
  readonly known: KnownModel | null;
}

export interface Framing {
  /** New samples per run. */
  readonly frameSamples: number;
  /** Samples of the frame before that stand in front of them. */
  readonly contextSamples: number;
}

interface KnownModel {
  readonly name: string;
  readonly inputs: readonly string[];
  /** Samples per second → framing; the first is the usual one. */
  readonly framings: ReadonlyMap<number, Framing>;
}

/** Models whose files do not say how they are fed. Sources: OnnxWrapper in snakers4/silero-vad, utils_vad.py of v5 and v4. */
const KNOWN_MODELS: readonly KnownModel[] = [
  {
    name: 'silero-vad 5',
    inputs: ['input', 'sr', 'state'],
    framings: new Map([
      [16000, { frameSamples: 512, contextSamples: 64 }],
      [8000, { frameSamples: 256, contextSamples: 32 }],
    ]),
  },
  {
    name: 'silero-vad 4',
    inputs: ['c', 'h', 'input', 'sr'],
    framings: new Map([
      [16000, { frameSamples: 512, contextSamples: 0 }],
      [8000, { frameSamples: 256, contextSamples: 0 }],
    ]),
  },
];

const RATE_NAME = /^sr$|sample_?rate|sampling_?rate/i;
const INTEGERS: ReadonlySet<DataType | null> = new Set<DataType>(['int32', 'int64']);

/** Null for a model with inputs that are neither a waveform, nor its rate, nor state. */
export function audioInputOf(inputs: readonly TensorInfo[], outputs: readonly TensorInfo[]): AudioInput | null {
  const states = statePairs(inputs, outputs);
  const others = inputs.filter((input) => !states.some((pair) => pair.input === input));
  const rate = others.find((input) => RATE_NAME.test(input.name) && isOneInteger(input)) ?? null;
  const waveforms = others.filter((input) => input !== rate);
  const [waveform] = waveforms;
  if (waveform === undefined || waveforms.length > 1 || !isWaveform(waveform)) return null;
  const names = inputs.map(({ name }) => name).sort();
  const known = KNOWN_MODELS.find((model) => model.inputs.join() === names.join()) ?? null;
  return { waveform, rate, states, known };
}

function isOneInteger({ dataType, shape }: TensorInfo): boolean {
  return INTEGERS.has(dataType) && (shape ?? []).every((dim) => typeof dim !== 'number' || dim === 1);
}

/** Axes in front of time have one entry: one recording, one channel. */
function isWaveform({ dataType, shape }: TensorInfo): boolean {
  if (dataType !== 'float32' || shape === null || shape.length < 1 || shape.length > 3) return false;
  return shape.slice(0, -1).every((dim) => typeof dim !== 'number' || dim === 1);
}
