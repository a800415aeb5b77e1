/** Differences that stay, each with its reason. A row explains a difference when all that it names fits. */
import type { Difference } from './comparison.ts';

interface Explanation {
  readonly operator: string;
  readonly verdict: 'poorer' | 'contradiction';
  /** Part of the path of the model; every model where absent. */
  readonly model?: string;
  readonly reason: string;
}

const EXPLANATIONS: readonly Explanation[] = [];

export function explanationOf(difference: Difference): string | undefined {
  const row = EXPLANATIONS.find(
    ({ operator, verdict, model }) =>
      operator === difference.operator &&
      verdict === difference.verdict &&
      (model === undefined || difference.model.includes(model)),
  );
  return row?.reason;
}
