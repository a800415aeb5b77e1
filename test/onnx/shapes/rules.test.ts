/** Each operator of ONNX has one rule, and no rule can be brought to fall over. */
import { describe, expect, test } from 'vitest';
import { type AttributeValue, makeNode } from '../../../src/onnx/build.ts';
import { inferTypes } from '../../../src/onnx/shapes/infer.ts';
import { RULE_TABLES, ruleOf } from '../../../src/onnx/shapes/rules/registry.ts';
import type { ValueType } from '../../../src/onnx/shapes/types.ts';
import { modelOf } from './notation.ts';

/** All that ONNX 1.23.2 has or had (onnx.defs.get_all_schemas_with_history), by domain. */
const OPERATORS: Readonly<Record<string, string>> = {
  '': `
    Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool
    BatchNormalization Bernoulli BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow
    Cast CastLike CausalConvWithState Ceil Celu CenterCropPad Clip Col2Im Compress Concat ConcatFromSequence
    Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumProd CumSum DFT DeformConv
    DepthToSpace DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand
    EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool
    GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization HammingWindow HannWindow HardSigmoid
    HardSwish Hardmax Identity If ImageDecoder InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization
    LeakyRelu Less LessOrEqual LinearAttention Log LogSoftmax Loop LpNormalization LpPool MatMul
    MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean MeanVarianceNormalization MelWeightMatrix Min Mish
    Mod Mul Multinomial Neg NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot Optional
    OptionalGetElement OptionalHasElement Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear
    RMSNormalization RNN RandomNormal RandomNormalLike RandomUniform RandomUniformLike Range Reciprocal
    ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
    ReduceSumSquare RegexFullMatch Relu Reshape Resize ReverseSequence RoiAlign RotaryEmbedding Round STFT
    Scan Scatter ScatterElements ScatterND Selu SequenceAt SequenceConstruct SequenceEmpty SequenceErase
    SequenceInsert SequenceLength SequenceMap Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax
    SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split SplitToSequence Sqrt Squeeze StringConcat
    StringNormalizer StringSplit Sub Sum SwiGLU Swish Tan Tanh TensorScatter TfIdfVectorizer ThresholdedRelu
    Tile TopK Transpose Trilu Unique Unsqueeze Upsample Where Xor
  `,
  'ai.onnx.ml': `
    ArrayFeatureExtractor Binarizer CastMap CategoryMapper DictVectorizer FeatureVectorizer Imputer
    LabelEncoder LinearClassifier LinearRegressor Normalizer OneHotEncoder SVMClassifier SVMRegressor Scaler
    TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor ZipMap
  `,
  'ai.onnx.preview': `
    FlexAttention
  `,
  'ai.onnx.preview.training': `
    Adagrad Adam Gradient Momentum
  `,
};

const OPERATOR_LIST = Object.entries(OPERATORS).flatMap(([domain, names]) =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => [domain, name] as const),
);

describe('the table of rules', () => {
  test('has every operator of ONNX', () => {
    expect(OPERATOR_LIST).toHaveLength(227);
    expect(OPERATOR_LIST.filter(([domain, name]) => ruleOf(domain, name) === undefined)).toEqual([]);
  });

  test('has no operator twice: the later rule would hide the earlier one', () => {
    const keys = RULE_TABLES.flatMap(([domain, table]) => Object.keys(table).map((name) => `${domain}:${name}`));
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });
});

