/**
 * NO_WEIGHTS: nothing to quantize. No args.
 * WEIGHTS_IN_CONSTANTS: most weights are in Constant nodes. args: `constants` and `initializers`, both in elements.
 */
import { type Finding, finding } from '../../base/findings.ts';
import type { Check } from '../check.ts';

export const weights: Check = {
  id: 'weights',
  run({ facts }): Finding[] {
    if (facts.parameterCount === 0) return [finding('NO_WEIGHTS')];
    const { constants, initializers } = facts.weightsIn;
    return constants > initializers ? [finding('WEIGHTS_IN_CONSTANTS', { constants, initializers })] : [];
  },
};
