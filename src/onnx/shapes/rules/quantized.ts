/** Quantization, and products of quantized matrices. */
import type { DataType } from '../../data-type.ts';
import type { Call } from '../call.ts';
import { type RuleTable, tensor } from '../types.ts';
import { matMulShape } from './matrices.ts';

export const QUANTIZED: RuleTable = {
  DequantizeLinear: (call) => [tensor(call.dataTypeAttribute('output_dtype') || scaleType(call), call.shape(0))],
  DynamicQuantizeLinear: (call) => [tensor('uint8', call.shape(0)), tensor('float32', []), tensor('uint8', [])],
  MatMulInteger: (call) => [tensor('int32', matMulShape(call, 0, 1))],
  QLinearMatMul: (call) => [tensor(call.dataType(7), matMulShape(call, 0, 3))],
  QuantizeLinear: (call) => [tensor(quantizedType(call), call.shape(0))],
};

/** Before opset 19 the result is float32 whatever the scale. */
function scaleType(call: Call): DataType | null {
  return call.opset < 19 ? 'float32' : call.dataType(1);
}

/** The type of the zero point, or the attribute since opset 21, or uint8. */
function quantizedType(call: Call): DataType | null {
  const asked = call.dataTypeAttribute('output_dtype');
  if (!call.hasInput(2)) return asked || 'uint8';
  return call.dataType(2) ?? asked ?? null;
}
