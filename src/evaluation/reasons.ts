/** Why a candidate was rejected or chosen: data first, and one sentence for each. */
import type { JsonValue } from '../base/errors.ts';
import { formatRatio } from '../base/units.ts';

type Args = Readonly<Record<string, JsonValue>>;

export interface Reason {
  readonly code: ReasonCode;
  readonly args: Args;
}

type ReasonCode = keyof typeof SENTENCES;

const number = (value: JsonValue | undefined, digits: number) => Number(value).toFixed(digits);
const ratio = (value: JsonValue | undefined) => formatRatio(Number(value));

const SENTENCES = {
  OUTPUT_NOT_FINITE: (a: Args) => `output ${a.output} has ${a.values} NaN or infinite values`,
  SHAPE_DIFFERS: (a: Args) =>
    `output ${a.output} has the shape of the original in ${ratio(a.sameShape)} of the samples, ${ratio(a.minTop1Agreement)} are asked for`,
  SQNR_LOW: (a: Args) =>
    `output ${a.output} has a signal-to-noise ratio of ${number(a.sqnrDb, 1)} dB, ${number(a.minSqnrDb, 1)} dB are asked for`,
  SIGNAL_IS_ZERO: (a: Args) =>
    `output ${a.output} is all zeros in the original and up to ${Number(a.maxAbsError)} in the candidate`,
  TOP1_LOW: (a: Args) =>
    `output ${a.output} names the same class in ${ratio(a.top1Agreement)} of the rows, ${ratio(a.minTop1Agreement)} are asked for`,
  DECISIONS_DIFFER: (a: Args) =>
    `output ${a.output} is on the same side of 0.5 in ${ratio(a.decisionAgreement)} of the places, ${ratio(a.minTop1Agreement)} are asked for`,
  VALUES_DIFFER: (a: Args) =>
    `output ${a.output} has the same values in ${ratio(a.equalShare)} of the places, ${ratio(a.minTop1Agreement)} are asked for`,
  NO_CANDIDATE: () => 'no candidate was measured',
  ALL_REJECTED: (a: Args) =>
    a.candidates === 1
      ? 'the only candidate is not within the budget'
      : `none of ${a.candidates} candidates is within the budget`,
  RANDOM_DATA: (a: Args) =>
    `${a.candidates === 1 ? '1 candidate was' : `${a.candidates} candidates were`} measured on random data only, which does not decide; give --data, or --accept-random-data`,
  NO_GAIN: (a: Args) =>
    `the best candidate, ${a.id}, is ${number(a.speedup, 2)}× as fast and ${ratio(a.sizeRatio)} of the size; ${number(a.minGain, 2)}× is asked for`,
  BEST_GAIN: (a: Args) =>
    `candidate ${a.id} is ${number(a.speedup, 2)}× as fast and ${ratio(a.sizeRatio)} of the size, within the budget`,
} as const satisfies Record<string, (args: Args) => string>;

/** A phrase without a capital and a full stop, to be put behind "rejected: ". */
export function describeReason(reason: Reason): string {
  return SENTENCES[reason.code](reason.args);
}

export function sentenceOf(reason: Reason): string {
  const phrase = describeReason(reason);
  return `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`;
}
