/** Samples that follow each other in time, and parts of them in which a recurrent state keeps its meaning. */
import type { Sequence } from './feeds.ts';

/** Two seconds of speech in frames of 32 ms: long enough for a state to drift. */
const LONGEST = 64;
/** A short recording is cut into this many parts at least, so that it can serve two purposes. */
const FEWEST = 8;

/** All sequences, cut into pieces of equal length; what is left of a sequence is a shorter one. */
export function stretchesOf(sequences: readonly Sequence[]): Sequence[] {
  const total = sequences.reduce((sum, { count }) => sum + count, 0);
  const length = Math.min(LONGEST, Math.max(1, Math.floor(total / FEWEST)));
  return sequences.flatMap(({ first, count }) =>
    Array.from({ length: Math.ceil(count / length) }, (_, piece) => ({
      first: first + piece * length,
      count: Math.min(length, count - piece * length),
    })),
  );
}

export function indicesOf({ first, count }: Sequence): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** The sequences of a choice of samples: runs of neighbours of one sequence, in places of the choice. */
export function pickSequences(sequences: readonly Sequence[], indices: readonly number[]): Sequence[] {
  const starts = new Set(sequences.map(({ first }) => first));
  const picked: { first: number; count: number }[] = [];
  for (const [place, index] of indices.entries()) {
    const last = picked.at(-1);
    const follows = place > 0 && index === (indices[place - 1] as number) + 1 && !starts.has(index);
    if (last !== undefined && follows) last.count += 1;
    else picked.push({ first: place, count: 1 });
  }
  return picked;
}
