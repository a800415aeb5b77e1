/** Whether somebody quantized the model before. */
import { DATA_TYPES, type DataType } from '../onnx/data-type.ts';
import type { Analysis } from './facts.ts';
import { isQuantizedOperator } from './operators.ts';

/** uint8 alone proves nothing: tables of bytes have it too. */
const NARROW: ReadonlySet<DataType> = new Set(
  (Object.keys(DATA_TYPES) as DataType[]).filter(
    (type) => type === 'int8' || type.startsWith('float8') || /^float[46]/.test(type) || /^u?int[24]$/.test(type),
  ),
);

export function quantizedOperators(operators: Analysis['operators']): Record<string, number> {
  return Object.fromEntries(Object.entries(operators).filter(([key]) => isQuantizedOperator(key)));
}

export function narrowTypes(bytesByType: Analysis['weightBytesByType']): DataType[] {
  return (Object.keys(bytesByType) as DataType[]).filter((type) => NARROW.has(type));
}

export function isQuantized(operators: Analysis['operators'], bytesByType: Analysis['weightBytesByType']): boolean {
  return Object.keys(quantizedOperators(operators)).length > 0 || narrowTypes(bytesByType).length > 0;
}
