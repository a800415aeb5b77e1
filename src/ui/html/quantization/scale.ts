/** Where values lie on an axis, and the marks that people can read. */

export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

const STEPS = [1, 2, 2.5, 5, 10];

/**
 * At most `most` ticks that are round in multiples of `unit`, within the range.
 */
export function scaleOf(from: number, to: number, options: { unit?: number; most?: number } = {}): Scale {
  const { unit = 1, most = 4 } = options;
  const width = Math.max(to - from, Number.EPSILON) / unit;
  const power = 10 ** Math.floor(Math.log10(width / most));
  const step = (STEPS.map((factor) => factor * power).find((one) => width / one <= most) ?? 10 * power) * unit;
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  return { from, to, ticks: Array.from({ length: Math.max(0, count) }, (_, index) => (first + index) * step) };
}

/** 0 at the beginning, 1 at the end; values beyond lie on the edge. */
export function share({ from, to }: Scale, value: number): number {
  return to === from ? 0.5 : Math.min(1, Math.max(0, (value - from) / (to - from)));
}

export function percent(part: number): string {
  return `${Math.round(part * 10_000) / 100}%`;
}
