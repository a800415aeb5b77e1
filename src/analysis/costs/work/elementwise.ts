/** Operators that calculate each element by itself: how many FLOPs one takes, counted from their definitions. */
import { textAttribute } from '../../../onnx/attribute.ts';
import { each, flopRule, isThere, microsoft, perInput, perOutput, type WorkRule, type WorkTable } from './rule.ts';

/** One operation or one elementary function. */
const ONE = [
  ...['Abs', 'Neg', 'Ceil', 'Floor', 'Round', 'Sign', 'Reciprocal', 'Sqrt', 'Exp', 'Log', 'Erf', 'Relu', 'Not'],
  ...['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Tanh', 'Asinh', 'Acosh', 'Atanh'],
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Mod', 'BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'BitwiseNot'],
  ...['And', 'Or', 'Xor', 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'IsInf', 'IsNaN'],
  ...['ThresholdedRelu', 'CumSum', 'CumProd'],
];

/** Operator → FLOPs, with the terms that they are the sum of. */
const ACTIVATIONS: Readonly<Record<string, number>> = {
  // min, max
  Clip: 2,
  // compare, multiply
  LeakyRelu: 2,
  PRelu: 2,
  // compare, exp, subtract, multiply
  Elu: 4,
  Celu: 5,
  Selu: 5,
  // negate, exp, add, divide
  Sigmoid: 4,
  // multiply, add, min, max
  HardSigmoid: 4,
  HardSwish: 5,
  // exp, add, log
  Softplus: 3,
  Softsign: 3,
  // sigmoid of α·x, multiply
  Swish: 6,
  // softplus, tanh, multiply
  Mish: 5,
  // two compares, one add
  Shrink: 3,
};

/** x · ½ · (1 + erf(x / √2)), or with tanh(√(2/π) · (x + 0.044715 · x³)). */
const GELU = { erf: 5, tanh: 9 } as const;

const gelu: WorkRule = (node, shapes) =>
  perOutput(textAttribute(node, 'approximate', 'none') === 'tanh' ? GELU.tanh : GELU.erf)(node, shapes);

/** Sum, Max and Min fold all inputs, Mean divides at the end. */
const variadic = (extra: number): WorkRule =>
  flopRule((node, shapes) => (node.input.length - 1 + extra) * shapes.size(node.output[0]));

/** The sigmoid of one half times the other and itself; a clip where the operator has limits. */
const swiGlu = perOutput(6);

/** Two products and a sum for each element; the halves that are not rotated are copied. */
const rotary = perInput(3);

/** The bias, where there is one, is added first. */
const withBias = (flops: number): WorkRule =>
  flopRule((node, shapes) => (flops + (isThere(node.input[1]) ? 1 : 0)) * shapes.size(node.output[0]));

/** divide, round, add the zero point, and clip at both ends; and back: subtract, multiply. */
const QUANTIZE = 5;
const DEQUANTIZE = 2;

/** What an operator on quantized values does: each input is dequantized, the result is quantized. */
const quantized = (inputs: number, flops: number): WorkRule => perOutput(inputs * DEQUANTIZE + flops + QUANTIZE);

const ROTARY: WorkTable = { RotaryEmbedding: rotary };
const QUANTIZATION: WorkTable = { QuantizeLinear: perOutput(QUANTIZE), DequantizeLinear: perOutput(DEQUANTIZE) };

export const ELEMENTWISE: WorkTable = {
  ...each(perOutput(1), ONE),
  ...Object.fromEntries(Object.entries(ACTIVATIONS).map(([operator, flops]) => [operator, perOutput(flops)])),
  ...each(variadic(0), ['Sum', 'Max', 'Min']),
  Mean: variadic(1),
  Gelu: gelu,
  SwiGLU: swiGlu,
  ...ROTARY,
  ...QUANTIZATION,
  // minimum and maximum first
  DynamicQuantizeLinear: perInput(2 + QUANTIZE),
  'ai.onnx.ml::Scaler': perOutput(2),
  'ai.onnx.ml::Binarizer': perOutput(1),
  'ai.onnx.ml::Normalizer': perOutput(3),
  ...microsoft({
    ...QUANTIZATION,
    ...ROTARY,
    GemmaRotaryEmbedding: rotary,
    MRotaryEmbedding: rotary,
    Gelu: gelu,
    QuickGelu: perOutput(6),
    FastGelu: withBias(GELU.tanh),
    BiasGelu: withBias(GELU.erf),
    BiasAdd: perOutput(2),
    // half of the channels gate the other half
    BiasSplitGelu: perOutput(GELU.erf + 3),
    SwiGLU: swiGlu,
    ScaledSiLU: perOutput(6),
    GatedAdd: perOutput(2),
    ComplexMul: perOutput(3),
    ComplexMulConj: perOutput(3),
    MulInteger: perOutput(1),
    QLinearAdd: quantized(2, 1),
    QLinearMul: quantized(2, 1),
    QLinearWhere: quantized(1, 0),
    QLinearSigmoid: quantized(1, ACTIVATIONS.Sigmoid as number),
    QLinearLeakyRelu: quantized(1, ACTIVATIONS.LeakyRelu as number),
    QOrderedGelu: quantized(1, GELU.erf),
  }),
};
