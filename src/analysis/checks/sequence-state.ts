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
    const next = new Map<string, TensorInfo>();
    for (const output of facts.outputs.toReversed()) next.set(keyOf(output), output);
    return facts.inputs.flatMap((input) => {
      const output = stemOf(input) === '' || input.dataType === null ? undefined : next.get(keyOf(input));
      return output === undefined
        ? []
        : [finding('SEQUENCE_STATE', { input: input.name, output: output.name }, input.name)];
    });
  },
};

/** Types of a state and of the next one are always equal. */
function keyOf(info: TensorInfo): string {
  return `${info.dataType} ${stemOf(info)}`;
}

/** Exporters name the two alike: `state` → `stateN`, `h0` → `hn`, `h_in` → `h_out`. */
function stemOf({ name }: TensorInfo): string {
  return name
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .replace(/(in|out|prev|next|n|new|old)$/, '');
}
