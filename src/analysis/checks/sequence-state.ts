/**
 * SEQUENCE_STATE: a recurrent model whose state goes in and comes out, so calls of one sequence belong together.
 * One per pair. `where`: the input. args: `input`, `output`.
 */
import { type Finding, finding } from '../../base/findings.ts';
import { statePairs } from '../../onnx/state-pairs.ts';
import type { Check } from '../check.ts';

const RECURRENT = ['LSTM', 'GRU', 'RNN', 'com.microsoft::DynamicQuantizeLSTM'];

export const sequenceState: Check = {
  id: 'sequence-state',
  run({ facts }): Finding[] {
    if (!RECURRENT.some((key) => Object.hasOwn(facts.operators, key))) return [];
    return statePairs(facts.inputs, facts.outputs).map(({ input, output }) =>
      finding('SEQUENCE_STATE', { input: input.name, output: output.name }, input.name),
    );
  },
};
