/** The filters that Pillow resizes with, as in its Resample.c. */

interface Filter {
  /** Half the width of the window, in input pixels where nothing shrinks. */
  readonly support: number;
  /** @param distance from the center, 0 or more */
  weight(distance: number): number;
}

/** Keys' kernel with a = −0.5. */
const A = -0.5;

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

export const FILTERS = {
  box: { support: 0.5, weight: (x) => (x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => (x < 1 ? 1 - x : 0) },
  hamming: { support: 1, weight: (x) => (x >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(x * Math.PI))) },
  bicubic: {
    support: 2,
    weight: (x) => {
      if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x < 3 ? sinc(x) * sinc(x / 3) : 0) },
} as const satisfies Record<string, Filter>;

export type ResizeFilter = keyof typeof FILTERS | 'nearest';

/** The numbers of `PIL.Image.Resampling`, which configuration files hold. */
export const PILLOW_FILTERS: readonly ResizeFilter[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];
