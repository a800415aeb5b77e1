/**
 * Structure without names: the cells that all data passes through are the main line; what lies between two of them,
 * with the join at its end, is a block with branches (residual, dense, Inception).
 */
import { type Dag, quotient } from './dag.ts';
import { cellPart, type Part, partOf } from './part.ts';

/** A block with branches that is most of the graph explains nothing. */
const LARGEST_SHARE = 0.6;

/**
 * @param cells ascending
 * @param hasWeights cells that work with weights. What comes before all of them (a mask, positions) may go to every
 *   layer and does not count as a branch.
 */
export function branchesOf(dag: Dag, cells: readonly number[], hasWeights: (cell: number) => boolean): Part[] {
  const inner = quotient(
    dag,
    cells.map((cell) => [cell]),
  );
  const isPreamble = preamble(
    inner,
    cells.map((cell) => hasWeights(cell)),
  );
  const line = cells.map((_, place) => place).filter((place) => isPreamble[place] === 0);
  const runs = betweenCuts(inner, line, isPreamble);
  const parts = runs.flatMap((run) => wrapped(inner, run, isPreamble, line.length));
  const before = cells.map((_, place) => place).filter((place) => isPreamble[place] === 1);
  return [...before.map((place) => [place]), ...parts]
    .map((places) => places.map((place) => cells[place] as number))
    .map((members) => (members.length === 1 ? cellPart(members[0] as number) : partOf('branches', members)));
}

function preamble(dag: Dag, hasWeights: readonly boolean[]): Uint8Array {
  const result = new Uint8Array(dag.size);
  if (!hasWeights.includes(true)) return result;
  for (let cell = 0; cell < dag.size; cell += 1) {
    const before = dag.predecessors[cell] as readonly number[];
    if (!hasWeights[cell] && before.every((maker) => result[maker] === 1)) result[cell] = 1;
  }
  return result;
}

/** The line, cut behind each cell that no edge passes by. */
function betweenCuts(dag: Dag, line: readonly number[], isPreamble: Uint8Array): number[][] {
  const change = new Int32Array(dag.size + 1);
  for (const cell of line) {
    for (const next of dag.successors[cell] as readonly number[]) {
      change[cell + 1] = (change[cell + 1] as number) + 1;
      change[next] = (change[next] as number) - 1;
    }
  }
  const runs: number[][] = [];
  let run: number[] = [];
  let passing = 0;
  for (let cell = 0; cell < dag.size; cell += 1) {
    passing += change[cell] as number;
    if (isPreamble[cell] === 1) continue;
    run.push(cell);
    if (passing > 0) continue;
    runs.push(run);
    run = [];
  }
  return run.length > 0 ? [...runs, run] : runs;
}

/** One piece when it has one way in, a fork of the line, and explains something; else its cells one by one. */
function wrapped(dag: Dag, run: number[], isPreamble: Uint8Array, lineLength: number): number[][] {
  const members = new Set(run);
  const makers = run.flatMap((cell) => dag.predecessors[cell] as readonly number[]);
  const from = new Set(makers.filter((maker) => !members.has(maker) && isPreamble[maker] === 0));
  const isLarge = run.length > 12 && run.length > lineLength * LARGEST_SHARE;
  const isOpen = run.some((cell) =>
    (dag.predecessors[cell] as readonly number[]).every((maker) => isPreamble[maker] === 1),
  );
  return from.size !== 1 || isOpen || isLarge ? run.map((cell) => [cell]) : [run];
}
