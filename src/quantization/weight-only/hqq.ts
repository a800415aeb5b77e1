/**
 * Half-quadratic quantization (Badri and Shaji, "Half-Quadratic Quantization of Large Machine Learning Models", 2023): the
 * error is a p-norm with p below 1, which lets outliers be. The error of each value is split off by the proximal operator of
 * that norm, the rest is solved in closed form, and both take turns. p, β, κ and the number of turns are those of the paper.
 * Other than there errors count in steps of the block, so that no block is too small for β; zero points are integers; and the
 * scale is solved for too, as symmetric blocks have nothing else to solve for.
 */
import { type BlockSearch, placeIntegers, scaleFor } from './block-search.ts';

const P = 0.7;
const BETA = 10;
const KAPPA = 1.01;
const TURNS = 20;

/** Scratch for the values less their errors. */
let targets = new Float32Array(0);

export const hqq: BlockSearch = {
  weigh: ({ weights }) => {
    weights.fill(1);
  },
  cost: (difference, step) => Math.abs(difference / step) ** P,
  search(block, start, { bits, isSymmetric, round }, tryPair) {
    const { values, integers } = block;
    const top = 2 ** bits - 1;
    const step = Math.abs(start.scale);
    if (targets.length !== values.length) targets = new Float32Array(values.length);
    let { scale, zeroPoint } = start;
    let beta = BETA;
    for (let turn = 0; turn < TURNS; turn += 1, beta *= KAPPA) {
      placeIntegers(block, { scale, zeroPoint }, top);
      let shift = 0;
      for (let i = 0; i < values.length; i += 1) {
        const value = values[i] as number;
        const error = value - ((integers[i] as number) - zeroPoint) * scale;
        const target = value - shrink(error / step, beta) * step;
        targets[i] = target;
        shift += (integers[i] as number) - target / scale;
      }
      const moved = isSymmetric ? zeroPoint : Math.max(0, Math.min(Math.round(shift / values.length), top));
      const solved = scaleFor(block, targets, moved);
      if (!(solved * scale > 0)) return;
      const isSame = round(solved) === round(scale) && moved === zeroPoint;
      [scale, zeroPoint] = [solved, moved];
      if (isSame) continue;
      tryPair(scale, zeroPoint);
    }
  },
};

/** The proximal operator of |x|^p for a penalty β, as the paper approximates it. */
function shrink(error: number, beta: number): number {
  const size = Math.abs(error);
  if (size === 0) return 0;
  return Math.sign(error) * Math.max(size - size ** (P - 1) / beta, 0);
}
