/**
 * INITIALIZER_IS_INPUT: weights that callers may replace, which keeps ONNX Runtime from folding them.
 * args: `count`, `irVersion` (below 4 the format asks for it).
 */
import { type Finding, finding } from '../../base/findings.ts';
import { realInputs } from '../../onnx/value-info.ts';
import type { Check } from '../check.ts';

export const initializerInputs: Check = {
  id: 'initializer-inputs',
  run({ model, facts }): Finding[] {
    const { graph } = model.proto;
    const count = graph.input.length - realInputs(graph).length;
    return count === 0 ? [] : [finding('INITIALIZER_IS_INPUT', { count, irVersion: facts.irVersion })];
  },
};
