/** com.microsoft: operators on quantized tensors, each of which comes with its scale and zero point. */
import type { Dim } from '../../../build.ts';
import type { Call } from '../../call.ts';
import { broadcastShapes, mergeDims, plus } from '../../dims.ts';
import { type RuleTable, type Shape, tensor } from '../../types.ts';
import { convolved } from '../convolution.ts';
import { forEach, sameAs } from '../makers.ts';
import { gemmShape, matMulShape } from '../matrices.ts';
import { POOLING, pooled } from '../pooling.ts';
import { RECURRENT } from '../recurrent.ts';
import { reduced } from '../reductions.ts';
import { channelsLast } from './channels-last.ts';

export const CONTRIB_QUANTIZED: RuleTable = {
  ...forEach(['QLinearAdd', 'QLinearMul'], (call) => [
    tensor(call.dataType(0), broadcastShapes([call.shape(0), call.shape(3)])),
  ]),
  ...forEach(['QLinearLeakyRelu', 'QLinearSigmoid', 'QLinearSoftmax'], sameAs(0)),
  DequantizeLinear: (call) => [tensor(call.dataType(1), call.shape(0))],
  DynamicQuantizeLSTM: (call) => (call.int('hidden_size') === undefined ? [] : (RECURRENT.LSTM?.(call) ?? [])),
  DynamicQuantizeMatMul: (call) => [tensor(call.dataType(0), matMulShape(call, 0, 1))],
  MatMulInteger16: (call) => [tensor('int32', matMulShape(call, 0, 1))],
  MatMulIntegerToFloat: (call) => [tensor(call.dataType(2), matMulShape(call, 0, 1))],
  MulInteger: (call) => [tensor('int32', broadcastShapes([call.shape(0), call.shape(2)]))],
  QGemm: (call) => [tensor(call.hasInput(8) ? call.dataType(8) : 'float32', gemmShape(call, 0, 3))],
  QLinearAveragePool: (call) => [
    tensor(call.dataType(0), isChannelsLast(call) ? channelsLast(call, {}) : pooled(call)),
  ],
  QLinearConcat: (call) => [tensor(call.dataType(1), concatenated(call))],
  QLinearConv: (call) => {
    const shape = isChannelsLast(call) ? channelsLast(call, { weights: 3 }) : convolved(call, 0, 3);
    return [tensor(call.dataType(7), shape)];
  },
  QLinearGlobalAveragePool: (call) => {
    if (!isChannelsLast(call)) return POOLING.GlobalAveragePool?.(call) ?? [];
    const shape = call.shape(0);
    return [tensor(call.dataType(0), shape?.map((dim, at) => (at === 0 || at === shape.length - 1 ? dim : 1)) ?? null)];
  },
  QLinearReduceMean: (call) => [tensor(call.dataType(0), reduced(call))],
  QLinearWhere: (call) => {
    return [tensor(call.dataType(1), broadcastShapes([call.shape(0), call.shape(1), call.shape(4)]))];
  },
  QuantizeLinear: (call) => [tensor(call.hasInput(2) ? call.dataType(2) : 'uint8', call.shape(0))],
  ReduceSumInteger: (call) => [tensor('int32', reduced(call))],
};

function isChannelsLast(call: Call): boolean {
  return call.int('channels_last', 0) !== 0;
}

/** After scale and zero point of the output come tensors, each with its own two. */
function concatenated(call: Call): Shape {
  const shapes = call
    .inputs()
    .map((_, index) => index)
    .filter((index) => index >= 2 && index % 3 === 2)
    .map((index) => call.shape(index));
  const [first] = shapes;
  if (!first) return null;
  const axis = call.axis(call.int('axis', 1), first.length);
  return first.map((_, at) => {
    const dims = shapes.map((shape) => shape?.[at] ?? null);
    return at === axis ? dims.reduce<Dim>(plus, 0) : dims.reduce(mergeDims);
  });
}
