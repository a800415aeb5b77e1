/** How a message lay in its file where that differs from how it would be written anew. */

import type { Bytes } from './bytes.ts';

/** A field that the schema does not know: its tag and payload exactly as they were read, tag included. */
export interface UnknownField {
  readonly number: number;
  readonly bytes: Bytes;
}

export interface Layout {
  /** Field numbers in the order of the file, one entry per occurrence; only present when that order is not ascending. */
  readonly order?: readonly number[];
  readonly unknown?: readonly UnknownField[];
  /** Repeated numeric fields that were written in the other form (packed or one by one) than the schema says. */
  readonly flipped?: ReadonlySet<number>;
}

/** How the fields of one message lay. Most lie in order and are all known: then nothing is kept of it. */
export class Occurrences {
  readonly #order: number[];
  readonly #start: number;
  #last = 0;
  #isAscending = true;
  #unknown: UnknownField[] | undefined;
  #flipped: Set<number> | undefined;

  /** @param order shared with the messages around this one, which is done before they go on */
  constructor(order: number[]) {
    this.#order = order;
    this.#start = order.length;
  }

  note(number: number): void {
    this.#order.push(number);
    if (number < this.#last) this.#isAscending = false;
    this.#last = number;
  }

  noteUnknown(field: UnknownField): void {
    this.#unknown ??= [];
    this.#unknown.push(field);
  }

  noteFlipped(number: number): void {
    this.#flipped ??= new Set();
    this.#flipped.add(number);
  }

  layout(): Layout | undefined {
    const order = this.#isAscending ? undefined : this.#order.slice(this.#start);
    this.#order.length = this.#start;
    if (order === undefined && this.#unknown === undefined && this.#flipped === undefined) return undefined;
    return {
      ...(order === undefined ? {} : { order }),
      ...(this.#unknown === undefined ? {} : { unknown: this.#unknown }),
      ...(this.#flipped === undefined ? {} : { flipped: this.#flipped }),
    };
  }
}
