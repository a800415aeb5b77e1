/** The kinds of data that calibration and evaluation read. One line each; code loads on use. */
import type { Config } from '../../config/schema.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import type { RuntimeSession } from '../../runtime/session.ts';
import { isWavName } from '../../tasks/audio/wav.ts';
import { isImageName } from '../../tasks/image/decode.ts';
import { isArrayName, isInputName, isSetName } from './read-arrays.ts';
import { isCsvName, isJsonLinesName, isTextName } from './rows/row-file.ts';

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
  /** How its content becomes samples, in a sentence, for `nimify help data`. */
  readonly reads: string;
  matches(place: DataPlace): boolean;
  /** @param inputs with the bound dimensions filled in */
  load(place: DataPlace, inputs: readonly TensorInfo[], options: LoadOptions): Promise<SampleSet>;
}

/** True for a file of such a name, and for a folder with at least one. */
const holds =
  (isName: (name: string) => boolean): DataFormat['matches'] =>
  ({ path, names }) =>
    names === null ? isName(path) : names.some(isName);

/** The first that matches reads the data. */
export const DATA_FORMATS: readonly DataFormat[] = [
  {
    id: 'test-sets',
    title: 'a folder of ONNX test data',
    reads: 'input_0.pb, input_1.pb … are the inputs of one run; each folder test_data_set_N is a sample.',
    matches: ({ names, folders }) => (names?.some(isInputName) ?? false) || folders.some(isSetName),
    load: async (...args) => (await import('./load-test-sets.ts')).loadTestSets(...args),
  },
  {
    id: 'arrays',
    title: '.npz, .npy or .pb files',
    reads:
      'Arrays named after the inputs, cut along axis 0; one with a single entry serves all; label has the classes.',
    matches: holds(isArrayName),
    load: async (...args) => (await import('./load-arrays.ts')).loadArrays(...args),
  },
  {
    id: 'images',
    title: 'images',
    reads:
      'Resized and normalized as --image-mean, --image-std and --image-channels say, else preprocessor_config.json beside the model or the data.',
    matches: holds(isImageName),
    load: async (...args) => (await import('./load-images.ts')).loadImages(...args),
  },
  {
    id: 'audio',
    title: '.wav files',
    reads:
      'PCM or float at the rate of the model, mixed to one channel; cut into frames, with state carried along, where the model takes frames.',
    matches: holds(isWavName),
    load: async (...args) => (await import('./load-audio.ts')).loadAudio(...args),
  },
  {
    id: 'json-lines',
    title: '.jsonl files',
    reads:
      'An object per line: input name → nested numbers, text for the tokenizer of the model, or the path of an image; and a label.',
    matches: holds(isJsonLinesName),
    load: async (...args) => (await import('./load-rows.ts')).loadRows(...args),
  },
  {
    id: 'csv',
    title: '.csv or .tsv files',
    reads:
      'Columns named after the inputs, all side by side as features, text for the tokenizer, or paths of images; and a label.',
    matches: holds(isCsvName),
    load: async (...args) => (await import('./load-rows.ts')).loadRows(...args),
  },
  {
    id: 'text',
    title: 'a .txt file',
    reads: 'A text per line, through tokenizer.json beside the model or the data, or --tokenizer PATH.',
    // Not looked for in folders, where such files tell about the others.
    matches: ({ path, names }) => names === null && isTextName(path),
    load: async (...args) => (await import('./load-rows.ts')).loadRows(...args),
  },
];
