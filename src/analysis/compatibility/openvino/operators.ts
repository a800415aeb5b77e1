/**
 * What the ONNX frontend of OpenVINO 2026.4 converts. Measured: the openvino package was given one model per operator and
 * version, and asked which nodes it could not convert; types by models of one Reshape, compiled for the CPU. The list in
 * src/frontends/onnx/docs/supported_ops.md of openvinotoolkit/openvino says the same of an older release.
 */
import type { DataType } from '../../../onnx/data-type.ts';
import { typesOf } from '../kernels/kernel-table.ts';

export const OPENVINO_VERSION = '2026.4';

const OPERATORS = `
Abs Acos Acosh Add Affine AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool
BatchNormalization BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast CastLike Ceil Celu
CenterCropPad Clip Col2Im Compress Concat ConcatFromSequence Constant ConstantOfShape Conv ConvInteger
ConvTranspose Cos Cosh Crop CumSum DFT DepthToSpace DequantizeLinear Div Dropout DynamicQuantizeLinear Einsum
Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool
GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization HammingWindow HannWindow
HardSigmoid HardSwish Hardmax Identity If ImageScaler InstanceNormalization IsInf IsNaN LRN LSTM
LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax Loop LpNormalization LpPool MatMul MatMulInteger
Max MaxPool MaxRoiPool Mean MeanVarianceNormalization Min Mish Mod Mul Multinomial Neg NegativeLogLikelihoodLoss
NonMaxSuppression NonZero Not OneHot Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization
RNN RandomNormal RandomNormalLike RandomUniform RandomUniformLike Range Reciprocal ReduceL1 ReduceL2
ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape
Resize ReverseSequence RoiAlign RotaryEmbedding Round STFT Scan Scatter ScatterElements ScatterND Selu
SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength Shape Shrink Sigmoid Sign
SimplifiedLayerNormalization Sin Sinh Size Slice Softmax SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth
Split SplitToSequence Sqrt Squeeze Sub Sum Swish Tan Tanh ThresholdedRelu Tile TopK Transpose Trilu Unique
Unsqueeze Upsample Where Xor
`;

const CONTRIB_OPERATORS = `
Attention BiasAdd BiasGelu DequantizeLinear DynamicQuantizeLSTM DynamicQuantizeMatMul EmbedLayerNormalization FastGelu
FusedConv FusedGemm FusedMatMul GatherBlockQuantized GatherND Gelu GroupNorm GroupQueryAttention MatMulIntegerToFloat
MatMulNBits MultiHeadAttention Pad QLinearAdd QLinearAveragePool QLinearConcat QLinearLeakyRelu QLinearMul
QLinearReduceMean QLinearSigmoid QLinearSoftmax QLinearWhere QuantizeLinear QuickGelu Range RotaryEmbedding
SkipLayerNormalization SkipSimplifiedLayerNormalization Trilu
`;

export const OPENVINO_OPERATORS: ReadonlySet<string> = new Set([
  ...OPERATORS.trim().split(/\s+/),
  ...CONTRIB_OPERATORS.trim()
    .split(/\s+/)
    .map((name) => `com.microsoft::${name}`),
  'ai.onnx.ml::Normalizer',
]);

const UNREADABLE_TYPES: ReadonlySet<DataType> = new Set(typesOf('c64,c128,f8e4m3fnuz,f8e5m2fnuz,i2,u2'));

export function isUnreadable(dataType: DataType): boolean {
  return UNREADABLE_TYPES.has(dataType);
}
