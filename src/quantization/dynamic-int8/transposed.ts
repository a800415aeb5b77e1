/** A matrix with its rows as columns. */
import type { LoadedWeight } from '../integer-weights.ts';

/** Squares of this side stay in the cache while they are turned. */
const TILE = 32;

/** `weight` must have two dims; its channels move along. */
export function transposed(weight: LoadedWeight): LoadedWeight {
  const [rows, columns] = weight.dims as [number, number];
  const data = new Float32Array(weight.data.length);
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(top + TILE, rows);
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(left + TILE, columns);
      for (let row = top; row < bottom; row += 1) {
        for (let column = left; column < right; column += 1) {
          data[column * rows + row] = weight.data[row * columns + column] as number;
        }
      }
    }
  }
  return { ...weight, dims: [columns, rows], data, axis: weight.axis === null ? null : 1 - weight.axis };
}
