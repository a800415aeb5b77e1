/**
 * Rounding weights shifts the mean of what a node gives; a bias can take that back at no cost. Nagel et al.,
 * "Data-Free Quantization Through Weight Equalization and Bias Correction" (2019), section 4.2, with means that were
 * measured on the calibration samples.
 */
import { intAttribute } from '../../onnx/attribute.ts';
import type { MeanRequest } from '../calibration/observed-model.ts';
import type { RoundedWeight } from '../integer-weights.ts';
import type { WeightedNode } from '../weighted-nodes.ts';
import { channelLayout } from '../weights.ts';

/** The means that `biasShift` needs: of the inputs of Conv, by its second axis, and of Gemm, by its last. */
export function meanRequests(nodes: readonly WeightedNode[]): MeanRequest[] {
  const requests = new Map<string, MeanRequest>();
  for (const { node, operator, data, weight } of nodes) {
    if (operator === 'Conv') {
      const channels = (weight.dims[1] as number) * intAttribute(node, 'group', 1);
      const axes = weight.dims.map((_, axis) => axis).filter((axis) => axis !== 1);
      requests.set(data, { tensor: data, axes, channels });
    } else if (operator === 'Gemm' && intAttribute(node, 'transA', 0) === 0) {
      const channels = weight.dims[intAttribute(node, 'transB', 0) === 0 ? 0 : 1] as number;
      requests.set(data, { tensor: data, axes: [0], channels });
    }
  }
  return [...requests.values()];
}

/**
 * What each output channel gives too much on average: `Σ (rounded − original) · mean of the input channel`. The zeros of
 * padding are not looked at. Undefined for operators without such a rule.
 */
export function biasShift(item: WeightedNode, weight: RoundedWeight, means: Float64Array): Float64Array | undefined {
  const errors = roundingErrors(weight);
  if (item.operator === 'Conv') return convShift(item, errors, means);
  return item.operator === 'Gemm' ? gemmShift(item, errors, means) : undefined;
}

/** What the integers stand for, minus the weight, in its order. */
function roundingErrors({ dims, axis, scales, zeroPoints, integers, data }: RoundedWeight): Float64Array {
  const { inner, channels } = channelLayout(dims, axis);
  return Float64Array.from(data, (value, position) => {
    const channel = Math.floor(position / inner) % channels;
    const steps = (integers[position] as number) - (zeroPoints[channel] as number);
    return steps * (scales[channel] as number) - value;
  });
}

function convShift({ node, weight }: WeightedNode, errors: Float64Array, means: Float64Array): Float64Array {
  const [outputs, inputs, ...kernel] = weight.dims as [number, number, ...number[]];
  const kernelSize = kernel.reduce((product, dim) => product * dim, 1);
  const outputsPerGroup = outputs / intAttribute(node, 'group', 1);
  const shift = new Float64Array(outputs);
  for (const [position, error] of errors.entries()) {
    const output = Math.floor(position / (inputs * kernelSize));
    const input = Math.floor(output / outputsPerGroup) * inputs + (Math.floor(position / kernelSize) % inputs);
    shift[output] = (shift[output] as number) + error * (means[input] as number);
  }
  return shift;
}

function gemmShift({ node, weight }: WeightedNode, errors: Float64Array, means: Float64Array): Float64Array {
  const isTransposed = intAttribute(node, 'transB', 0) !== 0;
  const [rows, columns] = weight.dims as [number, number];
  const shift = new Float64Array(isTransposed ? rows : columns);
  for (const [position, error] of errors.entries()) {
    const [row, column] = [Math.floor(position / columns), position % columns];
    const [output, input] = isTransposed ? [row, column] : [column, row];
    shift[output] = (shift[output] as number) + error * (means[input] as number);
  }
  return shift;
}
