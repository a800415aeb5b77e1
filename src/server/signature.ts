/** Inputs and outputs of a loaded model in the words of the protocol. */
import { NimifyError } from '../base/errors.ts';
import type { GraphProto } from '../onnx/proto.ts';
import { realInputs, type TensorInfo, tensorInfo } from '../onnx/value-info.ts';
import type { ServedModel } from './served-model.ts';
import { type V2Type, v2TypeOf } from './v2-types.ts';

export interface TensorSpec {
  readonly name: string;
  readonly type: V2Type;
  /**
   * The shape of a request: -1 for a dynamic dimension, the batch dimension included. Triton's config knows no empty
   * dims, so that a scalar is `[1]` and one value per row of a batch `[-1, 1]`. Null when the rank is unknown.
   */
  readonly shape: readonly number[] | null;
  /** The last dimension, a 1, exists in requests and responses only: the model itself takes or gives one rank less. */
  readonly isReshaped: boolean;
}

export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** Inputs and outputs as ONNX Runtime tells them. */
export interface SessionInfo {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/**
 * Joins what ONNX Runtime tells (inferred shapes) with the graph (which knows an unknown rank from a scalar).
 * @throws NimifyError MODEL_NOT_SERVABLE for types outside of the protocol and shapes that max_batch_size rules out
 */
export function makeSignature(session: SessionInfo, graph: GraphProto, model: ServedModel): Signature {
  const declared = new Map(
    [...realInputs(graph), ...graph.output].map((value) => [value.name ?? '', tensorInfo(value)]),
  );
  const spec = (info: TensorInfo): TensorSpec => toSpec(info, declared.get(info.name), model);
  return { inputs: session.inputs.map(spec), outputs: session.outputs.map(spec) };
}

function toSpec(info: TensorInfo, declared: TensorInfo | undefined, model: ServedModel): TensorSpec {
  const type = v2TypeOf(info.dataType);
  if (type === undefined) {
    const what = info.dataType === null ? 'is not a tensor' : `has the data type ${info.dataType}`;
    throw notServable(
      model,
      `${info.name} ${what}, which the V2 protocol cannot carry`,
      'Cast it inside of the model.',
    );
  }
  const isRankUnknown = info.shape === null || (info.shape.length === 0 && declared?.shape === null);
  const shape = isRankUnknown ? null : (info.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : -1));
  if (model.maxBatchSize > 0 && shape !== null && shape[0] !== -1) {
    throw notServable(
      model,
      `max_batch_size is ${model.maxBatchSize}, but the first dimension of ${info.name} [${shape}] is not dynamic`,
      'Set max_batch_size: 0 in config.pbtxt.',
    );
  }
  const isReshaped = shape?.length === (model.maxBatchSize > 0 ? 1 : 0);
  return { name: info.name, type, shape: isReshaped ? [...shape, 1] : shape, isReshaped };
}

function notServable(model: ServedModel, why: string, hint: string): NimifyError {
  return new NimifyError('MODEL_NOT_SERVABLE', `${model.path} cannot be served: ${why}.`, {
    hint,
    details: { model: model.name, path: model.path },
  });
}
