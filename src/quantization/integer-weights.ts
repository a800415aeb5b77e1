/** Weights of one model as 8-bit initializers: each is read once, quantized once and shared by all who want the same. */

import type { GraphEditor } from '../onnx/graph-editor.ts';
import { loadTensor } from '../onnx/tensor.ts';
import type { WeightType } from './affine.ts';
import type { WeightedNode } from './weighted-nodes.ts';
import {
  type ChannelAffines,
  channelAffines,
  channelLayout,
  quantizeChannels,
  type WeightForm,
  weightForm,
} from './weights.ts';

export interface WeightOptions {
  readonly perChannel: boolean;
  readonly reduceRange: boolean;
  /** int8 when absent. */
  readonly weightType?: WeightType;
}

interface FloatWeight {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array;
  /** Null where one scale serves all. */
  readonly axis: number | null;
}

export interface LoadedWeight extends FloatWeight, ChannelAffines {
  readonly form: WeightForm;
}

/** Names of the initializers of one quantized weight. */
export interface IntegerWeight {
  readonly quantized: string;
  readonly scale: string;
  readonly zeroPoint: string;
  readonly axis: number | null;
  readonly scales: Float32Array;
}

/** The values of the weight of `item`, times `factor`, and the scales that they ask for. */
export function loadWeight(item: WeightedNode, options: WeightOptions, factor = 1): LoadedWeight {
  const loaded = loadTensor(item.weight).data as Float32Array;
  const weight = {
    name: item.node.input[1] as string,
    dims: item.weight.dims,
    data: factor === 1 ? loaded : loaded.map((value) => value * factor),
    axis: options.perChannel ? item.channelAxis : null,
  };
  const { weightType: type = 'int8', reduceRange } = options;
  return withScales(weight, weightForm(type, reduceRange, type === 'int8' || needsOneZeroPoint(item, weight)));
}

/** Channels of a convolution that differ in their zero points took thirteen times as long in ONNX Runtime 1.30. */
function needsOneZeroPoint({ operator }: WeightedNode, { axis }: FloatWeight): boolean {
  return axis !== null && (operator === 'Conv' || operator === 'ConvTranspose');
}

/** @throws NimifyError METHOD_NOT_APPLICABLE when the weight holds NaN or infinite values */
export function withScales(weight: FloatWeight, form: WeightForm): LoadedWeight {
  const { name, dims, data, axis } = weight;
  return { ...weight, form, ...channelAffines(data, channelLayout(dims, axis), form, name) };
}

/** A weight and the integers that it becomes. */
export interface RoundedWeight extends LoadedWeight {
  readonly integers: Int8Array | Uint8Array;
}

export function roundWeight(weight: LoadedWeight): RoundedWeight {
  const layout = channelLayout(weight.dims, weight.axis);
  return { ...weight, integers: quantizeChannels(weight.data, layout, weight, weight.form) };
}

/** Adds `W_quantized`, `W_scale` and `W_zero_point`; scales and zero points have one value or one per channel. */
export function addIntegerWeight(editor: GraphEditor, weight: RoundedWeight): IntegerWeight {
  const { name, dims, axis, scales, zeroPoints, integers } = weight;
  const shape = axis === null ? [] : [scales.length];
  const dataType = weight.form.type;
  return {
    quantized: editor.add(`${name}_quantized`, { dataType, dims, data: integers }),
    scale: editor.add(`${name}_scale`, { dataType: 'float32', dims: shape, data: scales }),
    zeroPoint: editor.add(`${name}_zero_point`, { dataType, dims: shape, data: zeroPoints }),
    axis,
    scales,
  };
}
