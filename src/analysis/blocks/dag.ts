/** Directed graphs without cycles. Nodes are numbers in an order in which every edge points forward. */

export interface Dag {
  readonly size: number;
  readonly successors: readonly (readonly number[])[];
  readonly predecessors: readonly (readonly number[])[];
}

/** Edges that occur twice count once; those that do not point forward are dropped. */
export function dagOf(size: number, edges: Iterable<readonly [number, number]>): Dag {
  const successors: number[][] = Array.from({ length: size }, () => []);
  for (const [from, to] of edges) if (from < to) (successors[from] as number[]).push(to);
  const predecessors: number[][] = Array.from({ length: size }, () => []);
  for (const [from, list] of successors.entries()) {
    const targets = [...new Set(list)].sort((a, b) => a - b);
    successors[from] = targets;
    for (const to of targets) (predecessors[to] as number[]).push(from);
  }
  return { size, successors, predecessors };
}

/** The graph between groups of nodes; `groups` must be in an order that allows no edge backwards. */
export function quotient(dag: Dag, groups: readonly (readonly number[])[]): Dag {
  const groupOf = new Int32Array(dag.size).fill(-1);
  for (const [index, members] of groups.entries()) for (const member of members) groupOf[member] = index;
  return dagOf(groups.length, edgesBetween(dag, groups, groupOf));
}

function* edgesBetween(
  dag: Dag,
  groups: readonly (readonly number[])[],
  groupOf: Int32Array,
): Generator<[number, number]> {
  for (const [index, members] of groups.entries()) {
    for (const member of members) {
      for (const next of dag.successors[member] as readonly number[]) {
        const target = groupOf[next] as number;
        if (target !== -1 && target !== index) yield [index, target];
      }
    }
  }
}

/** True when contracting the nodes to one makes no cycle: no way leaves the set and comes back to it. */
export function isConvex(dag: Dag, set: readonly number[]): boolean {
  const members = new Set(set);
  const last = set.reduce((most, node) => Math.max(most, node), -1);
  const seen = new Set<number>();
  const open = set.flatMap((node) => (dag.successors[node] as readonly number[]).filter((next) => !members.has(next)));
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node > last || seen.has(node)) continue;
    seen.add(node);
    for (const next of dag.successors[node] as readonly number[]) {
      if (members.has(next)) return false;
      open.push(next);
    }
  }
  return true;
}

/**
 * Puts groups into an order in which all edges between them point forward. Where groups wait for each other, the one with
 * the first waiting node is split into what can come now and what must come later.
 * @param groups disjoint, each in ascending order
 */
export function orderGroups(dag: Dag, groups: readonly (readonly number[])[]): number[][] {
  const order = new GroupOrder(dag, groups);
  while (order.hasMore()) if (!order.takeWhole()) order.takePart();
  return order.result;
}

class GroupOrder {
  readonly result: number[][] = [];
  readonly #dag: Dag;
  readonly #members: number[][];
  readonly #groupOf: Int32Array;
  readonly #done: Uint8Array;
  /** Edges into each group from groups that are not placed yet. */
  readonly #waiting: Int32Array;
  readonly #ready: number[] = [];
  /** All nodes in ascending order, and how many of them from the front are placed. */
  readonly #nodes: number[];
  #front = 0;

  constructor(dag: Dag, groups: readonly (readonly number[])[]) {
    this.#dag = dag;
    this.#members = groups.map((group) => [...group]);
    this.#groupOf = new Int32Array(dag.size).fill(-1);
    this.#done = new Uint8Array(dag.size);
    this.#waiting = new Int32Array(groups.length);
    for (const [index, group] of groups.entries()) for (const node of group) this.#groupOf[node] = index;
    this.#nodes = groups.flat().sort((a, b) => a - b);
    for (const index of groups.keys()) {
      this.#waiting[index] = this.#openEdges(index);
      if (this.#waiting[index] === 0) this.#push(index);
    }
  }

  hasMore(): boolean {
    while (this.#front < this.#nodes.length && this.#done[this.#nodes[this.#front] as number] === 1) this.#front += 1;
    return this.#front < this.#nodes.length;
  }

  takeWhole(): boolean {
    const index = this.#ready.pop();
    if (index === undefined) return false;
    this.#place(index, this.#members[index] as number[]);
    return true;
  }

  /** The nodes of a group that wait for nothing outside of it. */
  takePart(): void {
    const index = this.#groupOf[this.#nodes[this.#front] as number] as number;
    const now = new Set<number>();
    for (const node of this.#members[index] as number[]) {
      if (this.#unplaced(node).every((before) => now.has(before))) now.add(node);
    }
    this.#members[index] = (this.#members[index] as number[]).filter((node) => !now.has(node));
    this.#place(index, [...now]);
    this.#waiting[index] = this.#openEdges(index);
    if (this.#waiting[index] === 0 && (this.#members[index] as number[]).length > 0) this.#push(index);
  }

  #place(index: number, nodes: number[]): void {
    this.result.push(nodes);
    for (const node of nodes) this.#done[node] = 1;
    for (const node of nodes) {
      for (const next of this.#dag.successors[node] as readonly number[]) {
        const group = this.#groupOf[next] as number;
        if (group === -1 || group === index || this.#done[next] === 1) continue;
        this.#waiting[group] = (this.#waiting[group] as number) - 1;
        if (this.#waiting[group] === 0) this.#push(group);
      }
    }
  }

  /** Ready groups are taken by their first node, so that the order stays near to that of the file. */
  #push(index: number): void {
    const key = (group: number): number => this.#members[group]?.[0] ?? 0;
    let at = this.#ready.length;
    while (at > 0 && key(this.#ready[at - 1] as number) < key(index)) at -= 1;
    this.#ready.splice(at, 0, index);
  }

  #unplaced(node: number): number[] {
    return (this.#dag.predecessors[node] as readonly number[]).filter(
      (before) => this.#groupOf[before] !== -1 && this.#done[before] === 0,
    );
  }

  #openEdges(index: number): number {
    return (this.#members[index] as number[]).reduce(
      (sum, node) => sum + this.#unplaced(node).filter((before) => this.#groupOf[before] !== index).length,
      0,
    );
  }
}
