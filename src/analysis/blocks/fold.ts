/** Equal neighbours become one part with a count: twelve layers of a transformer, six of a dense block. */
import type { Dim } from '../../onnx/build.ts';
import { type Dag, isConvex, quotient } from './dag.ts';
import type { Part } from './part.ts';

const LONGEST_ROUND = 8;

export interface Likeness {
  /** Equal for parts of equal structure. */
  signature(part: Part): string;
  /** Of what leaves the part. */
  shape(part: Part): readonly Dim[] | null;
}

interface Run {
  readonly round: number;
  readonly times: number;
}

/** @param parts in an order in which edges point forward; so is the result */
export function fold(dag: Dag, parts: readonly Part[], likeness: Likeness): Part[] {
  return foldParallel(dag, foldRuns(dag, parts, likeness), likeness);
}

/** Equal parts beside each other, that lead to the same and come from the same, at the place of the first. */
function foldParallel(dag: Dag, parts: readonly Part[], likeness: Likeness): Part[] {
  const between = quotient(
    dag,
    parts.map((part) => part.cells),
  );
  const alike = new Map<string, Part[]>();
  for (const [index, part] of parts.entries()) {
    const key = [
      part.repeat > 1 || nameOf(part) === undefined ? `only ${index}` : nameOf(part),
      likeness.signature(part),
      between.predecessors[index],
      between.successors[index],
    ].join('|');
    alike.set(key, [...(alike.get(key) ?? []), part]);
  }
  return [...alike.values()].map((same) =>
    same.length === 1 ? (same[0] as Part) : repeated(same, 1, same.length, true),
  );
}

/** Modules are alike when their names differ in numbers only: the projections of an attention each have their role. */
function nameOf({ kind, scope }: Part): string | undefined {
  if (kind !== 'module') return kind;
  const name = scope.join('/');
  return /\d/.test(name) ? name.replaceAll(/\d+/g, '#') : undefined;
}

function foldRuns(dag: Dag, parts: readonly Part[], likeness: Likeness): Part[] {
  const search = new RunSearch(dag, parts, likeness);
  const result: Part[] = [];
  for (let at = 0; at < parts.length; ) {
    const { round, times } = search.longestAt(at);
    const members = parts.slice(at, at + round * times);
    result.push(times === 1 ? (members[0] as Part) : repeated(members, round, times));
    at += round * times;
  }
  return result;
}

function repeated(members: readonly Part[], round: number, times: number, isParallel = false): Part {
  const cells = members.flatMap((part) => part.cells).sort((a, b) => a - b);
  return { kind: 'repeat', cells, scope: [], round: members.slice(0, round), repeat: times, isParallel };
}

class RunSearch {
  readonly #parts: readonly Part[];
  readonly #dag: Dag;
  readonly #signatures: readonly string[];
  readonly #likeness: Likeness;

  constructor(dag: Dag, parts: readonly Part[], likeness: Likeness) {
    this.#parts = parts;
    this.#likeness = likeness;
    this.#dag = quotient(
      dag,
      parts.map((part) => part.cells),
    );
    this.#signatures = parts.map((part) => likeness.signature(part));
  }

  /** The run from here that covers most; of equal ones that with the shortest round. */
  longestAt(at: number): Run {
    let best: Run = { round: 1, times: 1 };
    for (let round = 1; round <= LONGEST_ROUND; round += 1) {
      const times = this.#timesAt(at, round);
      if (times > 1 && times * round > best.times * best.round) best = { round, times };
    }
    return best;
  }

  #timesAt(at: number, round: number): number {
    let times = 1;
    while (this.#isNextRound(at, round, times)) times += 1;
    while (times > 1 && !isConvex(this.#dag, range(at, at + round * times))) times -= 1;
    return times;
  }

  #isNextRound(at: number, round: number, times: number): boolean {
    const start = at + round * times;
    if (start + round > this.#parts.length) return false;
    const isAlike = range(0, round).every((step) => this.#isLike(at + step, start + step, round - 1 - step));
    return isAlike && range(start, start + round).some((part) => this.#comesFrom(part, start - round, start));
  }

  /** @param left how many parts follow in the same round: edges to them must be the same, too */
  #isLike(a: number, b: number, left: number): boolean {
    if (this.#signatures[a] !== this.#signatures[b]) return false;
    const steps = (part: number): string =>
      (this.#dag.successors[part] as readonly number[])
        .map((next) => next - part)
        .filter((step) => step <= left)
        .join();
    if (steps(a) !== steps(b)) return false;
    return isSameSize(this.#likeness.shape(this.#parts[a] as Part), this.#likeness.shape(this.#parts[b] as Part));
  }

  #comesFrom(part: number, from: number, to: number): boolean {
    return (this.#dag.predecessors[part] as readonly number[]).some((before) => before >= from && before < to);
  }
}

/** Channels may grow from one repetition to the next, the rest may not. */
function isSameSize(a: readonly Dim[] | null, b: readonly Dim[] | null): boolean {
  if (a === null || b === null) return true;
  return a.length === b.length && a.filter((dim, axis) => dim !== b[axis]).length <= 1;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, step) => from + step);
}
