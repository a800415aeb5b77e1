/** What a model says that cannot be. */

export interface ShapeProblem {
  /**
   * `node`: the inputs do not fit the operator; the outputs are only known as far as the model declares them.
   * `declaration`: the model declares another shape of a value than follows from its node, which is the one that counts.
   * `order`: nodes wait for one another.
   */
  readonly kind: 'node' | 'declaration' | 'order';
  /** The graph, as `PlacedGraph.place`. */
  readonly place: readonly string[];
  /** Name of the node, or its operator where it has none; the name of the value where the two sides of it differ. */
  readonly node: string;
  readonly message: string;
}

const MAX_PROBLEMS = 100;

/** Each problem once, however often its graph is walked; the first hundred of them. */
export class Problems {
  readonly #found = new Map<string, ShapeProblem>();

  add(problem: ShapeProblem): void {
    if (this.#found.size < MAX_PROBLEMS) this.#found.set(JSON.stringify(problem), problem);
  }

  list(): readonly ShapeProblem[] {
    return [...this.#found.values()];
  }
}
