/** Chance that is the same on every run. */
import { Random } from '../../fixtures/sample/random.ts';

export class Chance {
  readonly #random: Random;

  /** Each case of a run has a stream of its own, so that it can be repeated alone. */
  constructor(seed: number, index: number) {
    this.#random = new Random(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  }

  /** 0 ≤ x < 1 */
  next(): number {
    return this.#random.next();
  }

  /** A whole number, 0 ≤ x < limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  isLikely(probability: number): boolean {
    return this.next() < probability;
  }
}
