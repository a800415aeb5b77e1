/** Says of each figure how far it can be trusted. */
import type { Sum } from './sum.ts';

/** 'exact', or the reason why a figure is an estimate or null. */
export type Certainty = Record<string, string>;

export interface Settled {
  readonly value: number | null;
  readonly certainty: string;
}

/**
 * A sum with gaps is null where the user can close them by binding dims, or where there are more gaps than figures; else
 * it is a lower bound that says what is missing.
 * @param open dims without a size
 * @param estimate why the figure would not be exact even without gaps
 */
export function settle(
  { value, known, gaps }: Sum,
  open: readonly string[],
  estimate?: string,
  noun: 'node' | 'tensor' = 'node',
): Settled {
  if (gaps.length === 0) return { value, certainty: estimate === undefined ? 'exact' : `estimate: ${estimate}` };
  if (open.length > 0) return { value: null, certainty: `not known: ${openText(open)}` };
  const missing = `${named(gaps, noun)} whose ${noun === 'node' ? 'work' : 'size'} is not known`;
  if (gaps.length >= known) return { value: null, certainty: `not known: most of it is in ${missing}` };
  return { value, certainty: `at least: without ${missing}${estimate === undefined ? '' : `; ${estimate}`}` };
}

export function openText(open: readonly string[]): string {
  return `bind ${open.join(', ')}`;
}

/** `node Loop_3`, or `12 nodes (Loop_3, …)`. */
function named(gaps: readonly string[], noun: string): string {
  const unique = [...new Set(gaps)];
  return unique.length === 1 ? `${noun} ${unique[0]}` : `${unique.length} ${noun}s (${unique[0]}, …)`;
}
