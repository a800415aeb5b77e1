/** Sessions of ONNX Runtime in this process, in nimify's own tensor words. */
import type * as OnnxRuntime from 'onnxruntime-node';
import { NimifyError } from '../base/errors.ts';
import type { Dim } from '../onnx/build.ts';
import type { DataType } from '../onnx/data-type.ts';
import { emptyExternalTensor } from '../onnx/external/stays.ts';
import { readStructure } from '../onnx/open.ts';
import type { TensorProto } from '../onnx/proto.ts';
import { bytesOfData, type HostTensor } from '../onnx/tensor.ts';
import type { TensorInfo } from '../onnx/value-info.ts';
import type { Feeds } from './feeds.ts';
import { loadRuntime, type Ort } from './load.ts';

export interface SessionOptions {
  /** Threads inside one operator; 0 or absent lets ONNX Runtime take one per core. */
  readonly threads?: number;
  readonly graphOptimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /** In the order of preference; `cpu` always works. */
  readonly providers?: readonly string[];
  /** Keys of OrtSessionOptions config entries, such as `session.disable_quant_qdq`. */
  readonly configEntries?: Readonly<Record<string, string>>;
  /** Write the optimized model to this path. */
  readonly optimizedModelPath?: string;
}

export interface RuntimeSession {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** What does the work; the CPU when absent. */
  readonly provider?: string;
  /**
   * Runs once. Blocks this thread for the whole inference, as onnxruntime-node does.
   * @param outputNames the outputs to fetch; all that are tensors when absent
   * @throws NimifyError RUNTIME_FAILED
   */
  run(feeds: Feeds, outputNames?: readonly string[]): Promise<Record<string, HostTensor>>;
  release(): Promise<void>;
}

/** How sessions are opened: in this process, or in a guarded one. */
export type OpenSession = (model: string | Uint8Array, options?: SessionOptions) => Promise<RuntimeSession>;

/**
 * Loads a model from a path (needed for external data) or from bytes.
 * @throws NimifyError RUNTIME_NOT_INSTALLED, CUSTOM_OPERATORS, RUNTIME_REFUSED
 */
export async function openSession(model: string | Uint8Array, options: SessionOptions = {}): Promise<RuntimeSession> {
  if (typeof model === 'string') refuseDeadly(model);
  const ort = await loadRuntime();
  const session = await create(ort, model, toOrtOptions(options));
  return {
    inputs: session.inputMetadata.map(toTensorInfo),
    outputs: session.outputMetadata.map(toTensorInfo),
    run: (feeds, outputNames) => run(ort, session, feeds, outputNames),
    release: () => session.release(),
  };
}

/**
 * ONNX Runtime 1.30 ends the whole process when it frees external data of no bytes, so such a model must not reach it.
 * What cannot be read here is left to its own judgement.
 */
function refuseDeadly(path: string): void {
  let tensor: TensorProto | undefined;
  try {
    tensor = emptyExternalTensor(readStructure(path).proto);
  } catch (error) {
    if (!(error instanceof NimifyError)) throw error;
  }
  if (tensor === undefined) return;
  const name = tensor.name ?? '(unnamed)';
  throw new NimifyError('RUNTIME_REFUSED', `${path} has external data of no bytes (tensor ${name}).`, {
    hint: `ONNX Runtime would end the process over it. This mends the model: ${MEND_EXTERNAL}`,
    details: { path, tensor: name },
  });
}

/** Puts into the .onnx file what ONNX Runtime does not take from data files. */
const MEND_EXTERNAL = 'nimify convert MODEL -o FILE --external-data';

async function create(
  ort: Ort,
  model: string | Uint8Array,
  options: OnnxRuntime.InferenceSession.SessionOptions,
): Promise<OnnxRuntime.InferenceSession> {
  try {
    return typeof model === 'string'
      ? await ort.InferenceSession.create(model, options)
      : await ort.InferenceSession.create(model, options);
  } catch (error) {
    throw refused(error);
  }
}

