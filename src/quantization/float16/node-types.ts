/** Attributes in which a node itself says the type of what it makes. */
import { findAttribute, withAttributes } from '../../onnx/attribute.ts';
import { makeAttribute, makeTensor, makeTensorAttribute } from '../../onnx/build.ts';
import { DATA_TYPES } from '../../onnx/data-type.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto.ts';
import { normalDomain } from '../../onnx/shapes/functions.ts';
import type { HalfWeights } from '../half-weights.ts';

const FLOAT16 = BigInt(DATA_TYPES.float16.code);

/** Operator → the node with float16 where it said float32. */
const CHANGES: Readonly<Record<string, (node: NodeProto, weights: HalfWeights) => NodeProto>> = {
  Cast: (node) => withAttributes(node, ['to'], [makeAttribute('to', FLOAT16)]),
  Constant: (node, weights) => withValue(node, constantTensor(node), weights),
  // Without a value it fills with float32 zeros.
  ConstantOfShape: (node, weights) => withValue(node, findAttribute(node, 'value')?.t ?? floats([1], [0]), weights),
  DequantizeLinear: (node) =>
    findAttribute(node, 'output_dtype') === undefined
      ? node
      : withAttributes(node, ['output_dtype'], [makeAttribute('output_dtype', FLOAT16)]),
};

/** The node, which makes float16 in the converted model, with attributes that say so. */
export function withHalfType(node: NodeProto, weights: HalfWeights): NodeProto {
  const operator = node.opType ?? '';
  if (normalDomain(node.domain) !== '' || !Object.hasOwn(CHANGES, operator)) return node;
  return CHANGES[operator]?.(node, weights) ?? node;
}

/** The forms of Constant 12 that are of floats. */
function constantTensor(node: NodeProto): TensorProto | undefined {
  const { t } = findAttribute(node, 'value') ?? {};
  if (t !== undefined) return t;
  const single = findAttribute(node, 'value_float');
  if (single !== undefined) return floats([], [single.f ?? 0]);
  const { floats: list } = findAttribute(node, 'value_floats') ?? {};
  return list === undefined ? undefined : floats([list.length], list);
}

function floats(dims: readonly number[], values: readonly number[]): TensorProto {
  return makeTensor(undefined, { dataType: 'float32', dims, data: Float32Array.from(values) });
}

function withValue(node: NodeProto, tensor: TensorProto | undefined, weights: HalfWeights): NodeProto {
  if (tensor === undefined) return node;
  const t = weights.convert(tensor, node.output[0] ?? node.name ?? '');
  return withAttributes(node, ['value', 'value_float', 'value_floats'], [makeTensorAttribute('value', t)]);
}
