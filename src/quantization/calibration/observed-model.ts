/** A model that tells the range of its tensors instead of its results, and a session of it. */
import { join } from 'node:path';
import { makeNode, makeValueInfo } from '../../onnx/build.ts';
import { type Encoded, encodedBytes, encodeModel } from '../../onnx/encode.ts';
import { isExternal } from '../../onnx/external-data.ts';
import { allTensors } from '../../onnx/graph.ts';
import { GraphEditor } from '../../onnx/graph-editor.ts';
import type { GraphProto, ModelProto } from '../../onnx/proto.ts';
import { writeModel } from '../../onnx/write.ts';
import { openSession, type RuntimeSession } from '../../runtime/session.ts';
import type { QuantizeDeps } from '../quantizer.ts';

/** Above this a model goes to ONNX Runtime through a file: in memory it would be there twice. */
const MAX_BYTES_IN_MEMORY = 2 ** 30;

/** Names of the three scalar outputs that describe one tensor. */
export interface ObservedTensor {
  readonly tensor: string;
  readonly min: string;
  readonly max: string;
  /** Minimum and maximum may pass over NaN; the sum does not. */
  readonly sum: string;
}

/** A tensor whose mean per channel is asked for. */
export interface MeanRequest {
  readonly tensor: string;
  /** All axes but the one of the channels, which has `channels` entries. */
  readonly axes: readonly number[];
  readonly channels: number;
}

/** Names of the outputs that describe the mean of one tensor: sums per channel, and elements in all. */
export interface ObservedMean extends MeanRequest {
  readonly sums: string;
  readonly size: string;
}

export interface ObservedModel {
  readonly proto: ModelProto & { graph: GraphProto };
  readonly outputs: readonly ObservedTensor[];
  readonly means: readonly ObservedMean[];
}

/** The outputs of `model` are replaced; `model` stays as it is. Tensors must be float32 and of the main graph. */
export function observe(
  model: ModelProto & { graph: GraphProto },
  tensors: readonly string[],
  meanRequests: readonly MeanRequest[],
): ObservedModel {
  const editor = new GraphEditor({ ...model.graph, initializer: [...model.graph.initializer] });
  const outputs = tensors.map((tensor) => ({
    tensor,
    min: editor.fresh(`${tensor}_min`),
    max: editor.fresh(`${tensor}_max`),
    sum: editor.fresh(`${tensor}_sum`),
  }));
  const reduce = (operator: string, tensor: string, name: string) =>
    makeNode(operator, [tensor], [name], { name, attributes: { keepdims: 0n } });
  const nodes = outputs.flatMap(({ tensor, min, max, sum }) => [
    reduce('ReduceMin', tensor, min),
    reduce('ReduceMax', tensor, max),
    reduce('ReduceSum', tensor, sum),
  ]);
  const output = nodes.map((node) => makeValueInfo(node.output[0] as string, 'float32', []));
  const means = meanRequests.map((request) => ({
    ...request,
    sums: editor.fresh(`${request.tensor}_channel_sums`),
    size: editor.fresh(`${request.tensor}_size`),
  }));
  for (const { tensor, axes, channels, sums, size } of means) {
    const data = BigInt64Array.from(axes, BigInt);
    const axesName = editor.add(`${tensor}_axes`, { dataType: 'int64', dims: [axes.length], data });
    const attributes = { keepdims: 0n };
    nodes.push(makeNode('ReduceSum', [tensor, axesName], [sums], { name: sums, attributes }));
    nodes.push(makeNode('Size', [tensor], [size], { name: size }));
    output.push(makeValueInfo(sums, 'float32', [channels]), makeValueInfo(size, 'int64', []));
  }
  const graph = { ...editor.graph, node: [...model.graph.node, ...nodes], output };
  return { proto: { ...model, graph }, outputs, means };
}

/** `model` with nothing but the given float32 tensors as outputs. */
export function expose(model: ObservedModel['proto'], tensors: readonly string[]): ObservedModel['proto'] {
  return {
    ...model,
    graph: { ...model.graph, output: tensors.map((tensor) => makeValueInfo(tensor, 'float32', null)) },
  };
}

/** False for models that ONNX Runtime has to read from a file. */
export function fitsInMemory(model: ModelProto, encoded: Encoded): boolean {
  if (encoded.sizeBytes > MAX_BYTES_IN_MEMORY) return false;
  for (const tensor of allTensors(model)) if (isExternal(tensor)) return false;
  return true;
}

/** Loads it; a large one, or one with data in other files, is first written to the temporary folder. */
export async function openObserved(model: Pick<ObservedModel, 'proto'>, deps: QuantizeDeps): Promise<RuntimeSession> {
  const { temporaryFolder: folder, signal } = deps;
  const open = deps.openSession ?? openSession;
  const encoded = encodeModel(model.proto);
  const options = { graphOptimization: 'basic' } as const;
  if (fitsInMemory(model.proto, encoded)) return await open(encodedBytes(encoded), options);
  const path = join(folder, 'calibration', 'model.onnx');
  await writeModel(model.proto, path, { force: true, whenTooLarge: 'external', isTemporary: true, signal });
  return await open(path, options);
}
