/**
 * Every error that a user may meet, in one table: `nimify help errors`, the JSON envelope and the exit code come from it.
 * Judgements about a model are not errors: see findings.ts.
 */

import { tmpdir } from 'node:os';

/** Exit codes of the command line; `nimify help exit-codes` prints this table. */
export const EXIT_CODES = {
  0: 'done',
  1: 'a bug in nimify',
  2: 'usage or configuration',
  3: 'findings at or above --fail-on',
  4: 'model unreadable or unsupported',
  5: 'an outside tool or service failed or is missing',
  130: 'interrupted',
} as const;

export type ExitCode = keyof typeof EXIT_CODES;

interface ErrorKind {
  readonly exitCode: ExitCode;
  /** One sentence that explains the code apart from any occurrence. */
  readonly summary: string;
}

export const ERRORS = {
  USAGE: { exitCode: 2, summary: 'A command, an argument or a flag is unknown, missing or has a wrong value.' },
  CONFIG_INVALID: {
    exitCode: 2,
    summary: 'The configuration (file, environment or flags) has problems; all are listed.',
  },
  CONFIG_UNREADABLE: {
    exitCode: 2,
    summary: 'The configuration file is missing, unreadable or not valid YAML or JSON.',
  },
  CONFIG_EXISTS: {
    exitCode: 2,
    summary: 'A configuration file is already there and is not overwritten without --force.',
  },
  OUTPUT_EXISTS: { exitCode: 2, summary: 'The output path is already there and is not overwritten without --force.' },
  OUTPUT_UNWRITABLE: {
    exitCode: 5,
    summary: 'The output path cannot be written: missing permission or a read-only file system.',
  },
  DISK_FULL: { exitCode: 5, summary: 'The disk has no room left for what is being written.' },
  FILE_NOT_FOUND: { exitCode: 4, summary: 'The file or folder is not there.' },
  FILE_UNREADABLE: { exitCode: 4, summary: 'The file is there but cannot be read.' },
  SOURCE_UNSUPPORTED: { exitCode: 2, summary: 'No registered source understands this model reference.' },
  MODEL_EMPTY: { exitCode: 4, summary: 'The model file has no bytes.' },
  MODEL_IS_FOLDER: { exitCode: 4, summary: 'The model path is a folder that does not hold exactly one .onnx file.' },
  MODEL_NOT_ONNX: { exitCode: 4, summary: 'The bytes of the file are not an ONNX model.' },
  MODEL_TRUNCATED: { exitCode: 4, summary: 'The model file ends in the middle of a message.' },
  MODEL_MALFORMED: { exitCode: 4, summary: 'The model breaks a rule of the ONNX format.' },
  MODEL_LIMIT: { exitCode: 4, summary: 'The model is beyond a safety limit (nesting, counts, sizes).' },
  EXTERNAL_DATA_MISSING: { exitCode: 4, summary: 'A file that holds external tensor data is missing.' },
  EXTERNAL_DATA_UNSAFE: {
    exitCode: 4,
    summary: 'External tensor data points outside of the folder of the model, or through a link.',
  },
  EXTERNAL_DATA_RANGE: {
    exitCode: 4,
    summary: 'External tensor data lies outside of its file or does not match the dims of its tensor.',
  },
  SCAN_REFUSED: {
    exitCode: 3,
    summary: 'The scanner found what may harm; create lets it pass only with --allow RULE.',
  },
  CUSTOM_OPERATORS: { exitCode: 4, summary: 'The model needs operators of a domain that ONNX Runtime does not have.' },
  OPSET_UNSUPPORTED: { exitCode: 4, summary: 'An operator cannot be converted to the opset that a method needs.' },
  RUNTIME_NOT_INSTALLED: {
    exitCode: 5,
    summary: 'The package onnxruntime-node is not installed or its library does not load.',
  },
  RUNTIME_REFUSED: { exitCode: 4, summary: 'ONNX Runtime refuses to load the model.' },
  MODEL_NOT_SERVABLE: {
    exitCode: 4,
    summary: 'The model has inputs or outputs that the V2 inference protocol or its max_batch_size does not allow.',
  },
  RUNTIME_CRASHED: { exitCode: 4, summary: 'ONNX Runtime crashed on a model that was opened in a guarded process.' },
  RUNTIME_TIMEOUT: { exitCode: 4, summary: 'ONNX Runtime took longer on a guarded model than it may.' },
  RUNTIME_MEMORY: { exitCode: 4, summary: 'ONNX Runtime took more memory for a guarded model than it may.' },
  RUNTIME_FAILED: { exitCode: 4, summary: 'ONNX Runtime failed while running the model on given inputs.' },
  INPUT_SHAPE_UNKNOWN: {
    exitCode: 2,
    summary: 'A dynamic dimension of an input needs a value; give --bind NAME=SIZE or data.',
  },
  DATA_UNREADABLE: { exitCode: 2, summary: 'The calibration or evaluation data cannot be read.' },
  DATA_MISMATCH: { exitCode: 2, summary: 'The data does not fit the inputs of the model.' },
  DATA_EMPTY: { exitCode: 2, summary: 'The data folder or file holds no sample.' },
  DATA_NOT_FINITE: {
    exitCode: 2,
    summary: 'Calibration met NaN or infinite values; the tensor and the sample are named.',
  },
  METHOD_UNKNOWN: { exitCode: 2, summary: 'No quantizer of this name is registered.' },
  METHOD_NOT_APPLICABLE: {
    exitCode: 4,
    summary: 'The quantizer has nothing to do in this model, or the model lacks what it needs.',
  },
  METHOD_NOT_FOR_TARGET: {
    exitCode: 2,
    summary: 'The quantizer makes models that are slow or refused where this one is going to run.',
  },
  BUDGET_NOT_MET: { exitCode: 3, summary: 'No quantized model holds the budget of accuracy and pays.' },
  OUTPUTS_DIFFER: { exitCode: 4, summary: 'Two models cannot be compared because their inputs or outputs differ.' },
  ARTIFACT_UNKNOWN: { exitCode: 2, summary: 'No artifact of this name is registered.' },
  TEMPLATE_INVALID: { exitCode: 1, summary: 'A template names a value that it was not given.' },
  SERVICE_INVALID: { exitCode: 4, summary: 'The folder is not a service folder that nimify wrote.' },
  SERVICE_NAME_INVALID: {
    exitCode: 2,
    summary: 'The service name is not a DNS label (a-z, 0-9, -, at most 63 characters).',
  },
  CATALOG_UNREADABLE: { exitCode: 5, summary: 'The catalog database cannot be opened or is damaged.' },
  CATALOG_NEWER: { exitCode: 5, summary: 'The catalog was written by a newer nimify.' },
  CATALOG_BUSY: { exitCode: 5, summary: 'Another process kept the catalog locked for longer than nimify waits.' },
  CATALOG_NOT_FOUND: { exitCode: 2, summary: 'The catalog has no model or version of this name.' },
  CATALOG_NOT_INSTALLED: {
    exitCode: 5,
    summary: 'The package better-sqlite3 is not installed or its binary does not fit this Node.',
  },
  BLOB_CORRUPT: { exitCode: 5, summary: 'The stored bytes do not have the digest that they are named by.' },
  PORT_IN_USE: { exitCode: 5, summary: 'The port is taken by another process.' },
  TOOL_MISSING: { exitCode: 5, summary: 'An outside program is not installed or not on PATH.' },
  TOOL_FAILED: { exitCode: 5, summary: 'An outside program ended with an error.' },
  INTERRUPTED: { exitCode: 130, summary: 'Stopped by Ctrl-C or a termination signal; partial output was removed.' },
  BUG: { exitCode: 1, summary: 'An error that nimify did not foresee.' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export interface ErrorOptions {
  /** The next thing to type or to change, as a sentence or a command. */
  readonly hint?: string;
  readonly details?: Readonly<Record<string, JsonValue>>;
  readonly cause?: unknown;
}

/** What scripts receive in the `error` field of the JSON envelope. */
export interface ErrorDocument {
  readonly code: ErrorCode;
  readonly message: string;
  readonly exitCode: ExitCode;
  readonly hint?: string;
  readonly details?: Readonly<Record<string, JsonValue>>;
}

/** The only error that rooms throw on purpose. The message says what happened to which value and where. */
export class NimifyError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, JsonValue>> | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'NimifyError';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }

  get exitCode(): ExitCode {
    return ERRORS[this.code].exitCode;
  }

  toJSON(): ErrorDocument {
    return {
      code: this.code,
      message: this.message,
      exitCode: this.exitCode,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}

/** True for errors of the operating system that carry a code such as ENOENT. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';
}

/** Translates an error met while writing `path`; anything that is not from the file system comes back unchanged. */
export function writeError(error: unknown, path: string): unknown {
  if (!isSystemError(error)) return error;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return new NimifyError('DISK_FULL', `No room left on the disk while writing ${path}.`, {
      hint: path.startsWith(tmpdir())
        ? 'Free some space there, or set TMPDIR to a folder with more.'
        : 'Free some space or choose another output folder.',
      details: { path },
      cause: error,
    });
  }
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOENT', 'EISDIR', 'EEXIST', 'ENAMETOOLONG'].includes(error.code)) {
    return new NimifyError('OUTPUT_UNWRITABLE', `Cannot write ${path} (${error.code}).`, {
      hint: 'Choose a writable output path.',
      details: { path, systemCode: error.code },
      cause: error,
    });
  }
  return error;
}

/** Translates an error met while reading `path`; anything that is not from the file system comes back unchanged. */
export function readError(error: unknown, path: string): unknown {
  if (!isSystemError(error)) return error;
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
    return new NimifyError('FILE_NOT_FOUND', `${path} does not exist.`, {
      hint: 'Check the spelling of the path.',
      details: { path },
      cause: error,
    });
  }
  if (['EACCES', 'EPERM', 'EISDIR', 'ELOOP', 'EIO'].includes(error.code)) {
    return new NimifyError('FILE_UNREADABLE', `${path} cannot be read (${error.code}).`, {
      hint: 'Check the permissions of the file.',
      details: { path, systemCode: error.code },
      cause: error,
    });
  }
  return error;
}
