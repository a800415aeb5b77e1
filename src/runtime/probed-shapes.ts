/**
 * Types and shapes of every tensor of the main graph as ONNX Runtime infers them, for operators that only it knows: a copy
 * of the graph in which each intermediate is an output without a type is loaded, and the runtime says what it found.
 * Weights are not loaded: in the copy, initializers beyond a few values are graph inputs.
 */
import { join } from 'node:path';
import { NimifyError } from '../base/errors.ts';
import type { Bindings } from '../onnx/bindings.ts';
import { dataTypeOf } from '../onnx/data-type.ts';
import { encodedBytes, encodeModel } from '../onnx/encode.ts';
import type { OnnxModel } from '../onnx/open.ts';
import type { GraphProto, ModelProto } from '../onnx/proto.ts';
import type { Shapes } from '../onnx/shapes/infer.ts';
import type { TensorInfo } from '../onnx/value-info.ts';
import { writeModel } from '../onnx/write.ts';
import { type OpenSession, openSession, type RuntimeSession, type SessionOptions } from './session.ts';
import { namesOfDims, probeModel, withRankProbes } from './shape-probe.ts';

export interface ProbeOptions {
  /** Symbol or `input:axis` → size, for dynamic dimensions of graph inputs. */
  readonly bind?: Bindings;
  readonly signal: AbortSignal;
  /** Where a copy beyond 200 MB is written; without it, it is held in memory. */
  readonly temporaryFolder?: string;
  /** How sessions are opened; in this process when absent. */
  readonly openSession?: OpenSession;
}

/**
 * Constants are folded, since many exporters calculate shapes in the graph, but nothing large is computed: a few bytes
 * of a hostile model may ask for gigabytes.
 */
const SESSION: SessionOptions = {
  graphOptimization: 'basic',
  threads: 1,
  configEntries: { 'optimization.constant_folding_max_output_size_in_bytes': String(1 << 20) },
};

/** Copies up to here are handed over in memory. */
const MAX_IN_MEMORY_BYTES = 200_000_000;

/**
 * Infers types and shapes of the inputs, outputs, initializers and intermediates of the main graph.
 * Tensors inside subgraphs and function bodies are not among them.
 * @throws NimifyError RUNTIME_REFUSED, CUSTOM_OPERATORS, RUNTIME_NOT_INSTALLED, or of the onnx room while reading small
 *   tensors
 */
export async function probeShapes(model: OnnxModel, options: ProbeOptions): Promise<Shapes> {
  const session = await openProbe(model, options);
  const symbols = namesOfDims(model.proto.graph);
  const found = new Map<string, TensorInfo>();
  for (const info of [...session.inputs, ...session.outputs]) found.set(info.name, named(info, symbols));
  await session.release();
  await settleRanks(model, found, options);
  for (const info of initializerInfos(model.proto.graph)) found.set(info.name, info);
  return Object.fromEntries(found);
}

async function openProbe(model: OnnxModel, options: ProbeOptions): Promise<RuntimeSession> {
  try {
    return await load(probeModel(model.proto, options.bind ?? {}), options);
  } catch (error) {
    throw explained(error);
  }
}

/** Weights in Constant nodes remain in the copy; a large one goes through a file, piece by piece. */
async function load(probe: ModelProto, options: ProbeOptions): Promise<RuntimeSession> {
  options.signal.throwIfAborted();
  const encoded = encodeModel(probe);
  const open = options.openSession ?? openSession;
  if (encoded.sizeBytes <= MAX_IN_MEMORY_BYTES || options.temporaryFolder === undefined) {
    return open(encodedBytes(encoded), SESSION);
  }
  const path = join(options.temporaryFolder, 'shapes.onnx');
  await writeModel(probe, path, { force: true, whenTooLarge: 'external', signal: options.signal });
  return open(path, SESSION);
}

/** Names unknown operators by their own code. */
function explained(error: unknown): unknown {
  if (!(error instanceof NimifyError) || error.code !== 'RUNTIME_REFUSED') return error;
  if (!/No Op registered for/.test(error.message)) return error;
  return new NimifyError('CUSTOM_OPERATORS', error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}

/** Symbols that the runtime made up (`unk__7`) say nothing. */
function named(info: TensorInfo, symbols: ReadonlySet<string>): TensorInfo {
  if (info.shape === null) return info;
  return { ...info, shape: info.shape.map((dim) => (typeof dim === 'string' && !symbols.has(dim) ? null : dim)) };
}

/** The runtime prints `[]` for scalars and for unknown ranks; the shape of a `Shape` node tells them apart. */
async function settleRanks(model: OnnxModel, found: Map<string, TensorInfo>, options: ProbeOptions): Promise<void> {
  const unclear = [...found.values()].filter((info) => info.shape?.length === 0);
  if (unclear.length === 0) return;
  const names = unclear.map((info) => info.name);
  const scalars = await scalarsAmong(model, names, options);
  for (const info of unclear) if (!scalars.has(info.name)) found.set(info.name, { ...info, shape: null });
}

async function scalarsAmong(model: OnnxModel, names: readonly string[], options: ProbeOptions): Promise<Set<string>> {
  const { proto, probes } = withRankProbes(probeModel(model.proto, options.bind ?? {}), names);
  try {
    const session = await load(proto, options);
    const scalars = session.outputs.filter((info) => info.shape?.[0] === 0).map((info) => probes.get(info.name) ?? '');
    await session.release();
    return new Set(scalars);
  } catch (error) {
    // Without the default operator set, for one, there is no `Shape`: then the ranks stay unknown.
    if (!(error instanceof NimifyError)) throw error;
    return new Set();
  }
}

function initializerInfos(graph: GraphProto): TensorInfo[] {
  return graph.initializer.map((tensor) => ({
    name: tensor.name ?? '',
    dataType: dataTypeOf(tensor.dataType) ?? null,
    shape: tensor.dims,
  }));
}
