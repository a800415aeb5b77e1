/**
 * Tensor data in other files. ONNX Runtime and Triton read these paths too, so a model is refused here, before anybody
 * else sees it, when one of them leaves the folder of the model. Rules: ONNX docs/ExternalData.md and its CVE history.
 */
import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
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
 */
export function resolveExternalData(tensors: Iterable<TensorProto>, modelPath: string): ExternalFile[] {
  const files = new Map<string, ExternalFile>();
  for (const tensor of tensors) {
    if (!isExternal(tensor)) continue;
    const entries = Object.fromEntries(tensor.externalData.map((e) => [e.key ?? '', e.value ?? '']));
    const location = entries.location ?? '';
    const file = files.get(location) ?? checkedFile(location, tensor, modelPath);
    files.set(location, file);
    (tensor as ResolvedTensor)[EXTERNAL_RANGE] = checkedRange(tensor, file, entries);
  }
  return [...files.values()];
}

function checkedFile(location: string, tensor: TensorProto, modelPath: string): ExternalFile {
  const folder = dirname(modelPath);
  const complaint = badLocation(location);
  if (complaint !== undefined) throw unsafe(tensor, location, complaint);
  const path = join(folder, ...location.split('/'));
  let stats: Stats;
  try {
    stats = lstatSync(path);
  } catch (error) {
    if (!isSystemError(error) || (error.code !== 'ENOENT' && error.code !== 'ENOTDIR')) throw readError(error, path);
    throw new NimifyError(
      'EXTERNAL_DATA_MISSING',
      `The data file ${location} of tensor ${name(tensor)} is not there.`,
      {
        hint: `Put it beside the model, at ${path}; an ONNX model with external data is more than one file.`,
        details: { location, path, tensor: name(tensor) },
        cause: error,
      },
    );
  }
  if (stats.isSymbolicLink() && !leadsInside(path, folder))
    throw unsafe(tensor, location, 'is a link that leaves the folder');
  const target = stats.isSymbolicLink() ? statSync(path) : stats;
  if (!leadsInside(path, folder)) throw unsafe(tensor, location, 'passes through a link that leaves the folder');
  if (!target.isFile()) throw unsafe(tensor, location, 'is not a regular file');
  return { location, path, sizeBytes: target.size };
}

function badLocation(location: string): string | undefined {
  if (location === '') return 'names no file';
  if (location.includes('\0')) return 'has a NUL character';
  if (location.includes('_ORT_MEM_ADDR_')) return 'is a memory address of a running process';
  if (isAbsolute(location) || /^[A-Za-z]:/.test(location)) return 'is an absolute path';
  if (location.split(/[\\/]/).includes('..')) return 'leaves the folder of the model';
  return location.includes('\\') ? 'has a backslash' : undefined;
}

function leadsInside(path: string, folder: string): boolean {
  const inside = relative(realpathSync(folder), realpathSync(path));
  return inside !== '' && !inside.startsWith(`..${sep}`) && inside !== '..' && !isAbsolute(inside);
}

function checkedRange(tensor: TensorProto, file: ExternalFile, entries: Record<string, string>): FileRange {
  const offset = decimal(entries.offset ?? '0');
  const length = entries.length === undefined ? file.sizeBytes - offset : decimal(entries.length);
  if (
    !Number.isSafeInteger(offset) ||
    !Number.isSafeInteger(length) ||
    length < 0 ||
    offset + length > file.sizeBytes
  ) {
    throw outOfRange(tensor, file, `bytes ${entries.offset ?? 0} + ${entries.length ?? 'rest'} of ${file.sizeBytes}`);
  }
  const dataType = dataTypeOf(tensor.dataType);
  const expected =
    dataType === undefined
      ? null
      : byteLengthOf(
          dataType,
          tensor.dims.reduce((a, b) => a * b, 1),
        );
  if (expected !== null && expected !== length) {
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

function unsafe(tensor: TensorProto, location: string, complaint: string): NimifyError {
  const shown = JSON.stringify(location);
  return new NimifyError('EXTERNAL_DATA_UNSAFE', `The data file ${shown} of tensor ${name(tensor)} ${complaint}.`, {
    hint: 'Do not trust this model. External data must be regular files in the folder of the model.',
    details: { location, tensor: name(tensor) },
  });
}

function outOfRange(tensor: TensorProto, file: ExternalFile, what: string): NimifyError {
  return new NimifyError('EXTERNAL_DATA_RANGE', `Tensor ${name(tensor)} asks ${file.location} for ${what}.`, {
    hint: 'The model and its data file do not belong together, or one of them was cut.',
    details: { location: file.location, tensor: name(tensor) },
  });
}
