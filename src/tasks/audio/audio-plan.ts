/** How recordings are cut for a model: by the settings, by its shapes, or by what is known of it. */
import { NimifyError } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import type { AudioInput, Framing } from './audio-input.ts';
import type { WavFile } from './wav.ts';

export interface AudioPlan {
  /** Samples per second. */
  readonly sampleRate: number;
  /** New samples per run; null takes each recording whole. */
  readonly frameSamples: number | null;
  /** Samples of the frame before in front of them; silence at the beginning of a recording. */
  readonly contextSamples: number;
}

/**
 * @param wavs at least one
 * @throws NimifyError DATA_MISMATCH for a rate that is not that of the model (nothing is resampled), or frames of unknown or impossible length
 */
export function planAudio(audio: AudioInput, wavs: readonly WavFile[], settings: Config['audio']): AudioPlan {
  const sampleRate = rateOf(audio, wavs, settings);
  const framing = audio.known?.framings.get(sampleRate);
  return { sampleRate, ...framesOf(audio, framing, settings) };
}

function rateOf(audio: AudioInput, wavs: readonly WavFile[], settings: Config['audio']): number {
  const [first] = wavs as [WavFile];
  const known = settings.sampleRate === null ? [...(audio.known?.framings.keys() ?? [])] : [settings.sampleRate];
  const rate = known.find((candidate) => candidate === first.sampleRate) ?? known[0] ?? first.sampleRate;
  const other = wavs.find((wav) => wav.sampleRate !== rate);
  if (other === undefined) return rate;
  const asked = known.length === 0 ? `${first.path} has ${rate} Hz` : `the model takes ${known.join(' or ')} Hz`;
  throw new NimifyError(
    'DATA_MISMATCH',
    `${other.path} has ${other.sampleRate} Hz, and ${asked}; nothing is resampled.`,
    {
      hint: `ffmpeg -i ${other.path} -ar ${rate} -ac 1 resampled.wav`,
      details: { path: other.path, sampleRate: other.sampleRate, expected: rate },
    },
  );
}

function framesOf(
  { waveform, states }: AudioInput,
  known: Framing | undefined,
  settings: Config['audio'],
): Omit<AudioPlan, 'sampleRate'> {
  const last = waveform.shape?.at(-1);
  const total = typeof last === 'number' ? last : undefined;
  const contextSamples = settings.contextSamples ?? (settings.frameSamples === null ? known?.contextSamples : 0) ?? 0;
  const rest = total === undefined ? known?.frameSamples : total - contextSamples;
  const frameSamples = settings.frameSamples ?? rest ?? null;
  const fits = total === undefined || contextSamples + (frameSamples ?? 0) === total;
  if (fits && (frameSamples ?? 1) > 0) {
    if (frameSamples !== null || states.length === 0) return { frameSamples, contextSamples };
    throw new NimifyError(
      'DATA_MISMATCH',
      `The model carries state and does not say how long a frame of ${waveform.name} is.`,
      {
        hint: 'Give it: --frame-samples N, and --context-samples N where a frame repeats the end of the one before.',
        details: { input: waveform.name },
      },
    );
  }
  throw new NimifyError(
    'DATA_MISMATCH',
    `${waveform.name} takes ${total} samples, and ${frameSamples} new ones with ${contextSamples} of context are ${contextSamples + (frameSamples ?? 0)}.`,
    { hint: 'Change --frame-samples or --context-samples.', details: { input: waveform.name, total: total ?? null } },
  );
}

/** For reports: `audio: 16000 Hz, mono, frames of 512 samples behind 64 of context, state → stateN carried over from zeros`. */
export function describeAudio(audio: AudioInput, plan: AudioPlan, wavs: readonly WavFile[]): string {
  const { sampleRate, frameSamples, contextSamples } = plan;
  const isMixed = wavs.some(({ channels }) => channels > 1);
  const frames = frameSamples === null ? 'whole recordings' : `frames of ${frameSamples} samples`;
  const context = contextSamples === 0 ? '' : ` behind ${contextSamples} of context`;
  const states = audio.states.map(({ input, output }) => `${input.name} → ${output.name}`).join(', ');
  return [
    `audio: ${sampleRate} Hz`,
    isMixed ? 'channels mixed to one' : 'mono',
    `${frames}${context}`,
    ...(states === '' ? [] : [`${states} carried over from zeros`]),
    ...(audio.rate === null ? [] : [`${audio.rate.name} = ${sampleRate}`]),
    ...(audio.known === null ? [] : [`as ${audio.known.name} takes it`]),
  ].join(', ');
}
