/** The values of a tensor as JavaScript numbers, whatever their type. */
import { bfloat16ToNumber, halfToNumber } from './half.ts';
import type { HostTensor } from './tensor.ts';

/**
 * Reads the value at a flat index. float16 and bfloat16 are decoded, int64 beyond 2⁵³ loses its lowest bits, packed
 * sub-byte types give their bytes, strings what `Number` makes of them.
 */
export function numberReader(tensor: HostTensor): (index: number) => number {
  const { data, dataType } = tensor;
  if (dataType === 'float16') return (index) => halfToNumber(data[index] as number);
  if (dataType === 'bfloat16') return (index) => bfloat16ToNumber(data[index] as number);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array || Array.isArray(data)) {
    return (index) => Number(data[index]);
  }
  return (index) => data[index] as number;
}
