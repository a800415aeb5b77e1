/** How long the rest of a search may take, by how long the same kinds of work took so far. Pure. */

/** Trials are measured on all samples; groups on a few, each quantized alone. */
export type Work = 'trial' | 'group';

export class TimeLeft {
  readonly #spent: Record<Work, { count: number; ms: number }> = {
    trial: { count: 0, ms: 0 },
    group: { count: 0, ms: 0 },
  };
  /** What is still to come, as far as it is known. */
  readonly ahead: Record<Work, number> = { trial: 0, group: 0 };

  done(work: Work, ms: number): void {
    this.#spent[work].count += 1;
    this.#spent[work].ms += ms;
    this.ahead[work] = Math.max(0, this.ahead[work] - 1);
  }

  /** In milliseconds; undefined before the first work is done and where nothing more is planned. */
  estimate(): number | undefined {
    const { trial, group } = this.#spent;
    const all = { count: trial.count + group.count, ms: trial.ms + group.ms };
    if (all.count === 0 || this.ahead.trial + this.ahead.group === 0) return undefined;
    const mean = (work: Work): number => {
      const { count, ms } = this.#spent[work].count === 0 ? all : this.#spent[work];
      return ms / count;
    };
    return this.ahead.trial * mean('trial') + this.ahead.group * mean('group');
  }
}
