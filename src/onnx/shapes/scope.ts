/** What is known of the values of one graph; inner graphs see those of the graphs around them. */
import type { Known } from './call.ts';

export class Scope {
  readonly known = new Map<string, Known>();
  readonly #outer: Scope | null;

  constructor(outer: Scope | null) {
    this.#outer = outer;
  }

  get(name: string): Known | null {
    for (let scope: Scope | null = this; scope !== null; scope = scope.#outer) {
      const found = scope.known.get(name);
      if (found !== undefined) return found;
    }
    return null;
  }
}
