/** FLOPs of operators that multiply and accumulate nothing; the input has 144 elements and the output 36. */
import { describe, expect, test } from 'vitest';
import { workRuleOf } from '../../../src/analysis/costs/work/registry.ts';
import type { NodeProto } from '../../../src/onnx/proto.ts';
import { node, type Shapes, workOf } from './views.ts';

const SHAPES: Shapes = { x: [1, 4, 6, 6], w: [1, 4, 6, 6], y: [1, 4, 3, 3] };
const KERNEL = { kernel_shape: [2n, 2n] };
const skip = (bias: string) => node('com.microsoft::SkipLayerNormalization', ['x', 'w', 'g', 'b', bias]);

describe('FLOPs', () => {
  test.each<[string, NodeProto, number]>([
    ['Add', node('Add', ['x', 'w']), 36],
    ['Sum of three', node('Sum', ['x', 'w', 'w']), 72],
    ['Mean of three', node('Mean', ['x', 'w', 'w']), 108],
    ['Relu', node('Relu', ['x']), 36],
    ['Sigmoid: negate, exp, add, divide', node('Sigmoid', ['x']), 144],
    ['Gelu with erf', node('Gelu', ['x']), 180],
    ['Gelu with tanh', node('Gelu', ['x'], ['y'], { approximate: 'tanh' }), 324],
    ['FastGelu with a bias', node('com.microsoft::FastGelu', ['x', 'b']), 360],
    ['Softmax', node('Softmax', ['x']), 5 * 144],
    ['BatchNormalization: one product, one sum', node('BatchNormalization', ['x']), 288],
    ['LayerNormalization', node('LayerNormalization', ['x']), 7 * 144],
    ['RMSNormalization', node('RMSNormalization', ['x']), 4 * 144],
    ['SkipLayerNormalization', skip(''), 8 * 144],
    ['SkipLayerNormalization with a bias', skip('c'), 9 * 144],
    ['LRN over 5 neighbours', node('LRN', ['x'], ['y'], { size: 5n }), 9 * 144],
    ['MaxPool compares 4', node('MaxPool', ['x'], ['y'], KERNEL), 3 * 36],
    ['AveragePool adds 4 and divides', node('AveragePool', ['x'], ['y'], KERNEL), 4 * 36],
    ['GlobalAveragePool', node('GlobalAveragePool', ['x']), 144 + 36],
    ['ReduceMean', node('ReduceMean', ['x']), 144 + 36],
    ['ReduceSumSquare', node('ReduceSumSquare', ['x']), 288],
    ['QuantizeLinear', node('QuantizeLinear', ['x']), 180],
    ['DequantizeLinear', node('DequantizeLinear', ['x']), 72],
    ['QLinearAdd: two dequantize, one adds, one quantizes', node('com.microsoft::QLinearAdd', ['x']), 360],
    ['Resize of nearest neighbours copies', node('Resize', ['x'], ['y'], { mode: 'nearest' }), 0],
    ['Resize, bilinear: 4 products and 3 sums', node('Resize', ['x'], ['y'], { mode: 'linear' }), 7 * 36],
    ['Resize, bicubic: 16 products and 15 sums', node('Resize', ['x'], ['y'], { mode: 'cubic' }), 31 * 36],
    ['Transpose moves', node('Transpose', ['x']), 0],
    ['TopK sorts', node('TopK', ['x']), 0],
  ])('%s', (_, operator, flops) => {
    expect(workOf(operator, SHAPES)).toEqual({ macs: 0, flops });
  });

  test('of an open size are not known, and no multiply-accumulates all the same', () => {
    expect(workOf(node('Relu', ['x']), { y: ['n'] })).toEqual({ macs: 0, flops: Number.NaN });
  });
});

test('an operator that nobody knows has no rule, and names of JavaScript are none', () => {
  for (const name of ['Nope', 'com.acme::Conv', 'com.microsoft::BeamSearch', 'constructor', '__proto__']) {
    expect(workRuleOf(node(name, ['x'])), name).toBeUndefined();
  }
});

/** Of onnx 1.23 (opset 27) and ai.onnx.ml, without control flow and training. */
const STANDARD = `Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool
BatchNormalization Bernoulli BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast CastLike
CausalConvWithState Ceil Celu CenterCropPad Clip Col2Im Compress Concat ConcatFromSequence Constant ConstantOfShape Conv
ConvInteger ConvTranspose Cos Cosh CumProd CumSum DFT DeformConv DepthToSpace DequantizeLinear Det Div Dropout
DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm
GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization HammingWindow HannWindow
HardSigmoid HardSwish Hardmax Identity ImageDecoder InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu
Less LessOrEqual LinearAttention Log LogSoftmax LpNormalization LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool
Mean MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul Multinomial Neg NegativeLogLikelihoodLoss NonMaxSuppression
NonZero Not OneHot Optional OptionalGetElement OptionalHasElement Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear
RMSNormalization RNN RandomNormal RandomNormalLike RandomUniform RandomUniformLike Range Reciprocal ReduceL1 ReduceL2
ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare RegexFullMatch Relu Reshape
Resize ReverseSequence RoiAlign RotaryEmbedding Round STFT Scatter ScatterElements ScatterND Selu SequenceAt
SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength Shape Shrink Sigmoid Sign Sin Sinh Size Slice
Softmax SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split SplitToSequence Sqrt Squeeze StringConcat
StringNormalizer StringSplit Sub Sum SwiGLU Swish Tan Tanh TensorScatter TfIdfVectorizer ThresholdedRelu Tile TopK Transpose
Trilu Unique Unsqueeze Upsample Where Xor ai.onnx.ml::ArrayFeatureExtractor ai.onnx.ml::Binarizer ai.onnx.ml::CastMap
ai.onnx.ml::CategoryMapper ai.onnx.ml::DictVectorizer ai.onnx.ml::FeatureVectorizer ai.onnx.ml::Imputer
ai.onnx.ml::LabelEncoder ai.onnx.ml::LinearClassifier ai.onnx.ml::LinearRegressor ai.onnx.ml::Normalizer
ai.onnx.ml::OneHotEncoder ai.onnx.ml::SVMClassifier ai.onnx.ml::SVMRegressor ai.onnx.ml::Scaler ai.onnx.ml::TreeEnsemble
ai.onnx.ml::TreeEnsembleClassifier ai.onnx.ml::TreeEnsembleRegressor ai.onnx.ml::ZipMap`;

test('every operator of the standard has a rule', () => {
  const missing = STANDARD.split(/\s+/).filter((name) => workRuleOf(node(name, ['x'])) === undefined);
  expect(missing).toEqual([]);
});
