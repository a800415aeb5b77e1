/** Writes a model and its data files, piece by piece: untouched tensors are copied from where they are. */
import { constants, statSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { NimifyError } from '../base/errors.ts';
import type { ReportProgress } from '../base/events.ts';
import { produceAll, type ReplaceOptions } from '../base/write-files.ts';
import { isFileRange } from './bytes.ts';
import { type Encoded, encodeModel, MAX_MODEL_BYTES } from './encode.ts';
import {
  type DataFile,
  EXTERNAL_DEFAULTS,
  type ExternalOptions,
  embedData,
  keepData,
  type PlacedModel,
  placeData,
  type TensorSum,
} from './external/place-data.ts';
import type { ModelProto } from './proto.ts';
import { TileWriter } from './tile-writer.ts';

/**
 * Where the values go: `keep` leaves each tensor as it is and copies the data files along, `embed` puts all into the .onnx
 * file, options put them into data files.
 */
export type DataPlacement = 'keep' | 'embed' | ExternalOptions;

export interface WriteOptions extends ReplaceOptions {
  /** `keep` when absent. */
  readonly data?: DataPlacement;
  /** What to do where the .onnx file would pass the limit of protobuf; an error when absent. */
  readonly whenTooLarge?: 'external';
  /** For files that do not outlive the run: they are not flushed to the disk. */
  readonly isTemporary?: boolean;
  readonly signal?: AbortSignal;
  readonly report?: ReportProgress;
}

export interface WrittenModel {
  /** The .onnx file first, then the data files that were written for it. */
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  readonly external: TensorSum;
  readonly embedded: TensorSum;
}

/**
 * Writes `model` to `path` with all data files that it needs, whole or not at all. At most one tile of values is in memory.
 * @throws NimifyError MODEL_LIMIT beyond 2 GiB, MODEL_MALFORMED, DISK_FULL, OUTPUT_EXISTS, OUTPUT_UNWRITABLE, or the abort
 *   reason of the signal
 */
export async function writeModel(model: ModelProto, path: string, options: WriteOptions = {}): Promise<WrittenModel> {
  const { placed, encoded } = fitting(model, path, options);
  refuseTwins([...placed.files.map((file) => file.path), path]);
  const files = placed.files.filter((file) => !isThere(file));
  const targets = [...files.map((file) => file.path), path];
  const progress = progressOf(files, encoded, options.report);
  const writer = new TileWriter({ ...options, onWritten: progress });
  try {
    await produceAll(
      targets,
      async (temporaries) => {
        for (const [index, file] of files.entries()) {
          const temporary = temporaries[index] as string;
          if (await isCloned(file, temporary)) progress(file.sizeBytes);
          else await writeData(writer, file, temporary);
        }
        await writeEncoded(writer, encoded, temporaries.at(-1) as string);
      },
      options,
    );
  } finally {
    writer.close();
  }
  const written = files.map(({ path: dataPath, sizeBytes }) => ({ path: dataPath, sizeBytes }));
  return {
    files: [{ path, sizeBytes: encoded.sizeBytes }, ...written],
    external: placed.external,
    embedded: placed.embedded,
  };
}

interface Fitting {
  readonly placed: PlacedModel;
  readonly encoded: Encoded;
}

function fitting(model: ModelProto, path: string, { data = 'keep', whenTooLarge }: WriteOptions): Fitting {
  const placed = place(model, path, data);
  const encoded = encodeModel(placed.proto);
  if (encoded.sizeBytes <= MAX_MODEL_BYTES) return { placed, encoded };
  const isExternal = typeof data === 'object';
  if (isExternal && !data.needsAll) return fitting(model, path, { data: { ...data, needsAll: true } });
  if (!isExternal && whenTooLarge === 'external') return fitting(model, path, { data: EXTERNAL_DEFAULTS });
  throw new NimifyError(
    'MODEL_LIMIT',
    `The model would take ${encoded.sizeBytes} bytes in one file; a protobuf message ends at 2 GiB.`,
    {
      hint: isExternal
        ? 'Lower --threshold: what is left in the .onnx file is too much.'
        : 'Keep its weights in data files: nimify convert MODEL -o FILE --external-data.',
      details: { path, sizeBytes: encoded.sizeBytes },
    },
  );
}

function place(model: ModelProto, path: string, data: DataPlacement): PlacedModel {
  if (data === 'keep') return keepData(model, path);
  return typeof data === 'string' ? embedData(model) : placeData(model, path, data);
}

/** True for a data file that has this content and stands in its place already. */
function isThere(file: DataFile): boolean {
  const source = wholeSource(file);
  const [found, wanted] = [source, file.path].map((path) => path && statSync(path, { throwIfNoEntry: false }));
  return !!found && !!wanted && found.ino === wanted.ino && found.dev === wanted.dev;
}

/** The file of which this one would be a plain copy. */
function wholeSource({ content, sizeBytes }: DataFile): string | undefined {
  const first = content[0]?.values.source;
  if (first === undefined || !isFileRange(first)) return undefined;
  const { path } = first;
  const isCopy = content.every(
    ({ offset, values: { source } }) => isFileRange(source) && source.path === path && source.offset === offset,
  );
  return isCopy && statSync(path, { throwIfNoEntry: false })?.size === sizeBytes ? path : undefined;
}

function refuseTwins(targets: readonly string[]): void {
  const twin = targets.find((target, index) =>
    targets.some((other, at) => at < index && resolve(other) === resolve(target)),
  );
  if (twin === undefined) return;
  throw new NimifyError('USAGE', `${twin} would be the model and its data file at once.`, {
    hint: 'Give the data file another name with --data-file.',
    details: { path: twin },
  });
}

function progressOf(files: readonly DataFile[], encoded: Encoded, report: ReportProgress | undefined) {
  const total = files.reduce((sum, file) => sum + file.sizeBytes, encoded.sizeBytes);
  let done = 0;
  return (bytes: number): void => {
    done += bytes;
    report?.(done, total, 'bytes');
  };
}

async function writeData(writer: TileWriter, file: DataFile, path: string): Promise<void> {
  await writer.write(path, async () => {
    for (const { offset, values } of file.content) {
      await writer.padTo(offset);
      await writer.append(values.source);
    }
  });
}

/** A plain copy that shares its blocks, where the file system can (btrfs, xfs, APFS): it takes no time. */
async function isCloned(file: DataFile, path: string): Promise<boolean> {
  const source = wholeSource(file);
  if (source === undefined) return false;
  try {
    await copyFile(source, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    await rm(path, { force: true });
    return false;
  }
}

async function writeEncoded(writer: TileWriter, encoded: Encoded, path: string): Promise<void> {
  await writer.write(path, async () => {
    for (const piece of encoded.pieces) await writer.append(piece);
  });
}
