/** The classification extension: the best classes of an output as text, `<value>:<index>`. */
import { elementCount, type HostTensor } from '../onnx/tensor.ts';

/**
 * The `classCount` largest values of each item of a batch, largest first; equal ones in the order of their index.
 * Values of floating point are written with six digits behind the point, as Triton does.
 * @param isBatched whether the first dimension counts items; else the whole tensor is one item
 */
export function topClasses(tensor: HostTensor, classCount: number, isBatched: boolean): HostTensor {
  const values = tensor.data as ArrayLike<number | bigint>;
  const items = isBatched ? (tensor.dims[0] ?? 1) : 1;
  const size = elementCount(isBatched ? tensor.dims.slice(1) : tensor.dims);
  const count = Math.min(classCount, size);
  const isReal = tensor.dataType === 'float32' || tensor.dataType === 'float64';
  const texts: string[] = [];
  for (let item = 0; item < items; item += 1) {
    const at = (index: number): number | bigint => values[item * size + index] as number | bigint;
    const order = Array.from({ length: size }, (_, index) => index).sort((a, b) => descending(at(a), at(b)));
    for (const index of order.slice(0, count)) {
      const value = at(index);
      texts.push(`${isReal ? (value as number).toFixed(6) : value}:${index}`);
    }
  }
  return { dataType: 'string', dims: isBatched ? [items, count] : [count], data: texts };
}

/** NaN comes last. */
function descending(a: number | bigint, b: number | bigint): number {
  if (a === b) return 0;
  if (a > b || (Number.isNaN(b) && !Number.isNaN(a))) return -1;
  return a < b || !Number.isNaN(b) ? 1 : 0;
}
