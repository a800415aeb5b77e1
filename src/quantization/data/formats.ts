/** The kinds of data that calibration and evaluation read. One line each; code loads on use. */
import type { Config } from '../../config/schema.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import type { RuntimeSession } from '../../runtime/session.ts';
import { isWavName } from '../../tasks/audio/wav.ts';
import { isImageName } from '../../tasks/image/decode.ts';
import { isArrayName, isInputName, isSetName } from './read-arrays.ts';
import { isRowsName, isTextName } from './rows/row-file.ts';

/** What lies at the path of the request. */
export interface DataPlace {
  readonly path: string;
  /** Names of the files directly in the folder, sorted; null for a file. */
  readonly names: readonly string[] | null;
  /** Names of the folders directly in it. */
  readonly folders: readonly string[];
}

export interface LoadOptions {
  /** What is null or absent comes from a preprocessor_config.json, else it is the usual. */
  readonly image: Partial<Config['image']>;
  /** What is null, or absent as a whole, is inferred. */
  readonly audio?: Config['audio'];
  readonly text?: Config['text'];
  /** Files that belong to the model are looked for beside it. */
  readonly modelPath?: string;
  /** The original model: recordings are run through it once where it has state. */
  readonly model?: Pick<RuntimeSession, 'outputs' | 'run'>;
  readonly seed: number;
  /** Beyond this many samples a part is chosen by the seed. */
  readonly maxSamples: number;
  readonly signal?: AbortSignal;
}

export interface DataFormat {
  readonly id: string;
  /** For the message that says what may be given. */
  readonly title: string;
  matches(place: DataPlace): boolean;
  /** @param inputs with the bound dimensions filled in */
  load(place: DataPlace, inputs: readonly TensorInfo[], options: LoadOptions): Promise<SampleSet>;
}

export const DATA_FORMATS: readonly DataFormat[] = [
  {
    id: 'test-sets',
    title: 'a folder of ONNX test data (input_0.pb …, or test_data_set_0 …)',
    matches: ({ names, folders }) => (names?.some(isInputName) ?? false) || folders.some(isSetName),
    load: async (...args) => (await import('./load-test-sets.ts')).loadTestSets(...args),
  },
  {
    id: 'arrays',
    title: 'a .npz, .npy or .pb file',
    matches: ({ path, names }) => names === null && isArrayName(path),
    load: async (...args) => (await import('./load-arrays.ts')).loadArrays(...args),
  },
  {
    id: 'array-folder',
    title: 'a folder of .npz, .npy or .pb files',
    matches: ({ names }) => names?.some(isArrayName) ?? false,
    load: async (...args) => (await import('./load-arrays.ts')).loadArrays(...args),
  },
  {
    id: 'image',
    title: 'an image',
    matches: ({ path, names }) => names === null && isImageName(path),
    load: async (...args) => (await import('./load-images.ts')).loadImages(...args),
  },
  {
    id: 'image-folder',
    title: 'a folder of images',
    matches: ({ names }) => names?.some(isImageName) ?? false,
    load: async (...args) => (await import('./load-images.ts')).loadImages(...args),
  },
  {
    id: 'audio',
    title: 'a .wav file',
    matches: ({ path, names }) => names === null && isWavName(path),
    load: async (...args) => (await import('./load-audio.ts')).loadAudio(...args),
  },
  {
    id: 'audio-folder',
    title: 'a folder of .wav files',
    matches: ({ names }) => names?.some(isWavName) ?? false,
    load: async (...args) => (await import('./load-audio.ts')).loadAudio(...args),
  },
  {
    id: 'rows',
    title: 'a .jsonl, .csv or .txt file',
    matches: ({ path, names }) => names === null && (isRowsName(path) || isTextName(path)),
    load: async (...args) => (await import('./load-rows.ts')).loadRows(...args),
  },
  {
    id: 'rows-folder',
    title: 'a folder of .jsonl or .csv files',
    matches: ({ names }) => names?.some(isRowsName) ?? false,
    load: async (...args) => (await import('./load-rows.ts')).loadRows(...args),
  },
];
