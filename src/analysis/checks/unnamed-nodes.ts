/** UNNAMED_NODES: reports and exclusion lists cannot name them. args: `count`, `nodeCount`. */
import { type Finding, finding } from '../../base/findings.ts';
import type { Check } from '../check.ts';
import { inferenceNodes } from '../operators.ts';

export const unnamedNodes: Check = {
  id: 'unnamed-nodes',
  run({ model, facts }): Finding[] {
    const count = inferenceNodes(model.proto).filter((node) => !node.name).length;
    return count === 0 ? [] : [finding('UNNAMED_NODES', { count, nodeCount: facts.nodeCount })];
  },
};
