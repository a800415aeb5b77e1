/** Generators of random values. */
import type { Call } from '../call.ts';
import { type RuleTable, tensor } from '../types.ts';
import { forEach } from './makers.ts';

export const RANDOM: RuleTable = {
  ...forEach(['RandomNormal', 'RandomUniform'], (call) => {
    return [tensor(given(call) ?? 'float32', call.ints('shape') ?? null)];
  }),
  ...forEach(['RandomNormalLike', 'RandomUniformLike', 'Bernoulli'], (call) => {
    return [tensor(given(call) ?? call.dataType(0), call.shape(0))];
  }),
  Multinomial: (call) => {
    return [tensor(given(call) ?? 'int32', [call.shapeOfRank(0, 2)?.[0] ?? null, call.int('sample_size', 1)])];
  },
};

function given(call: Call) {
  return call.dataTypeAttribute('dtype');
}
