/**
 * The stack and the memo of an unpickler, reduced to what decides which names are imported: a value is the position of
 * the text that it is, or OPAQUE.
 */

export const OPAQUE = -1;

/** More values than any real pickle keeps at once; 8 bytes each. */
const MAX_VALUES = 4_000_000;
/** Texts that are remembered; beyond them a name that is fetched from the memo is unknown. */
const MAX_TEXTS = 1_000_000;

export class PickleStack {
  #values = new Float64Array(1024);
  #height = 0;
  readonly #marks: number[] = [];
  readonly #texts = new Map<number, number>();
  #memoized = 0;
  #hasPut = false;

  /** False when the stack is full. */
  push(value: number): boolean {
    if (this.#height === this.#values.length) {
      if (this.#height >= MAX_VALUES) return false;
      const grown = new Float64Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#height] = value;
    this.#height += 1;
    return true;
  }

  /** Undefined when there is nothing above the last mark. */
  pop(): number | undefined {
    if (this.#height <= (this.#marks.at(-1) ?? 0)) return undefined;
    this.#height -= 1;
    return this.#values[this.#height];
  }

  top(): number | undefined {
    return this.#height <= (this.#marks.at(-1) ?? 0) ? undefined : this.#values[this.#height - 1];
  }

  mark(): boolean {
    if (this.#marks.length >= MAX_VALUES) return false;
    this.#marks.push(this.#height);
    return true;
  }

  /** POP takes a mark away when nothing lies above it. */
  popMark(): boolean {
    if (this.#marks.length === 0 || this.#marks.at(-1) !== this.#height) return false;
    this.#marks.pop();
    return true;
  }

  /** Takes everything down to the last mark, and the mark. False without a mark. */
  popToMark(): boolean {
    const mark = this.#marks.pop();
    if (mark === undefined) return false;
    this.#height = mark;
    return true;
  }

  put(index: number, value: number): void {
    this.#hasPut = true;
    this.#remember(index, value);
  }

  /** MEMOIZE counts entries, which PUT may have numbered otherwise: false when a pickle uses both. */
  memoize(value: number): boolean {
    if (this.#hasPut) return false;
    this.#remember(this.#memoized, value);
    this.#memoized += 1;
    return true;
  }

  get(index: number): number {
    return this.#texts.get(index) ?? OPAQUE;
  }

  #remember(index: number, value: number): void {
    if (value === OPAQUE) this.#texts.delete(index);
    else if (this.#texts.size < MAX_TEXTS) this.#texts.set(index, value);
  }
}
