/**
 * Which quantization TensorRT can import: pairs of QuantizeLinear and DequantizeLinear with zero points of 0 in signed
 * types, on activations and weights, and never on an int32 bias. Source: docs/operators.md of onnx/onnx-tensorrt.
 */
import { NimifyError } from '../../../base/errors.ts';
import { loadTensor, tensorByteLength } from '../../../onnx/tensor.ts';
import { type OperatorUse, typeOf } from '../operator-use.ts';

/** Arithmetic on quantized values, and ranges found at run time: no importer for them. */
const QUANTIZED_ARITHMETIC =
  /^(com\.microsoft::)?(QLinear\w+|QGemm|ConvInteger|MatMulInteger\w*|DynamicQuantize\w+|QAttention|QEmbed\w+)$/;

/** Zero points of a channel are small; anything larger is not one. */
const MAX_ZERO_POINT_BYTES = 256 * 1024;

const PAIR = ['QuantizeLinear', 'DequantizeLinear'];

/**
 * What keeps TensorRT from importing a quantized node, or undefined:
 * - `arithmetic`: QLinearConv, MatMulInteger, DynamicQuantizeLinear and the like
 * - `unsigned`: quantized values in an unsigned type
 * - `bias`: an int32 bias in quantized form
 * - `zero-point`: one that is not 0
 */
export type QuantizationProblem = 'arithmetic' | 'unsigned' | 'bias' | 'zero-point';

export function quantizationProblem(use: OperatorUse): QuantizationProblem | undefined {
  if (QUANTIZED_ARITHMETIC.test(use.operator)) return 'arithmetic';
  if (!PAIR.includes(use.operator)) return undefined;
  const side = use.operator === 'QuantizeLinear' ? 'output' : 'input';
  const dataType = typeOf(use, { side, index: 0 }) ?? zeroPointType(use);
  if (dataType === 'int32') return 'bias';
  if (dataType?.startsWith('uint')) return 'unsigned';
  return hasZeroPoint(use) ? 'zero-point' : undefined;
}

function zeroPointType({ node, tensors }: OperatorUse) {
  return tensors.info(node.input[2] ?? '')?.dataType ?? null;
}

/** True when the zero point is a small constant that is not 0 everywhere; one that cannot be read proves nothing. */
function hasZeroPoint({ node, tensors }: OperatorUse): boolean {
  const tensor = tensors.constant(node.input[2] ?? '');
  if (tensor === undefined || tensorByteLength(tensor) > MAX_ZERO_POINT_BYTES) return false;
  try {
    return Array.from(loadTensor(tensor).data as ArrayLike<number>).some((value) => Number(value) !== 0);
  } catch (error) {
    if (!(error instanceof NimifyError)) throw error;
    return false;
  }
}
