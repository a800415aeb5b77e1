/**
 * k-quant: a grid of scales around that of the range, each one refined by weighted least squares, as llama.cpp chooses those
 * of its k-quants (`make_qkx2_quants` and, for symmetric blocks, `make_qx_quants` in ggml-quants.c). A value counts as
 * √(mean of squares) + |value|. Other than there the lowest value is kept as an integer zero point.
 */
import { type BlockSearch, placeIntegers, scaleFor } from './block-search.ts';

/** Tenths of an integer by which the grid goes beyond the range, and below it: 20 steps of 0.1 from −1, or 9 on both sides. */
const ASYMMETRIC: Grid = { from: -10, to: 10 };
const SYMMETRIC: Grid = { from: -9, to: 9 };

interface Grid {
  readonly from: number;
  readonly to: number;
}

export const kQuant: BlockSearch = {
  weigh({ values, weights }) {
    let squares = 0;
    for (const value of values) squares += value * value;
    const base = Math.sqrt(squares / values.length);
    for (let i = 0; i < values.length; i += 1) weights[i] = base + Math.abs(values[i] as number);
  },
  cost: (difference, step) => (difference / step) ** 2,
  search(block, start, { bits, isSymmetric }, tryPair) {
    const top = 2 ** bits - 1;
    const reach = isSymmetric ? 2 ** (bits - 1) : top;
    const { from, to } = isSymmetric ? SYMMETRIC : ASYMMETRIC;
    let low = 0;
    for (const value of block.values) if (value < low) low = value;
    for (let tenth = from; tenth <= to; tenth += 1) {
      const scale = (start.scale * reach) / (reach + tenth / 10);
      const zeroPoint = isSymmetric ? start.zeroPoint : Math.min(Math.round(-low / scale), top);
      placeIntegers(block, { scale, zeroPoint }, top);
      tryPair(scaleFor(block, block.values, zeroPoint), zeroPoint);
      if (tenth !== 0) tryPair(scale, zeroPoint);
    }
  },
};
