/** Operators that had a switch between training and inference; only inference is carried over. */
import { findAttribute, floatAttribute, intAttribute } from '../attribute.ts';
import { type Convert, constantNode, edited, refused } from './conversion.ts';

/** BatchNormalization 7 and Dropout 7: opset 6 trains unless told otherwise. */
export const inferenceOnly: Convert = (node, view) => {
  const isTraining = intAttribute(node, 'is_test', 0) === 0;
  if (isTraining || node.output.slice(1).some((name) => view.isUsed(name))) {
    throw refused(node, 7, 'it is in training mode');
  }
  return [edited(node, ['is_test', 'consumed_inputs'])];
};

/** BatchNormalization 9: statistics per activation instead of per channel went away. */
export const perChannelStatistics: Convert = (node) => {
  if (intAttribute(node, 'spatial', 1) === 0) throw refused(node, 9, 'it has statistics per activation (spatial=0)');
  return [edited(node, ['spatial'])];
};

/** BatchNormalization 14: the extra outputs are other ones. */
export const singleOutput: Convert = (node, view) => {
  if (node.output.slice(1).some((name) => view.isUsed(name))) throw refused(node, 14, 'its training outputs are used');
  return [{ ...node, output: node.output.slice(0, 1) }];
};

/** Dropout 10: the mask became boolean. */
export const booleanMask: Convert = (node, view) => {
  const mask = node.output[1];
  if (mask && view.isUsed(mask)) throw refused(node, 10, 'its mask is used, and its type changed');
  return [{ ...node, output: node.output.slice(0, 1) }];
};

/** Dropout 12: ratio became an input; without a training flag the operator still passes its input on. */
export const dropoutRatio: Convert = (node, view) => {
  if (findAttribute(node, 'ratio') === undefined) return [node];
  const data = Float32Array.of(floatAttribute(node, 'ratio', 0.5));
  const ratio = constantNode(node, 'ratio', { dataType: 'float32', dims: [], data }, view);
  return [ratio, { ...edited(node, ['ratio']), input: [node.input[0] as string, ratio.output[0] as string] }];
};