/** Numerical Recipes' generator: the same nodes in each run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const DIMS = ['0', '1', '2', '3', '4', '7', '-1', '100000', '9007199254740991', 'N', 'M', '?'];
const NUMBERS = ['-1000000000', '-5', '-1', '0', '1', '2', '3', '100', '1000000000000'];
const ATTRIBUTES = [
  ...['axis', 'axes', 'keepdims', 'perm', 'pads', 'strides', 'dilations', 'kernel_shape', 'group', 'auto_pad', 'split'],
  ...['ceil_mode', 'output_shape', 'output_padding', 'num_outputs', 'shape', 'to', 'dtype', 'k', 'equation', 'scales'],
  ...['num_heads', 'q_num_heads', 'kv_num_heads', 'blocksize', 'transA', 'transBatchB', 'N', 'bits', 'gather_axis'],
  ...['hidden_size', 'layout', 'direction', 'allowzero', 'start', 'end', 'starts', 'ends', 'new_axis', 'reduction'],
  ...['onesided', 'inverse', 'mode', 'batch_dims', 'num_scan_inputs', 'scan_input_axes', 'ngram_indexes', 'repeats'],
  ...['classlabels_ints', 'qkv_hidden_sizes', 'channels_last', 'pooled_shape', 'output_dtype', 'sample_size', 'value'],
];

/** Nodes with inputs and attributes that have nothing to do with their operator. */
class Nonsense {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = generator(seed);
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#next() * list.length)] as T;
  }

  many<T>(most: number, make: () => T): T[] {
    return Array.from({ length: Math.floor(this.#next() * (most + 1)) }, make);
  }

  input(): string {
    const dims = this.many(5, () => this.pick(DIMS));
    const numbers = this.many(5, () => this.pick(NUMBERS).slice(0, 9));
    return this.pick([
      '',
      `int64[${numbers.length}]{${numbers}}`,
      `float32[${numbers.length}]{${numbers}}`,
      'int32[]{-1}',
      `seq(float32[${dims}])`,
      `opt(int64[${dims}])`,
      'map(int64,float32[])',
      'string',
      `float32[${dims}]`,
      `uint8[${dims}]`,
      `bool[${dims}]`,
    ]);
  }

  attribute(name: string): AttributeValue {
    if (name === 'equation') return this.pick(['ij,jk->ik', '...ij,...jk->...ik', 'ii->i', 'ab,', '...', '', 'a-b']);
    const numbers = this.many(5, () => BigInt(this.pick(NUMBERS)));
    return this.pick([
      BigInt(this.pick(NUMBERS)),
      numbers,
      this.pick(['SAME_UPPER', 'VALID', 'none', 'bidirectional']),
    ]);
  }

  attributes(): Record<string, AttributeValue> {
    return Object.fromEntries(this.many(6, () => this.pick(ATTRIBUTES)).map((name) => [name, this.attribute(name)]));
  }
}

function isWhole(type: ValueType | null): boolean {
  if (type === null) return true;
  if ('element' in type) return isWhole(type.element);
  if (type.kind === 'map') return isWhole(type.value);
  const isDim = (dim: unknown) =>
    dim === null || typeof dim === 'string' || (Number.isSafeInteger(dim) && Number(dim) >= 0);
  return type.dataType !== undefined && (type.shape === null || [...type.shape].every(isDim));
}

test.each(RULE_TABLES.flatMap(([domain, table]) => Object.keys(table).map((name) => [domain, name] as const)))(
  '%s:%s: inputs and attributes that make no sense end in an unknown type or in a problem',
  (domain, operator) => {
    const nonsense = new Nonsense([...operator].reduce((seed, letter) => seed * 31 + letter.charCodeAt(0), 3));
    for (let round = 0; round < 40; round += 1) {
      const inputs = nonsense.many(7, () => nonsense.input());
      const attributes = nonsense.attributes();
      const names = inputs.map((text, index) => (text === '' ? '' : `in${index}`));
      const node = makeNode(operator, names, ['a', 'b', 'c'], { domain, attributes });
      const opset = nonsense.pick([1, 6, 8, 10, 11, 13, 18, 20, 28]);
      const { types } = inferTypes(modelOf([node], inputs, ['a', 'b', 'c'], { opset, domain }));
      const broken = ['a', 'b', 'c'].filter((name) => !isWhole(types.get(name) ?? null));
      expect(broken, `${JSON.stringify(inputs)} in opset ${opset}`).toEqual([]);
    }
  },
);
