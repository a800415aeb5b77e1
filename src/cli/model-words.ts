/** What the commands that take a model have in common. */
import type { SettingKey } from '../config/settings.ts';

const IMAGE_SETTINGS: readonly SettingKey[] = ['image.mean', 'image.std', 'image.channels', 'image.config'];
const TEXT_SETTINGS: readonly SettingKey[] = ['text.tokenizer', 'text.maxTokens'];
const AUDIO_SETTINGS: readonly SettingKey[] = ['audio.sampleRate', 'audio.frameSamples', 'audio.contextSamples'];
/** Of commands that run models on samples. */
export const MEASURE_SETTINGS: readonly SettingKey[] = [
  'evaluation.maxSamples',
  'quantization.seed',
  ...IMAGE_SETTINGS,
  ...TEXT_SETTINGS,
  ...AUDIO_SETTINGS,
  'runtime.provider',
  'runtime.untrusted',
];

export const MODEL_ARGUMENT = {
  name: 'model',
  description: 'An ONNX file, or a folder with one.',
  completes: 'file',
} as const;
