/** Biases as int32 in the scale of the products that they are added to. */
import { floatAttribute } from '../../onnx/attribute.ts';
import { DATA_TYPES } from '../../onnx/data-type.ts';
import type { GraphEditor } from '../../onnx/graph-editor.ts';
import { loadTensor } from '../../onnx/tensor.ts';
import { roundHalfEven } from '../affine.ts';
import type { WeightedNode } from '../weighted-nodes.ts';

/** A little more than int32 asks for, so that rounding cannot overflow; both are those of ONNX Runtime's tool. */
const MARGIN = 1.0001;
const INT32_SPAN = 2 ** 32 - 2;
const INT32_MAX = 2 ** 31 - 1;

/**
 * The constant bias of the node with one value per output channel, times Gemm's beta. Undefined where there is none,
 * where it is computed, or where it differs from row to row: such a bias stays float.
 */
export function biasPerChannel(item: WeightedNode, editor: GraphEditor): Float32Array | undefined {
  const tensor = editor.constant(item.node.input[2] ?? '');
  if (tensor?.dataType !== DATA_TYPES.float32.code) return undefined;
  const values = loadTensor(tensor).data as Float32Array;
  if (item.operator !== 'Gemm') return values;
  const channels = item.weight.dims[item.channelAxis ?? 1] as number;
  const beta = floatAttribute(item.node, 'beta', 1);
  if (values.length === 1) return new Float32Array(channels).fill((values[0] as number) * beta);
  if (values.length !== channels || tensor.dims.at(-1) !== channels) return undefined;
  return values.map((value) => value * beta);
}

/** A bias may be longer than the scales: they repeat for each group of a ConvTranspose, and one may serve all. */
function scaleAt(scales: Float32Array, index: number): number {
  return scales[index % scales.length] as number;
}

/**
 * Weight scales, raised where `bias / (inputScale · weightScale)` would leave int32. Comes back as `scales` itself when
 * nothing had to change.
 */
export function scalesForBias(scales: Float32Array, bias: Float32Array, inputScale: number): Float32Array {
  let result = scales;
  for (const [index, value] of bias.entries()) {
    const smallest = (MARGIN * 2 * Math.abs(value)) / (INT32_SPAN * inputScale);
    if (scaleAt(result, index) >= smallest) continue;
    if (result === scales) result = scales.slice();
    result[index % result.length] = smallest;
  }
  return result;
}

export interface IntegerBias {
  readonly data: Int32Array;
  /** One for each element of the bias, or one for all when the weight has one scale. */
  readonly scales: Float32Array;
}

/** `round(bias / (inputScale · weightScale))`, ties to even, zero point 0. */
export function quantizeBias(bias: Float32Array, inputScale: number, weightScales: Float32Array): IntegerBias {
  const count = weightScales.length === 1 ? 1 : bias.length;
  const scales = Float32Array.from({ length: count }, (_, index) => inputScale * scaleAt(weightScales, index));
  const data = Int32Array.from(bias, (value, index) => {
    const integer = roundHalfEven(value / scaleAt(scales, index));
    return Math.min(Math.max(integer, -INT32_MAX), INT32_MAX);
  });
  return { data, scales };
}
