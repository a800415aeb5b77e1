/** Opens a model file: structure in memory, tensors left in their files, everything checked before anyone loads it. */
import { closeSync, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import { NimifyError, readError } from '../base/errors.ts';
import { Cursor } from './cursor.ts';
import { decodeModel, decodeTensor } from './decode.ts';
import { type ExternalDataPolicy, type ExternalFile, resolveExternalData } from './external-data.ts';
import { allTensors } from './graph.ts';
import type { GraphProto, ModelProto, TensorProto } from './proto.ts';

/** What the .onnx file itself says; nobody has looked yet where its external data lies. */
export interface ModelStructure {
  readonly path: string;
  /** Of the .onnx file alone, without external data. */
  readonly sizeBytes: number;
  readonly proto: ModelProto & { graph: GraphProto };
}

export interface OnnxModel extends ModelStructure {
  readonly externalFiles: readonly ExternalFile[];
}

/**
 * Reads the structure of `path` and finds its external data. Large tensors stay ranges of their files: the file must
 * not change while it is in use.
 * @throws NimifyError FILE_NOT_FOUND, FILE_UNREADABLE, MODEL_* or EXTERNAL_DATA_*
 */
export function openModel(path: string, policy: ExternalDataPolicy = {}): OnnxModel {
  const structure = readStructure(path);
  return { ...structure, externalFiles: resolveExternalData(allTensors(structure.proto), path, policy) };
}

/**
 * Reads the structure of `path` and nothing else: external data is neither looked for nor checked.
 * @throws NimifyError FILE_NOT_FOUND, FILE_UNREADABLE or MODEL_*
 */
export function readStructure(path: string): ModelStructure {
  const { file, stats } = openFile(path);
  try {
    if (stats.size === 0) {
      throw new NimifyError('MODEL_EMPTY', `${path} is empty (0 bytes).`, {
        hint: 'The export or download that should have filled it did not finish; run it again.',
        details: { path },
      });
    }
    return { path, sizeBytes: stats.size, proto: decode(file, path, stats.size) };
  } finally {
    closeSync(file);
  }
}

/** Bytes of the .onnx file and of its external data. */
export function totalBytes(model: OnnxModel): number {
  return model.externalFiles.reduce((sum, file) => sum + file.sizeBytes, model.sizeBytes);
}

/** The same for a model in memory, which cannot have external data. */
export function parseModel(bytes: Uint8Array): ModelProto & { graph: GraphProto } {
  return checked(decodeModel(new Cursor({ kind: 'memory', bytes })), 'The model');
}

/** Decodes a lone TensorProto, as the `.pb` test data of ONNX holds them. @throws NimifyError MODEL_* */
export function parseTensor(bytes: Uint8Array): TensorProto {
  return decodeTensor(new Cursor({ kind: 'memory', bytes }));
}

function openFile(path: string): { file: number; stats: Stats } {
  try {
    // Opening a pipe would wait for a writer, so the kind of the file is looked at first.
    checkKind(path, statSync(path));
    const file = openSync(path, 'r');
    return { file, stats: fstatSync(file) };
  } catch (error) {
    throw readError(error, path);
  }
}

function checkKind(path: string, stats: Stats): void {
  if (stats.isDirectory()) {
    throw new NimifyError('MODEL_IS_FOLDER', `${path} is a folder, not a model file.`, {
      hint: 'Name the .onnx file in it.',
      details: { path },
    });
  }
  if (!stats.isFile()) {
    throw new NimifyError('FILE_UNREADABLE', `${path} is not a regular file.`, {
      hint: 'Write the model to a file first: its parts are read from there when they are needed.',
      details: { path },
    });
  }
}

function decode(file: number, path: string, sizeBytes: number): ModelProto & { graph: GraphProto } {
  const cursor = new Cursor({ kind: 'file', file, path, sizeBytes });
  const head = cursor.copy(Math.min(64, sizeBytes));
  cursor.position = 0;
  let model: ModelProto;
  try {
    model = decodeModel(cursor);
  } catch (error) {
    const isDamaged = error instanceof NimifyError && error.code !== 'MODEL_LIMIT';
    if (isDamaged && !startsLikeModel(head)) throw notOnnx(path, error);
    throw error;
  }
  return checked(model, path);
}

/**
 * The first tag of a real model is ir_version, or another ModelProto field in its right wire form. Some of those bytes
 * are letters too, but no model has 64 bytes without a control character.
 */
function startsLikeModel(head: Uint8Array): boolean {
  if (head.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)) return false;
  return [0x08, 0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72].includes(head[0] as number);
}

function checked(model: ModelProto, path: string): ModelProto & { graph: GraphProto } {
  const { graph } = model;
  if (model.irVersion === undefined && graph === undefined) throw notOnnx(path);
  if (graph === undefined || (model.opsetImport.length === 0 && (model.irVersion ?? 0) >= 3)) {
    const missing = graph === undefined ? 'graph' : 'opset import';
    throw new NimifyError('MODEL_TRUNCATED', `${path} has no ${missing}: its end is missing.`, {
      hint: 'The file was cut while it was copied or downloaded; get it again and compare its size.',
      details: { path },
    });
  }
  const reserved = [...graph.input, ...graph.output].find(({ name }) => name === '__proto__');
  if (reserved !== undefined) {
    throw new NimifyError('MODEL_MALFORMED', `${path} has an input or output that is called __proto__.`, {
      hint: 'Rename it: JavaScript keeps this name for itself, and onnxruntime-node cannot carry it.',
      details: { path },
    });
  }
  return model as ModelProto & { graph: GraphProto };
}

function notOnnx(path: string, cause?: unknown): NimifyError {
  return new NimifyError('MODEL_NOT_ONNX', `${path} is not an ONNX model: its bytes are not a ModelProto.`, {
    hint: 'Give a model that was exported to ONNX. A Git LFS pointer or an HTML error page under this name looks the same.',
    details: { path },
    cause,
  });
}
