/** A sum of figures of which some are not known: what is known, and where the gaps are. */
export class Sum {
  value = 0;
  /** How many figures above 0 are in the value. */
  known = 0;
  /** Names of what is missing. */
  readonly gaps: string[] = [];

  /** @param figure NaN where it is not known */
  add(figure: number, name: string): void {
    if (!Number.isFinite(figure)) {
      this.gaps.push(name);
    } else if (figure > 0) {
      this.value += figure;
      this.known += 1;
    }
  }

  /** @param times NaN where it is not known how often; then all of it is missing, unless it is nothing */
  join(other: Sum, times: number, name: string): void {
    if (other.value > 0 && !Number.isFinite(times)) this.gaps.push(name);
    if (Number.isFinite(times)) {
      this.value += other.value * times;
      this.known += other.known;
    }
    for (const gap of other.gaps) this.gaps.push(gap);
  }

  static largest(sums: readonly Sum[]): Sum {
    return sums.reduce((a, b) => (b.value > a.value ? b : a), sums[0] ?? new Sum());
  }
}
