/** Losses, and the steps of optimizers. */
import type { Call } from '../call.ts';
import { mergeShapes } from '../dims.ts';
import { type Rule, type RuleTable, type Shape, tensor } from '../types.ts';

export const LOSSES: RuleTable = {
  NegativeLogLikelihoodLoss: (call) => [tensor(call.dataType(0), lossShape(call))],
  SoftmaxCrossEntropyLoss: (call) => [tensor(call.dataType(0), lossShape(call)), call.input(0)],
};

/** ai.onnx.preview.training */
export const OPTIMIZERS: RuleTable = {
  Adagrad: optimizer(3, [0, 2]),
  Adam: optimizer(4, [0, 2, 3]),
  Momentum: optimizer(3, [0, 2]),
  Gradient: (call) => call.inputs().slice(0, call.attribute('xs')?.strings.length ?? 0),
};

/** Scores (N, C, d…) and labels (N, d…). */
function lossShape(call: Call): Shape {
  if (call.text('reduction', 'mean') !== 'none') return [];
  const scores = call.shape(0);
  return mergeShapes(call.shape(1), scores === null ? null : scores.toSpliced(1, 1));
}

/**
 * After learning rate and step come `groups` lists of equal length: values, gradients, states. New ones of the `kept`
 * lists come out.
 */
function optimizer(groups: number, kept: readonly number[]): Rule {
  return (call) => {
    const inputs = call.inputs().slice(2);
    const count = Math.floor(inputs.length / groups);
    return kept.flatMap((group) => inputs.slice(group * count, (group + 1) * count));
  };
}
