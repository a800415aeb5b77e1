/** Decides for a whole model which values lie in which file; nothing is read or written here. */
import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EXTERNAL_RANGE, isExternal, type ResolvedTensor } from '../external-data.ts';
import { allTensors } from '../graph.ts';
import { mapTensors } from '../map-tensors.ts';
import type { ModelProto, TensorProto } from '../proto.ts';
import { tensorByteLength } from '../tensor.ts';
import { dataFileName, defaultDataFile, type LayoutOptions, PAGE_BYTES, type Place, placeTensors } from './layout.ts';
import { type RawValues, rawValues } from './raw-values.ts';
import { overlookedTensors, staysEmbedded } from './stays.ts';
import { asEmbedded, asExternal, type DataEntry } from './tensor-form.ts';

export interface ExternalOptions extends LayoutOptions {
  /** Tensors from this size on are external. */
  readonly thresholdBytes: number;
  /** Name of the first data file; `MODEL_data` when absent. Further ones end in `_1`, `_2` … */
  readonly dataFile?: string;
  /** Also tensors that other readers than ONNX Runtime overlook there; see stays.ts. */
  readonly needsAll?: boolean;
}

/** The threshold is that of the tools of ONNX. */
export const EXTERNAL_DEFAULTS: ExternalOptions = { thresholdBytes: 1024, alignBytes: PAGE_BYTES };

/** A file that has to stand beside the model. */
export interface DataFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly content: readonly PlacedValues[];
}

interface PlacedValues {
  readonly offset: number;
  readonly values: RawValues;
}

export interface TensorSum {
  readonly tensors: number;
  readonly bytes: number;
}

/** A model with every tensor in the form in which it will be written, and the data files that it then needs. */
export interface PlacedModel<M extends ModelProto = ModelProto> {
  readonly proto: M;
  readonly files: readonly DataFile[];
  readonly external: TensorSum;
  readonly embedded: TensorSum;
}

/** Every tensor stays where it is; the files of external ones are to stand beside the model under their names. */
export function keepData<M extends ModelProto>(proto: M, path: string): PlacedModel<M> {
  const files = new Map<string, DataFile>();
  for (const tensor of allTensors(proto) as Iterable<ResolvedTensor>) {
    const range = tensor[EXTERNAL_RANGE];
    const location = tensor.externalData.find(({ key }) => key === 'location')?.value;
    if (range === undefined || location === undefined) continue;
    // `w.bin` and `./w.bin` are one file.
    const target = join(dirname(path), ...location.split('/'));
    if (!files.has(target)) files.set(target, wholeFile(target, range.path));
  }
  return { proto, files: [...files.values()], ...tensorSums(proto) };
}

function wholeFile(path: string, source: string): DataFile {
  const sizeBytes = statSync(source).size;
  const values = { sizeBytes, source: { path: source, offset: 0, length: sizeBytes } };
  return { path, sizeBytes, content: [{ offset: 0, values }] };
}

/** All values in the .onnx file. */
export function embedData<M extends ModelProto>(model: M): PlacedModel<M> {
  const proto = mapTensors(model, embedded);
  return { proto, files: [], ...tensorSums(proto) };
}

function embedded(tensor: ResolvedTensor): TensorProto {
  const range = tensor[EXTERNAL_RANGE];
  return range === undefined ? tensor : asEmbedded(tensor, range);
}

/**
 * Values from the threshold on in data files beside `path`, in the order of the model. Those that were external before
 * are laid out anew; tensors that shared their place in a data file share one again.
 * @throws NimifyError MODEL_MALFORMED when the number of values of a tensor does not fit its dims
 */
export function placeData<M extends ModelProto>(model: M, path: string, options: ExternalOptions): PlacedModel<M> {
  const found = new Map<Identity, RawValues>();
  const overlooked = options.needsAll ? new Set() : overlookedTensors(model);
  for (const tensor of allTensors(model)) {
    if (tensorByteLength(tensor) < options.thresholdBytes || staysEmbedded(tensor) || overlooked.has(tensor)) continue;
    const key = identity(tensor);
    const values = found.has(key) ? undefined : rawValues(tensor);
    if (values !== undefined) found.set(key, values);
  }
  const values = [...found.values()];
  const sizes = values.map(({ sizeBytes }) => sizeBytes);
  const places = placeTensors(sizes, options);
  const name = options.dataFile ?? defaultDataFile(basename(path));
  const entries = new Map<Identity, DataEntry>();
  for (const [index, key] of [...found.keys()].entries()) {
    const { file, offset } = places[index] as Place;
    entries.set(key, { location: dataFileName(name, file), offset, sizeBytes: sizes[index] as number });
  }
  const proto = mapTensors(model, (tensor) => {
    const entry = entries.get(identity(tensor));
    return entry === undefined ? embedded(tensor) : asExternal(tensor, entry);
  });
  return { proto, files: dataFiles(join(dirname(path), name), places, values), ...tensorSums(proto) };
}

/** Two tensors with one place in a data file have one identity; any other tensor is itself. */
type Identity = string | TensorProto;

function identity(tensor: ResolvedTensor): Identity {
  const range = tensor[EXTERNAL_RANGE];
  return range === undefined ? tensor : `${range.path}\0${range.offset}\0${range.length}`;
}

function dataFiles(path: string, places: readonly Place[], values: readonly RawValues[]): DataFile[] {
  const contents: PlacedValues[][] = [];
  for (const [index, { file, offset }] of places.entries()) {
    contents[file] ??= [];
    contents[file].push({ offset, values: values[index] as RawValues });
  }
  return contents.map((content, file) => {
    const last = content.at(-1) as PlacedValues;
    return { path: dataFileName(path, file), sizeBytes: last.offset + last.values.sizeBytes, content };
  });
}

/** Tensors of the whole model, and the bytes of their values. */
export function tensorSums(proto: ModelProto): Pick<PlacedModel, 'external' | 'embedded'> {
  const external = { tensors: 0, bytes: 0 };
  const embedded = { tensors: 0, bytes: 0 };
  for (const tensor of allTensors(proto)) {
    const sum = isExternal(tensor) ? external : embedded;
    sum.tensors += 1;
    sum.bytes += tensorByteLength(tensor);
  }
  return { external, embedded };
}
