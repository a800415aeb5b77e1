/** First come, first served: one holder at a time. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;

  /** Those who wait, without the one who has its turn. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Does `work` when everything before it is done. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isTaken) await new Promise<void>((go) => this.#waiting.push(go));
    this.#isTaken = true;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#isTaken = false;
      else next();
    }
  }
}
