/**
 * Whether the argmax over the last axis of an output is a class. Every output with two or more entries there gets a
 * top-1 figure in the report, but only classes may reject a candidate: the argmax of box coordinates or of an embedding
 * jumps between near-equal numbers without anything being wrong.
 *
 * An output counts as classes when its name does not speak of something else, and one of these holds:
 * it has rank 2 or less (one row of scores per sample), all rows of the original are probability distributions
 * (a softmax, as the `scores` [1, 4420, 2] of a detector), or its name speaks of scores (`logits` [1, 128, 30522]).
 */
const OTHER_NAMES =
  /box|coord|landmark|keypoint|kps|loc\b|offset|delta|anchor|embed|feature|hidden|pool|state|cache|present|past/i;
const SCORE_NAMES = /logit|prob|score|softmax|class|label|pred/i;

export interface OutputTraits {
  readonly name: string;
  readonly rank: number;
  /** Every row of the original is not negative and sums to 1. */
  readonly areRowsDistributions: boolean;
}

/** False for names that speak of places, vectors or state. */
export function canBeScores(name: string): boolean {
  return !OTHER_NAMES.test(name);
}

export function isClassification(output: OutputTraits): boolean {
  if (!canBeScores(output.name)) return false;
  return output.rank <= 2 || output.areRowsDistributions || SCORE_NAMES.test(output.name);
}
