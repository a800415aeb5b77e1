/** Takes a graph apart, one level at a time: modules by their names, what has none by its branches. */
import type { Dim } from '../../onnx/build.ts';
import { branchesOf } from './branches.ts';
import type { CellGraph } from './cells.ts';
import { coarsen } from './coarsen.ts';
import { orderGroups, quotient } from './dag.ts';
import { fold } from './fold.ts';
import type { Scope } from './names.ts';
import { type Part, partOf } from './part.ts';
import type { Signatures } from './signature.ts';

/** Numbered modules (`features.0`, `features.1`) are units of a picture unless that would say next to nothing. */
const FEW = 8;
/** Modules are not opened beyond this number of parts. */
const ENOUGH = 16;
const ENOUGH_INSIDE = 10;
/** Modules with fewer workers on average say more by their name than by their parts. */
const WORTH_OPENING = 3;

export interface LevelFacts {
  readonly graph: CellGraph;
  readonly scopes: readonly Scope[];
  readonly signatures: Signatures;
  readonly hasWeights: (cell: number) => boolean;
  readonly isWorker: (cell: number) => boolean;
  /** Of what leaves the part. */
  readonly shape: (part: Part) => readonly Dim[] | null;
}

export class Levels {
  readonly #facts: LevelFacts;

  constructor(facts: LevelFacts) {
    this.#facts = facts;
  }

  /**
   * The parts of some cells; as long as there is room, modules are replaced by what they consist of, those of one kind
   * (`layer1`, `layer2`) together.
   * @param most parts
   */
  outline(cells: readonly number[], depth: number, most: number, isInside = false): readonly Part[] {
    let parts = this.#fold(this.#split(cells, depth));
    const closed = new Set<string>();
    for (;;) {
      const kind = this.#largestKind(parts, closed);
      if (kind === undefined) break;
      const opened = this.#opened(parts, kind);
      const isUnit = isInside ? kind.endsWith('#') : /(^|[./])#$/.test(kind);
      const room = Math.min(isUnit ? FEW : isInside ? ENOUGH_INSIDE : ENOUGH, most);
      if (opened.length <= room) parts = opened;
      else closed.add(kind);
    }
    return this.#fold(coarsen(this.#facts.graph.dag, parts, most));
  }

  /** What a part consists of, for a picture of its own. */
  inside(part: Part, most: number): readonly Part[] {
    const { cells, scope, kind } = part;
    const [only, ...others] = part.round;
    if (kind !== 'repeat' || only === undefined) return this.outline(cells, scope.length, most, true);
    return others.length === 0 ? this.inside(only, most) : this.#fold(part.round);
  }

  signature(part: Part): string {
    return this.#facts.signatures.of(part.kind === 'repeat' ? part.round.flatMap(({ cells }) => cells) : part.cells);
  }

  #fold(parts: readonly Part[]): Part[] {
    return fold(this.#facts.graph.dag, parts, {
      signature: (part) => `${part.repeat}|${this.signature(part)}`,
      shape: (part) => this.#facts.shape(part),
    });
  }

  #opened(parts: readonly Part[], kind: string): Part[] {
    const pieces = parts.flatMap((part) =>
      kindOf(part) === kind ? this.#fold(this.#split(part.cells, part.scope.length)) : [part],
    );
    return this.#fold(this.#ordered(pieces));
  }

  #ordered(parts: readonly Part[]): Part[] {
    const byFirst = new Map(parts.map((part) => [part.cells[0], part]));
    const groups = orderGroups(
      this.#facts.graph.dag,
      parts.map((part) => part.cells),
    );
    return groups.map((cells) => {
      const part = byFirst.get(cells[0]);
      return part !== undefined && part.cells.length === cells.length ? part : this.#named(cells, part?.scope ?? []);
    });
  }

  #named(cells: readonly number[], scope: Scope): Part {
    return scope.length > 0 ? partOf('module', cells, scope) : partOf('group', cells);
  }

  /** @param depth how many segments of their scopes the cells have in common */
  #split(cells: readonly number[], depth: number): Part[] {
    const { scopes, graph, hasWeights } = this.#facts;
    const modules = new Map<string, number[]>();
    const own: number[] = [];
    for (const cell of cells) {
      const segment = scopes[cell]?.[depth];
      if (segment === undefined) own.push(cell);
      else append(modules, segment, cell);
    }
    const isFlat = modules.size >= FEW && cells.length < 2 * modules.size;
    if (modules.size === 0 || isFlat) return branchesOf(graph.dag, cells, hasWeights);
    if (modules.size === 1) return this.#split(cells, depth + 1);
    const groups = orderGroups(graph.dag, [...modules.values(), ...this.#connected(own)]);
    return groups.map((group) => {
      const scope = scopes[group[0] as number] as Scope;
      return this.#named(group, scope.length > depth ? scope.slice(0, depth + 1) : []);
    });
  }

  /** Cells that hang together are one piece. */
  #connected(cells: readonly number[]): number[][] {
    const { dag } = this.#facts.graph;
    const inner = quotient(
      dag,
      cells.map((cell) => [cell]),
    );
    const groupOf = cells.map((_, place) => place);
    const find = (place: number): number => (groupOf[place] === place ? place : find(groupOf[place] as number));
    for (const [place, next] of inner.successors.entries()) for (const to of next) groupOf[find(to)] = find(place);
    const groups = new Map<number, number[]>();
    for (const [place, cell] of cells.entries()) append(groups, find(place), cell);
    return [...groups.values()];
  }

  /** Of those that are not repeated: a picture shows one kind of module in one way. */
  #largestKind(parts: readonly Part[], closed: ReadonlySet<string>): string | undefined {
    const repeated = new Set(parts.flatMap(({ round }) => round.map(kindOf)));
    const kinds = new Map<string, { count: number; workers: number }>();
    for (const part of parts) {
      const kind = kindOf(part);
      if (kind === undefined || closed.has(kind) || repeated.has(kind)) continue;
      const { count, workers } = kinds.get(kind) ?? { count: 0, workers: 0 };
      const own = part.cells.filter((cell) => this.#facts.isWorker(cell)).length;
      kinds.set(kind, { count: count + 1, workers: workers + own });
    }
    const worth = [...kinds].filter(([, { count, workers }]) => workers >= count * WORTH_OPENING);
    return worth.sort(([, a], [, b]) => b.workers - a.workers)[0]?.[0];
  }
}

function append<K>(lists: Map<K, number[]>, key: K, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Modules whose names differ in numbers only are of one kind; repeats and others have none. */
function kindOf(part: Part): string | undefined {
  if (part.kind !== 'module') return undefined;
  return part.scope.map((segment) => segment.replaceAll(/\d+/g, '#')).join('/');
}
