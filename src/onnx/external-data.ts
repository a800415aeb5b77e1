/**
 * Tensor data in other files. ONNX Runtime and Triton read these paths too, so a model is refused here, before anybody
 * else sees it, when one of them leaves the folder of the model. Rules: ONNX docs/ExternalData.md and its CVE history.
 */
import { existsSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { isSystemError, NimifyError, readError } from '../base/errors.ts';
import type { FileRange } from './bytes.ts';
import { byteLengthOf, dataTypeOf } from './data-type.ts';
import type { TensorProto } from './proto.ts';

/** Key under which the checked range of an external tensor is kept. */
export const EXTERNAL_RANGE: unique symbol = Symbol('external-range');

export type ResolvedTensor = TensorProto & { [EXTERNAL_RANGE]?: FileRange };

/** A file that holds tensor data of a model. */
export interface ExternalFile {
  /** As the model names it: relative to the folder of the model, with forward slashes. */
  readonly location: string;
  readonly path: string;
  readonly sizeBytes: number;
}

export function isExternal(tensor: TensorProto): boolean {
  return tensor.dataLocation === 1;
}

/**
 * Checks where the data of every external tensor lies and notes the range on the tensor.
 * @returns the files, each once, in the order in which the model names them.
 * @throws NimifyError EXTERNAL_DATA_MISSING, EXTERNAL_DATA_UNSAFE, EXTERNAL_DATA_RANGE, MODEL_MALFORMED
 */
export function resolveExternalData(tensors: Iterable<TensorProto>, modelPath: string): ExternalFile[] {
  const files = new Map<string, ExternalFile>();
  for (const tensor of tensors) {
    if (!isExternal(tensor)) continue;
    const entries = entriesOf(tensor);
    const location = entries.location ?? '';
    const file = files.get(location) ?? checkedFile(location, tensor, modelPath);
    files.set(location, file);
    (tensor as ResolvedTensor)[EXTERNAL_RANGE] = checkedRange(tensor, file, entries);
  }
  return [...files.values()];
}

/** Readers disagree on which of two equal keys counts, so a second one is refused. */
function entriesOf(tensor: TensorProto): Record<string, string> {
  const entries = new Map<string, string>();
  for (const { key = '', value = '' } of tensor.externalData) {
    if (entries.has(key)) throw unsafe(tensor, value, `is named by a second ${JSON.stringify(key)}`);
    entries.set(key, value);
  }
  return Object.fromEntries(entries);
}

function checkedFile(location: string, tensor: TensorProto, modelPath: string): ExternalFile {
  const complaint = badLocation(location);
  if (complaint !== undefined) throw unsafe(tensor, location, complaint);
  const path = join(dirname(modelPath), ...location.split('/'));
  let stats: Stats;
  let isInside: boolean;
  try {
    stats = statSync(path);
    isInside = leadsInside(path, modelPath);
  } catch (error) {
    throw unreachable(error, path, location, tensor, modelPath);
  }
  if (!isInside) throw unsafe(tensor, location, 'passes through a link that leaves the folder of the model');
  if (!stats.isFile()) throw unsafe(tensor, location, 'is not a regular file');
  // A hard link may be any file of this disk under a harmless name; ONNX (since 1.21) refuses it, ONNX Runtime does not.
  if (stats.nlink > 1) {
    const hint = 'If you trust it, replace it by a copy: cp FILE FILE.copy && mv FILE.copy FILE';
    throw unsafe(tensor, location, `is one of ${stats.nlink} hard links to a file`, hint);
  }
  return { location, path, sizeBytes: stats.size };
}

function unreachable(error: unknown, path: string, location: string, tensor: TensorProto, modelPath: string): unknown {
  if (!isSystemError(error) || (error.code !== 'ENOENT' && error.code !== 'ENOTDIR')) return readError(error, path);
  const beside = join(dirname(realpathSync(modelPath)), ...location.split('/'));
  const hint =
    beside !== path && existsSync(beside)
      ? `The model is a link, and the data lies beside its target; give ${realpathSync(modelPath)}.`
      : `Put it beside the model, at ${path}; an ONNX model with external data is more than one file.`;
  return new NimifyError('EXTERNAL_DATA_MISSING', `The data file ${location} of tensor ${name(tensor)} is not there.`, {
    hint,
    details: { location, path, tensor: name(tensor) },
    cause: error,
  });
}

function badLocation(location: string): string | undefined {
  if (location === '') return 'names no file';
  if (location === '__proto__') return 'has a name that JavaScript keeps for itself';
  if (location.includes('\0')) return 'has a NUL character';
  if (location.includes('_ORT_MEM_ADDR_')) return 'is a memory address of a running process';
  if (isAbsolute(location) || /^[A-Za-z]:/.test(location)) return 'is an absolute path';
  if (location.split(/[\\/]/).includes('..')) return 'leaves the folder of the model';
  return location.includes('\\') ? 'has a backslash' : undefined;
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

function checkedRange(tensor: TensorProto, file: ExternalFile, entries: Record<string, string>): FileRange {
  const offset = decimal(entries.offset ?? '0');
  const length = entries.length === undefined ? file.sizeBytes - offset : decimal(entries.length);
  const isSane = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && length >= 0;
  if (!isSane || offset + length > file.sizeBytes) {
    throw outOfRange(tensor, file, `bytes ${entries.offset ?? 0} + ${entries.length ?? 'rest'} of ${file.sizeBytes}`);
  }
  const dataType = dataTypeOf(tensor.dataType);
  const count = tensor.dims.reduce((product, dim) => product * dim, 1);
  const expected = dataType === undefined ? null : byteLengthOf(dataType, count);
  if (expected === null) throw outOfRange(tensor, file, `values of type ${dataType ?? tensor.dataType ?? 0}`);
  if (expected !== length || tensor.dims.some((dim) => dim < 0)) {
    throw outOfRange(tensor, file, `${length} bytes where dims [${tensor.dims}] of ${dataType} take ${expected}`);
  }
  return { path: file.path, offset, length };
}

function decimal(text: string): number {
  return /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
}

function name(tensor: TensorProto): string {
  return tensor.name ?? '(unnamed)';
}

const UNSAFE_HINT = 'Do not trust this model. External data must be regular files in the folder of the model.';

function unsafe(tensor: TensorProto, location: string, complaint: string, hint = UNSAFE_HINT): NimifyError {
  const shown = JSON.stringify(location);
  return new NimifyError('EXTERNAL_DATA_UNSAFE', `The data file ${shown} of tensor ${name(tensor)} ${complaint}.`, {
    hint,
    details: { location, tensor: name(tensor) },
  });
}

function outOfRange(tensor: TensorProto, file: ExternalFile, what: string): NimifyError {
  return new NimifyError('EXTERNAL_DATA_RANGE', `Tensor ${name(tensor)} asks ${file.location} for ${what}.`, {
    hint: 'The model and its data file do not belong together, or one of them was cut.',
    details: { location: file.location, tensor: name(tensor) },
  });
}
