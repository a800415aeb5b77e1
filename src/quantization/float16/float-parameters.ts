/**
 * What of a node has to stay float32 in a float16 model: whole operators, single inputs and single outputs. Everything else
 * of ai.onnx takes float16 in every version since opset 7. Read off the schemas of onnx 1.18 and ONNX Runtime 1.30:
 * parameters that take tensor(float) and not tensor(float16). ONNX Runtime casts for itself where only its kernel is missing.
 */

import { textAttribute } from '../../onnx/attribute.ts';
import type { DataType } from '../../onnx/data-type.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import { normalDomain } from '../../onnx/shapes/functions.ts';

type Indices = readonly number[] | 'all';

interface FloatParameters {
  /** Inputs that stay float32. */
  readonly inputs: Indices;
  /** Outputs that stay float32. */
  readonly outputs: Indices;
  /** The first opset in which the row does not hold any more. */
  readonly below?: number;
}

const WHOLE: FloatParameters = { inputs: 'all', outputs: 'all' };
const NOTHING: FloatParameters = { inputs: [], outputs: [] };
const wholeBelow = (below: number): FloatParameters => ({ ...WHOLE, below });

/** Operators of ai.onnx. */
const ONNX: Readonly<Record<string, FloatParameters>> = {
  Celu: WHOLE,
  CumSum: wholeBelow(14),
  DequantizeLinear: wholeBelow(19),
  DynamicQuantizeLinear: WHOLE,
  IsInf: wholeBelow(20),
  // Mean and InvStdDev are of the stash type.
  LayerNormalization: { inputs: [], outputs: [1, 2] },
  SimplifiedLayerNormalization: { inputs: [], outputs: [1] },
  // ONNX Runtime puts together what it is made of, with a float32 constant for every type.
  MeanVarianceNormalization: WHOLE,
  NonMaxSuppression: WHOLE,
  QLinearConv: WHOLE,
  QLinearMatMul: wholeBelow(21),
  QuantizeLinear: wholeBelow(19),
  Range: WHOLE,
  // The schema allows float16; the CUDA provider has no such kernel (OperatorKernels.md) and would copy to the host.
  RoiAlign: WHOLE,
  TfIdfVectorizer: WHOLE,
  // Makers of tensors: the CPU provider has no float16 kernels of them, and no input that it could cast for one.
  Bernoulli: WHOLE,
  BlackmanWindow: WHOLE,
  EyeLike: WHOLE,
  HammingWindow: WHOLE,
  HannWindow: WHOLE,
  MelWeightMatrix: WHOLE,
  RandomNormal: WHOLE,
  RandomNormalLike: WHOLE,
  RandomUniform: WHOLE,
  RandomUniformLike: WHOLE,
};

/** `scales` of Resize is float32 always, `roi` is kept as exact as it was; Resize 10 and Upsample have neither roi nor a third input. */
const RESIZE_10: FloatParameters = { inputs: [1], outputs: [] };
const RESIZE: FloatParameters = { inputs: [1, 2], outputs: [] };

/** Operators of com.microsoft that take float16 in all their float parameters but those named; the others stay float32. */
const MICROSOFT: Readonly<Record<string, FloatParameters>> = {
  ...Object.fromEntries(
    (
      'Attention BiasAdd BiasGelu BiasSoftmax BiasSplitGelu CausalConvWithState DequantizeLinear ' +
      'EmbedLayerNormalization FastGelu FusedConv FusedGemm FusedMatMul GatedRelativePositionBias ' +
      'GatherBlockQuantized GatherND Gelu GridSample Inverse LongformerAttention MatMulBnb4 MatMulIntegerToFloat ' +
      'MatMulNBits MultiHeadAttention PackedAttention PackedMultiHeadAttention Pad QuantizeLinear QuickGelu ' +
      'RelativePositionBias RemovePadding RestorePadding RotaryEmbedding SparseAttention Trilu'
    )
      .split(' ')
      .map((operator) => [operator, NOTHING]),
  ),
  GroupQueryAttention: { inputs: [12, 13], outputs: [] },
  // Gamma and beta: the CUDA kernels take them as float32.
  GroupNorm: { inputs: [1, 2], outputs: [] },
  SkipGroupNorm: { inputs: [1, 2], outputs: [] },
  // Mean and the inverse of the standard deviation.
  SkipLayerNormalization: { inputs: [], outputs: [1, 2] },
  SkipSimplifiedLayerNormalization: { inputs: [], outputs: [1, 2] },
};

function rowOf(node: NodeProto, opset: number): FloatParameters {
  const operator = node.opType ?? '';
  const domain = normalDomain(node.domain);
  const find = (table: Readonly<Record<string, FloatParameters>>) =>
    Object.hasOwn(table, operator) ? table[operator] : undefined;
  if (domain === 'com.microsoft') return find(MICROSOFT) ?? WHOLE;
  if (domain !== '') return WHOLE;
  if (operator === 'Upsample' || operator === 'Resize') return opset < 11 ? RESIZE_10 : RESIZE;
  const row = find(ONNX) ?? NOTHING;
  return row.below !== undefined && opset >= row.below ? NOTHING : row;
}

/** True for operators that ask for the size of a tensor and take it in every type. */
export function readsNoValues(node: NodeProto): boolean {
  return normalDomain(node.domain) === '' && (node.opType === 'Shape' || node.opType === 'Size');
}

/**
 * True where all float inputs and outputs of the node stay float32: ai.onnx.ml and operators that nobody here knows, too.
 * @param dataType of a tensor in the original
 */
export function staysFloat(node: NodeProto, opset: number, dataType: (name: string) => DataType | null): boolean {
  if (rowOf(node, opset).inputs === 'all') return true;
  if (normalDomain(node.domain) !== '') return false;
  const operator = node.opType ?? '';
  // The CPU provider has no float16 kernel for it, and finds out when it runs.
  if (SCATTERING.has(operator)) return textAttribute(node, 'reduction', 'none') !== 'none';
  const integers = QUANTIZING.has(operator) ? [...node.input, ...node.output].map(dataType) : [];
  return integers.includes('int16') || integers.includes('uint16');
}

const SCATTERING: ReadonlySet<string> = new Set(['ScatterElements', 'ScatterND']);
/** Integers of 16 bits are more exact than float16, and go beyond it. */
const QUANTIZING: ReadonlySet<string> = new Set(['QuantizeLinear', 'DequantizeLinear']);

export function isFloatInput(node: NodeProto, index: number, opset: number): boolean {
  return isAmong(rowOf(node, opset).inputs, index);
}

export function isFloatOutput(node: NodeProto, index: number, opset: number): boolean {
  return isAmong(rowOf(node, opset).outputs, index);
}

function isAmong(indices: Indices, index: number): boolean {
  return indices === 'all' || indices.includes(index);
}
