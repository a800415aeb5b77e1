/**
 * What is wrong with the external data of one tensor, as a list. `external-data.ts` refuses the first problem, the
 * scanner reports all of them. Nothing here opens a file. Rules: ONNX docs/ExternalData.md and its CVE history.
 */
import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { FileRange } from '../bytes.ts';
import { byteLengthOf, dataTypeOf } from '../data-type.ts';
import type { TensorProto } from '../proto.ts';

/** A file that holds tensor data of a model. */
export interface ExternalFile {
  /** As the model names it: relative to the folder of the model, with forward slashes. */
  readonly location: string;
  readonly path: string;
  readonly sizeBytes: number;
}

export type ExternalProblemKind =
  | 'duplicate-key'
  | 'location'
  | 'nul'
  | 'memory-address'
  | 'absolute'
  | 'traversal'
  | 'missing'
  | 'unreadable'
  | 'link'
  | 'special-file'
  | 'hard-link'
  | 'range'
  | 'size';

export interface ExternalProblem {
  readonly kind: ExternalProblemKind;
  /** What is said of the data file, such as "is an absolute path"; for `range` and `size`, what is asked of it. */
  readonly what: string;
  /** The error of the file system, for `missing` and `unreadable`. */
  readonly cause?: unknown;
}

export interface ExternalInspection {
  readonly location: string;
  /** In the order in which a reader would meet them. */
  readonly problems: readonly ExternalProblem[];
  /** Where the file is there and lies where it may, links aside. */
  readonly file?: ExternalFile;
  /** Where the tensor lies, when the range and the size are in order. */
  readonly range?: FileRange;
}

interface LocatedFile {
  readonly problems: readonly ExternalProblem[];
  readonly file?: ExternalFile;
}

/** Inspects the tensors of one model; each data file is looked at once. */
export class ExternalInspector {
  readonly #modelPath: string;
  readonly #files = new Map<string, LocatedFile>();

  constructor(modelPath: string) {
    this.#modelPath = modelPath;
  }

  inspect(tensor: TensorProto): ExternalInspection {
    const { entries, duplicates } = entriesOf(tensor);
    const location = entries.get('location') ?? '';
    const located = this.#files.get(location) ?? this.#locate(location);
    const problems = [...duplicates, ...located.problems];
    if (located.file === undefined) return { location, problems };
    const range = rangeOf(tensor, located.file, entries);
    if ('kind' in range) return { location, problems: [...problems, range], file: located.file };
    return { location, problems, file: located.file, range };
  }

  #locate(location: string): LocatedFile {
    if (this.#files.size >= MAX_FILES) {
      return { problems: [{ kind: 'location', what: `is one of more than ${MAX_FILES} data files` }] };
    }
    const located = locate(location, this.#modelPath);
    this.#files.set(location, located);
    return located;
  }
}

/** Exporters that write a file for each tensor make some thousands; looking for a million would take minutes. */
const MAX_FILES = 20_000;

/** Readers disagree on which of two equal keys counts, so a second one is a problem. */
function entriesOf(tensor: TensorProto): { entries: Map<string, string>; duplicates: ExternalProblem[] } {
  const entries = new Map<string, string>();
  const duplicates: ExternalProblem[] = [];
  for (const { key = '', value = '' } of tensor.externalData) {
    if (entries.has(key)) {
      duplicates.push({ kind: 'duplicate-key', what: `is named by a second ${JSON.stringify(key)}` });
    } else entries.set(key, value);
  }
  return { entries, duplicates };
}

function locate(location: string, modelPath: string): LocatedFile {
  const bad = locationProblem(location);
  if (bad !== undefined) return { problems: [bad] };
  const path = join(dirname(modelPath), ...location.split('/'));
  let stats: Stats;
  let isInside: boolean;
  try {
    stats = statSync(path);
    isInside = leadsInside(path, modelPath);
  } catch (cause) {
    return { problems: [unreachable(cause)] };
  }
  const problems: ExternalProblem[] = [];
  if (!isInside) problems.push({ kind: 'link', what: 'passes through a link that leaves the folder of the model' });
  if (!stats.isFile()) {
    return { problems: [...problems, { kind: 'special-file', what: 'is not a regular file' }] };
  }
  // A hard link may be any file of this disk under a harmless name; ONNX (since 1.21) refuses it, ONNX Runtime does not.
  if (stats.nlink > 1) problems.push({ kind: 'hard-link', what: `is one of ${stats.nlink} hard links to a file` });
  return { problems, file: { location, path, sizeBytes: stats.size } };
}

/** A name that is too long for the file system names no file either. */
const NOT_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);

function unreachable(cause: unknown): ExternalProblem {
  return isSystemError(cause) && NOT_THERE.has(cause.code)
    ? { kind: 'missing', what: 'is not there', cause }
    : { kind: 'unreadable', what: 'cannot be reached', cause };
}

function locationProblem(location: string): ExternalProblem | undefined {
  if (location === '') return { kind: 'location', what: 'names no file' };
  if (location === '__proto__') return { kind: 'location', what: 'has a name that JavaScript keeps for itself' };
  if (location.includes('\0')) return { kind: 'nul', what: 'has a NUL character' };
  if (location.includes('_ORT_MEM_ADDR_')) {
    return { kind: 'memory-address', what: 'is a memory address of a running process' };
  }
  if (isAbsolute(location) || /^[A-Za-z]:/.test(location)) return { kind: 'absolute', what: 'is an absolute path' };
  if (location.split(/[\\/]/).includes('..')) return { kind: 'traversal', what: 'leaves the folder of the model' };
  return location.includes('\\') ? { kind: 'location', what: 'has a backslash' } : undefined;
}

/**
 * True when the real path lies below the folder of the model or below the folder of the file that the model path links
 * to: a Hugging Face cache has links `snapshots/…` for both, and their targets side by side. ONNX Runtime does the same.
 */
function leadsInside(path: string, modelPath: string): boolean {
  const real = realpathSync(path);
  const folders = [realpathSync(dirname(modelPath)), dirname(realpathSync(modelPath))];
  return folders.some((folder) => {
    const inside = relative(folder, real);
    return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
  });
}

function rangeOf(
  tensor: TensorProto,
  file: ExternalFile,
  entries: ReadonlyMap<string, string>,
): FileRange | ExternalProblem {
  const asked = { offset: entries.get('offset'), length: entries.get('length') };
  const offset = decimal(asked.offset ?? '0');
  const length = asked.length === undefined ? file.sizeBytes - offset : decimal(asked.length);
  const isSane = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && length >= 0;
  if (!isSane || offset + length > file.sizeBytes) {
    return { kind: 'range', what: `bytes ${asked.offset ?? 0} + ${asked.length ?? 'rest'} of ${file.sizeBytes}` };
  }
  const dataType = dataTypeOf(tensor.dataType);
  const count = tensor.dims.reduce((product, dim) => product * dim, 1);
  const expected = dataType === undefined ? null : byteLengthOf(dataType, count);
  if (expected === null) return { kind: 'size', what: `values of type ${dataType ?? tensor.dataType ?? 0}` };
  if (expected !== length || tensor.dims.some((dim) => dim < 0)) {
    return { kind: 'size', what: `${length} bytes where dims [${tensor.dims}] of ${dataType} take ${expected}` };
  }
  return { path: file.path, offset, length };
}

function decimal(text: string): number {
  return /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
}
