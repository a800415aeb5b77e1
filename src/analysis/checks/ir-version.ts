/** IR_TOO_NEW. args: `irVersion` of the model, `supported`: the newest that ONNX Runtime loads. */
import { type Finding, finding } from '../../base/findings.ts';
import type { Check } from '../check.ts';
import { MAX_IR_VERSION } from '../limits.ts';

export const irVersion: Check = {
  id: 'ir-version',
  run: ({ facts }): Finding[] =>
    facts.irVersion > MAX_IR_VERSION
      ? [finding('IR_TOO_NEW', { irVersion: facts.irVersion, supported: MAX_IR_VERSION })]
      : [],
};
