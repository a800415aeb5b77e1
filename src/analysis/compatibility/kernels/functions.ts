/**
 * Operators that ONNX defines by a function of simpler operators (onnx 1.23, `has_function` of their schemas). ONNX
 * Runtime puts the function in place of a node that it has no kernel for.
 */
const FUNCTIONS: ReadonlySet<string> = new Set(
  `AffineGrid Attention Bernoulli BlackmanWindow CastLike Celu CenterCropPad Clip DepthToSpace DynamicQuantizeLinear
  Elu Gelu GreaterOrEqual GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish LayerNormalization LeakyRelu
  LessOrEqual LogSoftmax MeanVarianceNormalization Mish NegativeLogLikelihoodLoss PRelu Range ReduceL1 ReduceL2
  ReduceLogSum ReduceLogSumExp ReduceSumSquare Relu RMSNormalization RotaryEmbedding Selu SequenceMap Shrink Softmax
  SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Swish ThresholdedRelu`.split(/\s+/),
);

export function isFunction(operator: string): boolean {
  return FUNCTIONS.has(operator);
}

/** Functions that ONNX Runtime was seen to refuse: RandomUniformLike 22 has no kernel, and one adds different types. */
const SHAKY: ReadonlySet<string> = new Set(['Bernoulli', 'MeanVarianceNormalization']);

export function isShakyFunction(operator: string): boolean {
  return SHAKY.has(operator);
}
