/**
 * Operators that ONNX defines by a function of simpler operators, with the opset from which on it does. ONNX Runtime puts
 * the function in place of a node that it has no kernel for. Source: `has_function` and the opset versions of functions
 * in the schemas of onnx 1.23.
 */
const FUNCTIONS: readonly (readonly [since: number, operators: string])[] = [
  [9, 'MeanVarianceNormalization'],
  [11, 'DynamicQuantizeLinear Range'],
  [12, 'Celu GreaterOrEqual LessOrEqual NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss'],
  [13, 'Clip LogSoftmax Softmax'],
  [14, 'HardSwish'],
  [15, 'Bernoulli CastLike'],
  [16, 'LeakyRelu PRelu'],
  [17, 'BlackmanWindow HammingWindow HannWindow LayerNormalization SequenceMap'],
  [18, 'CenterCropPad Elu GroupNormalization HardSigmoid Mish ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp'],
  [18, 'ReduceSumSquare Relu Selu Shrink Softplus Softsign ThresholdedRelu'],
  [20, 'AffineGrid Gelu'],
  [23, 'Attention RMSNormalization RotaryEmbedding'],
  [24, 'Swish'],
];

const SINCE = new Map<string, number>(
  FUNCTIONS.flatMap(([since, operators]) => operators.split(' ').map((operator) => [operator, since] as const)),
);

export const FUNCTION_OPERATORS: readonly string[] = [...SINCE.keys()];

export function isFunction(operator: string, opset: number): boolean {
  return (SINCE.get(operator) ?? Number.POSITIVE_INFINITY) <= opset;
}

/** Functions that ONNX Runtime was seen to refuse: RandomUniformLike 22 has no kernel, and one adds different types. */
const SHAKY: ReadonlySet<string> = new Set(['Bernoulli', 'MeanVarianceNormalization']);

export function isShakyFunction(operator: string): boolean {
  return SHAKY.has(operator);
}

/** Functions of one node that says the same with its type in an attribute: kernels are looked for under that name. */
export const SAME_AS: ReadonlyMap<string, string> = new Map([['CastLike', 'Cast']]);
