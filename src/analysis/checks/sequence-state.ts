/**
 * SEQUENCE_STATE: a recurrent model whose state goes in and comes out, so calls of one sequence belong together.
 * One per pair. `where`: the input. args: `input`, `output`.
 */
import { type Finding, finding } from '../../base/findings.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { Check } from '../check.ts';

const RECURRENT = ['LSTM', 'GRU', 'RNN', 'com.microsoft::DynamicQuantizeLSTM'];

export const sequenceState: Check = {
  id: 'sequence-state',
  run({ facts }): Finding[] {
    if (!RECURRENT.some((key) => Object.hasOwn(facts.operators, key))) return [];
    return facts.inputs.flatMap((input) => {
      const output = facts.outputs.find((candidate) => isNextState(input, candidate));
      return output === undefined
        ? []
        : [finding('SEQUENCE_STATE', { input: input.name, output: output.name }, input.name)];
    });
  },
};

/** Exporters name the two alike: `state` → `stateN`, `h0` → `hn`, `h_in` → `h_out`; types are always equal. */
function isNextState(input: TensorInfo, output: TensorInfo): boolean {
  if (input.dataType === null || input.dataType !== output.dataType) return false;
  const stem = (name: string): string =>
    name
      .toLowerCase()
      .replace(/[^a-z]/g, '')
      .replace(/(in|out|prev|next|n|new|old)$/, '');
  return stem(input.name) !== '' && stem(input.name) === stem(output.name);
}
