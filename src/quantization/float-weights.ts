/** The float32 weights of a model, in every graph of it, as methods that keep floats in fewer bits see them. */
import { DATA_TYPES, type DataType, dataTypeOf } from '../onnx/data-type.ts';
import type { OnnxModel } from '../onnx/open.ts';
import { type PlacedWeight, placedWeights } from '../onnx/placed-weights.ts';
import type { ModelProto } from '../onnx/proto.ts';
import { elementCount } from '../onnx/tensor.ts';

/** Not those of no elements. */
export function floatWeights({ proto }: { readonly proto: ModelProto }): PlacedWeight[] {
  return [...placedWeights(proto)].filter(
    ({ tensor }) => tensor.dataType === DATA_TYPES.float32.code && elementCount(tensor.dims) > 0,
  );
}

/** A clause that says why there is nothing to do; undefined where there is. */
export function withoutFloatWeights(model: Pick<OnnxModel, 'proto'>): string | undefined {
  if (model.proto.trainingInfo.length > 0) return 'the model has training graphs, which name its weights';
  if (floatWeights(model).length > 0) return undefined;
  const types = new Set([...placedWeights(model.proto)].map(({ tensor }) => dataTypeOf(tensor.dataType)));
  const halves: readonly DataType[] = ['float16', 'bfloat16'];
  const half = halves.find((type) => types.has(type));
  return half === undefined ? 'it has no float32 weight' : `its weights are ${half} already`;
}
