/** CONTROL_FLOW: parts of the model run or not, depending on data. args: `operators` {type: count}, `subgraphs`. */
import { type Finding, finding } from '../../base/findings.ts';
import type { Check } from '../check.ts';

const BRANCHING = ['If', 'Loop', 'Scan', 'SequenceMap'];

export const controlFlow: Check = {
  id: 'control-flow',
  run({ facts }): Finding[] {
    const operators = Object.fromEntries(Object.entries(facts.operators).filter(([key]) => BRANCHING.includes(key)));
    if (Object.keys(operators).length === 0) return [];
    return [finding('CONTROL_FLOW', { operators, subgraphs: facts.subgraphCount })];
  },
};
