/**
 * Every operator of ai.onnx up to opset 21, with the versions in which its definition changed after opset 6. A plain
 * version means the same for a node that was written before it: types were added, an attribute got a default, an input
 * became optional. A version with `!` does not: such a node needs a conversion. Source: the operator changelog of ONNX.
 */
const HISTORY: readonly (readonly [versions: string, operators: string])[] = [
  ['', 'GlobalAveragePool GlobalMaxPool GlobalLpPool LpNormalization MaxRoiPool Not RandomNormal RandomNormalLike'],
  ['', 'RandomUniform RandomUniformLike Softplus Softsign Elu HardSigmoid InstanceNormalization Selu'],
  ['7! 13 14', 'Add Div Mul Sub'],
  ['7! 12 13 15', 'Pow'],
  ['7!', 'And Or Xor'],
  ['7! 9 13', 'Greater Less'],
  ['7! 11 13 19', 'Equal'],
  ['7! 9 11 13', 'Gemm'],
  ['7! 9! 14! 15', 'BatchNormalization'],
  ['7! 9 16', 'PRelu'],
  ['7! 10! 12! 13', 'Dropout'],
  ['7! 9! 10!', 'Upsample'],
  ['7! 14', 'LSTM RNN GRU'],
  ['7 10 11 19', 'AveragePool'],
  ['7', 'Acos Asin Atan Cos Multinomial Sin Tan'],
  ['8 12 13', 'Max Min'],
  ['8 13', 'Mean Sum Expand'],
  ['8 10 11 12', 'MaxPool'],
  ['8 9! 11 16 19 21', 'Scan'],
  ['9 13 19 21', 'Cast'],
  ['9 11 12 13 19 21', 'Constant'],
  ['9 11 13 21', 'Flatten'],
  ['9 13', 'MatMul Erf MeanVarianceNormalization NonZero Sign'],
  ['9', 'Acosh Asinh Atanh Cosh EyeLike Shrink Sinh TfIdfVectorizer'],
  ['9 11', 'Compress MaxUnpool OneHot'],
  ['9 11!', 'Scatter'],
  ['9 13 20', 'IsNaN'],
  ['9 16', 'Where'],
  ['9 20 21', 'ConstantOfShape'],
  ['10! 11', 'TopK'],
  ['10! 11 13', 'Slice'],
  ['10 11! 13 18 19', 'Resize'],
  ['10', 'ConvInteger MatMulInteger QLinearConv ReverseSequence StringNormalizer ThresholdedRelu'],
  ['10 11', 'NonMaxSuppression'],
  ['10 13', 'Mod'],
  ['10 13 19 21', 'DequantizeLinear QuantizeLinear'],
  ['10 16!', 'RoiAlign'],
  ['10 20', 'IsInf'],
  ['10 21', 'QLinearMatMul'],
  ['11 13', 'Concat DepthToSpace Gather GatherElements'],
  ['11! 12 13', 'Clip'],
  ['11 12 13', 'ArgMax ArgMin GatherND'],
  ['11! 13 18 19 21', 'Pad'],
  ['11 18', 'LpPool'],
  ['11', 'Conv ConvTranspose BitShift ConcatFromSequence Det DynamicQuantizeLinear Range Round SequenceAt'],
  ['11', 'SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength SplitToSequence Unique'],
  ['11 12 13 18! 20', 'ReduceMax ReduceMin'],
  ['11 13 18!', 'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMean ReduceProd ReduceSumSquare'],
  ['11 13!', 'Hardmax LogSoftmax Softmax ReduceSum'],
  ['11 13! 18!', 'Split'],
  ['11 13! 21', 'Squeeze Unsqueeze'],
  ['11 13 16 19 21', 'If Loop'],
  ['11 13 16 18', 'ScatterElements ScatterND'],
  ['11 14', 'CumSum'],
  ['12', 'Celu Einsum'],
  ['12 13', 'NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss'],
  ['12 16', 'GreaterOrEqual LessOrEqual'],
  ['13', 'Abs Ceil Exp Floor Log Neg Reciprocal Sigmoid Sqrt Tanh Tile LRN SpaceToDepth'],
  ['13 14', 'Relu'],
  ['13 14 16 19 21', 'Identity'],
  ['13 14 19 21', 'Reshape'],
  ['13 15 19 21', 'Shape'],
  ['13 19 21', 'Size'],
  ['13 21', 'Transpose'],
  ['14', 'HardSwish Trilu'],
  ['15', 'Bernoulli Optional'],
  ['15 18', 'OptionalGetElement OptionalHasElement'],
  ['15 19 21', 'CastLike'],
  ['16', 'LeakyRelu'],
  ['16 20!', 'GridSample'],
  ['17', 'BlackmanWindow HammingWindow HannWindow LayerNormalization MelWeightMatrix STFT SequenceMap'],
  ['17 20!', 'DFT'],
  ['18', 'BitwiseAnd BitwiseNot BitwiseOr BitwiseXor CenterCropPad Col2Im Mish'],
  ['18 21!', 'GroupNormalization'],
  ['19', 'DeformConv'],
  ['20', 'AffineGrid Gelu ImageDecoder RegexFullMatch StringConcat StringSplit'],
];

interface Step {
  readonly version: number;
  readonly isBreak: boolean;
}

const STEPS = new Map<string, readonly Step[]>(
  HISTORY.flatMap(([versions, operators]) => {
    const words = versions.split(' ').filter((word) => word !== '');
    const steps = words.map((word) => ({ version: Number.parseInt(word, 10), isBreak: word.endsWith('!') }));
    return operators.split(' ').map((operator) => [operator, steps] as const);
  }),
);

/** False for an operator that this table has never heard of. */
export function isKnownOperator(operator: string): boolean {
  return STEPS.has(operator);
}

/** Versions after `from`, up to and including `to`, in which older nodes of the operator changed their meaning. */
export function breaksOf(operator: string, from: number, to: number): number[] {
  const steps = STEPS.get(operator) ?? [];
  return steps.filter((step) => step.isBreak && step.version > from && step.version <= to).map((step) => step.version);
}
