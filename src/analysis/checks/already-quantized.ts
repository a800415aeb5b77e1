/**
 * ALREADY_QUANTIZED. args: `operators` {type: count} that work on quantized values, `dataTypes`: narrow types that
 * weights are kept in.
 */
import { type Finding, finding } from '../../base/findings.ts';
import type { Check } from '../check.ts';
import { narrowTypes, quantizedOperators } from '../quantized.ts';

export const alreadyQuantized: Check = {
  id: 'already-quantized',
  run({ facts }): Finding[] {
    if (!facts.isQuantized) return [];
    const operators = quantizedOperators(facts.operators);
    return [finding('ALREADY_QUANTIZED', { operators, dataTypes: narrowTypes(facts.weightBytesByType) })];
  },
};
