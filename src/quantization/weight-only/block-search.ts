/**
 * Scales and zero points of a block that lose less than those of its lowest and highest values. A search starts from those
 * of round-to-nearest and takes another pair only where the error that it measures is less.
 */
import type { BlockScale, ScaleScheme } from './block-scales.ts';

/** The values of one block, and integers that stand for them. */
export interface SearchedBlock {
  readonly values: Float32Array;
  /** Those of the scale and zero point that were looked at last. */
  readonly integers: Uint8Array;
  /** How much the error of each value counts. */
  readonly weights: Float32Array;
}

/** What a search calls an error, and where it looks. */
export interface BlockSearch {
  weigh(block: SearchedBlock): void;
  /** Of a value that is `difference` away from what stands for it, `step` being the distance of two integers. */
  cost(difference: number, step: number): number;
  /** Looks at pairs through `tryPair`, which says whether it is the best one so far. */
  search(block: SearchedBlock, start: Readonly<BlockScale>, scheme: ScaleScheme, tryPair: TryPair): void;
}

type TryPair = (scale: number, zeroPoint: number) => boolean;

export function emptyBlock(length: number): SearchedBlock {
  return {
    values: new Float32Array(length),
    integers: new Uint8Array(length),
    weights: new Float32Array(length).fill(1),
  };
}

/** The integers of MatMulNBits: nearest, halves away from zero, each step in float32. */
export function placeIntegers(
  { values, integers }: SearchedBlock,
  { scale, zeroPoint }: BlockScale,
  top: number,
): void {
  const inverse = Math.fround(1 / scale);
  for (let i = 0; i < values.length; i += 1) {
    const shifted = Math.fround(Math.fround((values[i] as number) * inverse) + zeroPoint);
    integers[i] = shifted >= top ? top : shifted > 0 ? Math.floor(shifted + 0.5) : 0;
  }
}

/** The sum over the block, in steps of the scale of round-to-nearest. */
function blockError(block: SearchedBlock, pair: BlockScale, step: number, { cost }: BlockSearch): number {
  const { values, integers, weights } = block;
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) {
    const made = ((integers[i] as number) - pair.zeroPoint) * pair.scale;
    sum += (weights[i] as number) * cost((values[i] as number) - made, step);
  }
  return sum;
}

/** @returns whether there was a better pair than `start`; it is in `start` then, and its integers in `block` */
export function searchBlock(
  block: SearchedBlock,
  start: BlockScale,
  scheme: ScaleScheme,
  search: BlockSearch,
): boolean {
  const step = Math.abs(start.scale);
  if (step === 0 || !Number.isFinite(Math.fround(1 / step))) return false;
  const top = 2 ** scheme.bits - 1;
  const best = { ...start };
  search.weigh(block);
  placeIntegers(block, start, top);
  let least = blockError(block, start, step, search);
  const tryPair = (exact: number, zeroPoint: number): boolean => {
    const pair = { scale: scheme.round(exact), zeroPoint };
    const isUsable = pair.scale !== 0 && Number.isFinite(Math.fround(1 / pair.scale)) && Number.isFinite(pair.scale);
    if (!isUsable) return false;
    placeIntegers(block, pair, top);
    const error = blockError(block, pair, step, search);
    if (!(error < least)) return false;
    least = error;
    Object.assign(best, pair);
    return true;
  };
  search.search(block, { ...start }, scheme, tryPair);
  if (best.scale === start.scale && best.zeroPoint === start.zeroPoint) return false;
  Object.assign(start, best);
  placeIntegers(block, best, top);
  return true;
}

/** The scale with the least squared error for integers that stay: Σ w·x·l / Σ w·l², l being the integer less its zero point. */
export function scaleFor({ integers, weights }: SearchedBlock, targets: Float32Array, zeroPoint: number): number {
  let [upper, lower] = [0, 0];
  for (let i = 0; i < targets.length; i += 1) {
    const level = (integers[i] as number) - zeroPoint;
    upper += (weights[i] as number) * (targets[i] as number) * level;
    lower += (weights[i] as number) * level * level;
  }
  return lower === 0 ? 0 : upper / lower;
}
