/** Weights of one model as int8 initializers: each is read once, quantized once and shared by all who want the same. */

import type { GraphEditor } from '../onnx/graph-editor.ts';
import { loadTensor } from '../onnx/tensor.ts';
import type { WeightedNode } from './weighted-nodes.ts';
import { channelLayout, channelScales, quantizeChannels } from './weights.ts';

export interface WeightOptions {
  readonly perChannel: boolean;
  readonly reduceRange: boolean;
}

export interface LoadedWeight {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array;
  /** Null where one scale serves all. */
  readonly axis: number | null;
  readonly scales: Float32Array;
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
  const name = item.node.input[1] as string;
  const loaded = loadTensor(item.weight).data as Float32Array;
  const data = factor === 1 ? loaded : loaded.map((value) => value * factor);
  const axis = options.perChannel ? item.channelAxis : null;
  const scales = channelScales(data, channelLayout(item.weight.dims, axis), options.reduceRange, name);
  return { name, dims: item.weight.dims, data, axis, scales };
}

/** A weight and the integers that it becomes. */
export interface RoundedWeight extends LoadedWeight {
  readonly integers: Int8Array;
}

export function roundWeight(weight: LoadedWeight, reduceRange: boolean): RoundedWeight {
  const layout = channelLayout(weight.dims, weight.axis);
  return { ...weight, integers: quantizeChannels(weight.data, layout, weight.scales, reduceRange) };
}

/** Adds `W_quantized`, `W_scale` and `W_zero_point`; scales and zero points have one value or one per channel. */
export function addIntegerWeight(editor: GraphEditor, weight: RoundedWeight): IntegerWeight {
  const { name, dims, axis, scales, integers } = weight;
  const shape = axis === null ? [] : [scales.length];
  return {
    quantized: editor.add(`${name}_quantized`, { dataType: 'int8', dims, data: integers }),
    scale: editor.add(`${name}_scale`, { dataType: 'float32', dims: shape, data: scales }),
    zeroPoint: editor.add(`${name}_zero_point`, { dataType: 'int8', dims: shape, data: new Int8Array(scales.length) }),
    axis,
    scales,
  };
}
