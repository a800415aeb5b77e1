/** Samples from recordings: frames in their order with the state that the model had there, or whole recordings. */
import { join } from 'node:path';
import { sha256File } from '../../base/digest.ts';
import { NimifyError } from '../../base/errors.ts';
import type { HostTensor } from '../../onnx/tensor.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { Feeds, SampleSet } from '../../runtime/feeds.ts';
import { type AudioInput, audioInputOf } from '../../tasks/audio/audio-input.ts';
import { type AudioPlan, describeAudio, planAudio } from '../../tasks/audio/audio-plan.ts';
import { isWavName, readMono, readWavHeader, type WavFile } from '../../tasks/audio/wav.ts';
import type { DataPlace, LoadOptions } from './formats.ts';
import { describeInput } from './map-arrays.ts';
import { unreadableData } from './read-arrays.ts';
import { recordStates, type StateTrack } from './recorded-states.ts';
import { digestOfPrepared, limited, sampleSet } from './sample-set.ts';

const WAV_HINT = 'Write it again as PCM: ffmpeg -i FILE -ac 1 out.wav';

/** @throws NimifyError DATA_UNREADABLE, DATA_MISMATCH, DATA_EMPTY, RUNTIME_FAILED */
export async function loadAudio(
  place: DataPlace,
  inputs: readonly TensorInfo[],
  options: LoadOptions,
): Promise<SampleSet> {
  const audio = audioInputOf(inputs, options.model?.outputs ?? []);
  if (audio === null) throw noWaveform(place, inputs);
  const wavs = await readHeaders(place);
  const plan = planAudio(audio, wavs, options.audio ?? NO_SETTINGS);
  const frames = framesOf(wavs, plan);
  const track = await trackOf(audio, frames, plan, options);
  const index = frames.flatMap((recording) => recording.starts.map((start) => ({ wav: recording.wav, start })));
  const used = index.slice(0, track?.states.length ?? index.length);
  const digests: string[] = [];
  for (const { path } of wavs) digests.push(await sha256File(path, options.signal));
  const all = sampleSet({
    origin: place.path,
    isRandom: false,
    count: used.length,
    digest: digestOfPrepared(digests, plan),
    preparation: `${describeAudio(audio, plan, wavs)}${describeRest(place, wavs, plan, index.length - used.length)}`,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(track === null ? {} : { carries: track.carries, sequences: track.sequences }),
    at: async (sample) => {
      const { wav, start } = used[sample] as { wav: WavFile; start: number };
      return { ...(await waveform(wav, start, plan, audio)), ...track?.states[sample] };
    },
  });
  return limited(all, options);
}

const NO_SETTINGS = { sampleRate: null, frameSamples: null, contextSamples: null };

interface Recording {
  readonly wav: WavFile;
  /** The first new sample of each frame. */
  readonly starts: readonly number[];
}

async function readHeaders(place: DataPlace): Promise<WavFile[]> {
  const names = place.names?.filter(isWavName);
  const paths = names?.map((name) => join(place.path, name)) ?? [place.path];
  const wavs: WavFile[] = [];
  for (const path of paths) wavs.push(await readable(path, () => readWavHeader(path)));
  return wavs;
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw unreadableData(path, error, WAV_HINT);
  }
}

function framesOf(wavs: readonly WavFile[], { frameSamples }: AudioPlan): Recording[] {
  const recordings = wavs.map((wav) => {
    const count = frameSamples === null ? Math.min(wav.length, 1) : Math.floor(wav.length / frameSamples);
    return { wav, starts: Array.from({ length: count }, (_, frame) => frame * (frameSamples ?? 0)) };
  });
  if (recordings.some(({ starts }) => starts.length > 0)) return recordings;
  const { path, length } = wavs[0] as WavFile;
  throw new NimifyError('DATA_EMPTY', `${path} has ${length} samples; a frame has ${frameSamples ?? 1}.`, {
    hint: 'Give a longer recording.',
    details: { path, samples: length },
  });
}

async function waveform(wav: WavFile, start: number, plan: AudioPlan, audio: AudioInput): Promise<Feeds> {
  const { frameSamples, contextSamples } = plan;
  const count = contextSamples + (frameSamples ?? wav.length);
  const data = await readable(wav.path, () => readMono(wav, start - contextSamples, count));
  const rank = audio.waveform.shape?.length ?? 2;
  const dims = [...Array<number>(rank - 1).fill(1), count];
  const sound: HostTensor = { dataType: 'float32', dims, data };
  return {
    [audio.waveform.name]: sound,
    ...(audio.rate === null ? {} : { [audio.rate.name]: rateTensor(audio.rate, wav) }),
  };
}

function rateTensor({ dataType, shape }: TensorInfo, { sampleRate }: WavFile): HostTensor {
  const data = dataType === 'int64' ? BigInt64Array.of(BigInt(sampleRate)) : Int32Array.of(sampleRate);
  return { dataType: dataType ?? 'int64', dims: (shape ?? []).map(() => 1), data };
}

/** Null for a model without state: its frames stand alone. */
async function trackOf(
  audio: AudioInput,
  recordings: readonly Recording[],
  plan: AudioPlan,
  options: LoadOptions,
): Promise<StateTrack | null> {
  if (audio.states.length === 0 || options.model === undefined) return null;
  const feeds = recordings.map(({ wav, starts }) => ({
    count: starts.length,
    at: (frame: number) => waveform(wav, starts[frame] as number, plan, audio),
  }));
  return recordStates(options.model, audio.states, feeds, options.signal);
}

function noWaveform(place: DataPlace, inputs: readonly TensorInfo[]): NimifyError {
  const told = inputs.map(describeInput).join(', ');
  return new NimifyError(
    'DATA_MISMATCH',
    `The sound of ${place.path} cannot feed the model: besides a waveform (float32 [1, samples]), its rate and state it takes other inputs (${told}).`,
    {
      hint: 'Calculate the features that the model takes, and give them as .npz files with one array per input.',
      details: { path: place.path, inputs: inputs.map(({ name }) => name) },
    },
  );
}

function describeRest(place: DataPlace, wavs: readonly WavFile[], plan: AudioPlan, unused: number): string {
  const ignored = (place.names?.length ?? wavs.length) - wavs.length;
  const { frameSamples } = plan;
  const left = frameSamples === null ? 0 : wavs.reduce((sum, { length }) => sum + (length % frameSamples), 0);
  return [
    left === 0 ? '' : `; ${left} samples at the end that do not fill a frame left out`,
    unused === 0 ? '' : `; ${unused} frames left out, since their states would fill the memory`,
    ignored === 0 ? '' : `; ${ignored} other files ignored`,
  ].join('');
}