function toOrtOptions(options: SessionOptions): OnnxRuntime.InferenceSession.SessionOptions {
  return {
    logSeverityLevel: 4,
    executionProviders: [...(options.providers ?? ['cpu'])],
    graphOptimizationLevel: options.graphOptimization ?? 'all',
    ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads, interOpNumThreads: 1 }),
    ...(options.optimizedModelPath === undefined ? {} : { optimizedModelFilePath: options.optimizedModelPath }),
    ...(options.configEntries === undefined ? {} : { extra: nested(options.configEntries) }),
  };
}

/** onnxruntime-node flattens nested objects with dots; `a.b: v` becomes `{a: {b: v}}`. */
function nested(entries: Readonly<Record<string, string>>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(entries)) {
    const parts = key.split('.');
    let at = root;
    for (const part of parts.slice(0, -1)) {
      at[part] ??= {};
      at = at[part] as Record<string, unknown>;
    }
    at[parts.at(-1) as string] = value;
  }
  return root;
}

function toTensorInfo(meta: OnnxRuntime.InferenceSession.ValueMetadata): TensorInfo {
  if (!meta.isTensor) return { name: meta.name, dataType: null, shape: null };
  const shape = meta.shape.map((dim): Dim => (typeof dim === 'number' ? dim : dim || null));
  return { name: meta.name, dataType: meta.type as DataType, shape };
}

async function run(
  ort: Ort,
  session: OnnxRuntime.InferenceSession,
  feeds: Feeds,
  outputNames?: readonly string[],
): Promise<Record<string, HostTensor>> {
  // Sequences and maps cannot be fetched; a model that has one beside its tensors runs nevertheless.
  const names = outputNames ?? session.outputMetadata.filter((meta) => meta.isTensor).map((meta) => meta.name);
  try {
    const inputs = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrtTensor(ort, tensor)]));
    const results = await session.run(inputs, [...names]);
    return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, fromOrtTensor(value)]));
  } catch (error) {
    throw new NimifyError('RUNTIME_FAILED', `ONNX Runtime failed to run the model: ${reason(error)}`, {
      hint: 'Check that the inputs have the names, types and shapes that nimify analyze prints.',
      cause: error,
    });
  }
}

/**
 * float16 goes in as 16-bit integers under another name: where Node has Float16Array, the constructor turns the bits into
 * one, and the native part of onnxruntime-node 1.30 then finds no data in it.
 */
function toOrtTensor(ort: Ort, tensor: HostTensor): OnnxRuntime.Tensor {
  const isHalf = tensor.dataType === 'float16';
  const type = isHalf ? 'uint16' : tensor.dataType;
  const value = new ort.Tensor(type as 'float32', tensor.data as Float32Array, [...tensor.dims]);
  return isHalf ? Object.defineProperty(value, 'type', { value: 'float16' }) : value;
}

function fromOrtTensor(value: OnnxRuntime.Tensor): HostTensor {
  const data = value.data as HostTensor['data'];
  const dataType = value.type as DataType;
  if (dataType !== 'float16' || data instanceof Uint16Array) return { dataType, dims: value.dims, data };
  const bytes = bytesOfData(data as unknown as Uint16Array);
  return { dataType, dims: value.dims, data: new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2) };
}

function refused(error: unknown): NimifyError {
  const why = reason(error);
  if (/is not a registered function\/op|No Op registered for|No opset import for domain|domain .* is not/i.test(why)) {
    return new NimifyError('CUSTOM_OPERATORS', `ONNX Runtime does not have an operator of this model: ${why}`, {
      hint: 'Export the model without custom operators, or move that part into pre- or post-processing.',
      cause: error,
    });
  }
  return new NimifyError('RUNTIME_REFUSED', `ONNX Runtime refuses the model: ${why}`, {
    hint: /data from external tensors/.test(why)
      ? `A shape lies in a data file. This mends the model: ${MEND_EXTERNAL}`
      : 'nimify analyze shows opsets, operators and findings of the model.',
    cause: error,
  });
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]?.trim() ?? 'unknown reason';
}
