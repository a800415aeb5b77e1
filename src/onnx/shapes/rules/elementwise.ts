/** Operators that take one element of each input and make one element of the output. */

import { broadcastShapes } from '../dims.ts';
import type { RuleTable } from '../types.ts';
import { tensor } from '../types.ts';
import { broadcast, broadcastTo, forEach, sameAs, sameShape } from './makers.ts';

const UNARY = [
  ...['Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Ceil', 'Cos', 'Cosh', 'Erf', 'Exp', 'Floor', 'Log'],
  ...['Neg', 'Reciprocal', 'Round', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Sqrt', 'Tan', 'Tanh', 'Not', 'BitwiseNot'],
  ...['Celu', 'Clip', 'Elu', 'Gelu', 'HardSigmoid', 'HardSwish', 'LeakyRelu', 'Mish', 'Relu', 'Selu', 'Shrink'],
  ...[
    'Softplus',
    'Softsign',
    'SwiGLU',
    'Swish',
    'ThresholdedRelu',
    'ParametricSoftplus',
    'ScaledTanh',
    'Affine',
    'PRelu',
  ],
  ...['Hardmax', 'LogSoftmax', 'Softmax', 'CumSum', 'CumProd', 'Trilu', 'Identity', 'ImageScaler'],
];

export const ELEMENTWISE: RuleTable = {
  ...forEach(UNARY, sameAs(0)),
  ...forEach(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Mod'], broadcast()),
  ...forEach(['Max', 'Min', 'Sum', 'Mean'], broadcast(8)),
  ...forEach(['BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor'], broadcast()),
  ...forEach(['And', 'Or', 'Xor', 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'], broadcastTo('bool')),
  ...forEach(['IsInf', 'IsNaN'], sameShape(0, 'bool')),
  Where: (call) => [tensor(call.commonDataType(1), broadcastShapes([0, 1, 2].map((index) => call.shape(index))))],
  ...forEach(['BitCast', 'Cast'], (call) => [tensor(call.dataTypeAttribute('to') ?? null, call.shape(0))]),
  CastLike: (call) => [tensor(call.dataType(1), call.shape(0))],
};
