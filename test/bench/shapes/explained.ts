/** Differences that stay, each with its reason. A row explains a difference when all that it names fits. */

import { print } from '../../onnx/shapes/facts.ts';
import type { Difference } from './comparison.ts';

interface Explanation {
  readonly operator: string;
  readonly verdict: 'poorer' | 'contradiction';
  /** What the printed fact of the reference looks like; anything where absent. */
  readonly reference?: RegExp;
  readonly reason: string;
}

const REFERENCE_EVALUATOR =
  'The reference evaluator computes [2, 1] for a Range whose definition stacks scalars; the model declares [2].';

const EXPLANATIONS: readonly Explanation[] = [
  { operator: 'Loop', verdict: 'contradiction', reference: /^\?\[2, 1\]$/, reason: REFERENCE_EVALUATOR },
  { operator: 'Cast', verdict: 'contradiction', reference: /^\?\[2, 1\]$/, reason: REFERENCE_EVALUATOR },
  {
    operator: 'Loop',
    verdict: 'poorer',
    reference: /^sequence\(float32\[\]\)$/,
    reason: 'The model declares elements without axes where its body inserts lists.',
  },
  {
    operator: 'Attention',
    verdict: 'poorer',
    reference: /[[ ]0[\],]/,
    reason: 'The reference calculates with 0 where a size is a symbol (hidden size, total sequence length).',
  },
];

export function explanationOf(difference: Difference): string | undefined {
  const row = EXPLANATIONS.find(
    ({ operator, verdict, reference }) =>
      operator === difference.operator &&
      verdict === difference.verdict &&
      (reference?.test(print(difference.reference)) ?? true),
  );
  return row?.reason;
}
