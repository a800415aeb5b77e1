/** Whether a candidate is near enough to its original. Pure. */
import type { Config } from '../config/schema.ts';
import type { Evaluation, OutputComparison } from './evaluation.ts';
import type { Reason } from './reasons.ts';

type Budget = Pick<Config['evaluation'], 'minSqnrDb' | 'minTop1Agreement'>;

export interface Judgement {
  readonly isWithinBudget: boolean;
  /** Why not; empty when within the budget. */
  readonly reasons: readonly Reason[];
}

/**
 * All outputs must hold, so that the worst decides:
 * - no value may be NaN or infinite where the original has a finite one;
 * - `minSqnrDb` for outputs where a distance means something (floats, 8- and 16-bit integers);
 * - `minTop1Agreement` for outputs that are classes (`isClassification`), for decisions at 0.5 (`decisionAgreement`), for the share of equal values of other
 *   integers, booleans and strings, and for the share of samples with the same shape.
 * Of carried state only the first counts: what it does shows in the other outputs.
 * Whether the data is random is not looked at here: see `chooseCandidate`.
 */
export function judge(evaluation: Evaluation, budget: Budget): Judgement {
  const reasons = evaluation.outputs.flatMap((output) => reasonsAgainst(output, evaluation.samples, budget));
  return { isWithinBudget: reasons.length === 0, reasons };
}

function reasonsAgainst(output: OutputComparison, samples: number, budget: Budget): Reason[] {
  const { minSqnrDb, minTop1Agreement } = budget;
  const { name, sqnrDb, top1Agreement, decisionAgreement, equalShare, notFinite, maxAbsError, isEqual } = output;
  if (isEqual) return [];
  const sameShape = 1 - (output.shapeDiffers ?? 0) / samples;
  const hasDistance = sqnrDb !== null || equalShare === undefined;
  const rules: readonly (readonly [boolean, Reason])[] = [
    [notFinite > 0, { code: 'OUTPUT_NOT_FINITE', args: { output: name, values: notFinite } }],
    [sameShape < minTop1Agreement, { code: 'SHAPE_DIFFERS', args: { output: name, sameShape, minTop1Agreement } }],
    [sqnrDb !== null && sqnrDb < minSqnrDb, { code: 'SQNR_LOW', args: { output: name, sqnrDb, minSqnrDb } }],
    [
      hasDistance && sqnrDb === null && maxAbsError > 0,
      { code: 'SIGNAL_IS_ZERO', args: { output: name, maxAbsError } },
    ],
    [
      output.isClassification === true && top1Agreement !== null && top1Agreement < minTop1Agreement,
      { code: 'TOP1_LOW', args: { output: name, top1Agreement, minTop1Agreement } },
    ],
    [
      (decisionAgreement ?? 1) < minTop1Agreement,
      { code: 'DECISIONS_DIFFER', args: { output: name, decisionAgreement: decisionAgreement ?? 1, minTop1Agreement } },
    ],
    [
      !hasDistance && (equalShare ?? 1) < minTop1Agreement,
      { code: 'VALUES_DIFFER', args: { output: name, equalShare: equalShare ?? 1, minTop1Agreement } },
    ],
  ];
  const broken = rules.filter(([applies]) => applies).map(([, reason]) => reason);
  return output.isState ? broken.filter(({ code }) => code === 'OUTPUT_NOT_FINITE') : broken;
}
