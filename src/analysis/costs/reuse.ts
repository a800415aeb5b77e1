/** Which operators need no memory for their first output, because it can lie where their first input lay. */
import type { NodeProto } from '../../onnx/proto.ts';
import { operatorKey } from '../operators.ts';

/** The same bytes with another shape; kernels of ONNX Runtime declare them as aliases. */
const VIEWS: ReadonlySet<string> = new Set([
  ...['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity', 'Dropout', 'com.microsoft::ExpandDims'],
]);

/**
 * Written over their input where nobody reads it any more: kernels that declare `MayInplace` on every device (activations,
 * Cast), and BatchNormalization, which becomes a part of the convolution before it. Arithmetic of two tensors does not.
 */
const IN_PLACE: ReadonlySet<string> = new Set([
  ...['Relu', 'LeakyRelu', 'ThresholdedRelu', 'Elu', 'Celu', 'Selu', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh'],
  ...['Softplus', 'Softsign', 'Clip', 'Cast', 'BatchNormalization'],
  ...['com.microsoft::QuickGelu', 'com.microsoft::FastGelu', 'com.microsoft::BiasGelu'],
]);

export function isView(node: NodeProto): boolean {
  return VIEWS.has(operatorKey(node));
}

export function canWorkInPlace(node: NodeProto): boolean {
  return IN_PLACE.has(operatorKey(node));
}
