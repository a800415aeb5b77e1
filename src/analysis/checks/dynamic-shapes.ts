/**
 * DYNAMIC_SHAPE, one per input. `where`: the input. args: `input`, `shape` (null when the rank is unknown),
 * `bind`: what --bind calls its open dims, such as `batch` or `input:0`.
 */
import { type Finding, finding } from '../../base/findings.ts';
import type { Check } from '../check.ts';

export const dynamicShapes: Check = {
  id: 'dynamic-shapes',
  run: ({ facts }): Finding[] =>
    facts.inputs.flatMap(({ name, shape, dataType }) => {
      if (dataType === null || shape?.every((dim) => typeof dim === 'number')) return [];
      const bind = (shape ?? []).flatMap((dim, axis) => (typeof dim === 'number' ? [] : [dim ?? `${name}:${axis}`]));
      return [finding('DYNAMIC_SHAPE', { input: name, shape, bind }, name)];
    }),
};
