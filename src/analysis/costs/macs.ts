/**
 * Multiply-accumulates of one run, from shapes alone. Counted are convolutions, matrix products, recurrent layers and
 * Einsum, with their quantized and fused forms; element-wise work and normalization are not, as is usual.
 */
import { intAttribute, textAttribute } from '../../onnx/attribute.ts';
import { graphsBelow } from '../../onnx/graph.ts';
import type { GraphProto, ModelProto, NodeProto } from '../../onnx/proto.ts';
import { operatorKey } from '../operators.ts';
import type { KnownShapes } from './known-shapes.ts';

type Rule = (node: NodeProto, shapes: KnownShapes) => number;

/** Each output element sums over the input channels of its group and the kernel: all dims of W but the first. */
const convolution =
  (weight: number): Rule =>
  (node, shapes) =>
    (shapes.size(node.output[0]) * shapes.size(node.input[weight])) / shapes.dim(node.input[weight], 0);

/** Each input element is spread over the output channels of its group and the kernel. */
const transposed: Rule = (node, shapes) =>
  (shapes.size(node.input[0]) * shapes.size(node.input[1])) / shapes.dim(node.input[1], 0);

/** Each output element sums over K, the last dim of A, or the one before it when A is transposed. */
const product: Rule = (node, shapes) =>
  shapes.size(node.output[0]) * shapes.dim(node.input[0], intAttribute(node, 'transA', 0) === 1 ? -2 : -1);

/** Each time step of each sequence multiplies with W and R once, in all directions. */
const recurrent: Rule = (node, shapes) => {
  const [data, weight, recurrence] = node.input;
  return (shapes.size(data) / shapes.dim(data, -1)) * (shapes.size(weight) + shapes.size(recurrence));
};

const blockwise: Rule = (node, shapes) => shapes.size(node.input[0]) * intAttribute(node, 'N', Number.NaN);

/** Product of the sizes of all letters of the equation; an equation with `...` is not counted. */
const einsum: Rule = (node, shapes) => {
  const terms = textAttribute(node, 'equation', '').split('->')[0]?.replaceAll(' ', '').split(',') ?? [];
  if (terms.length < 2) return 0;
  const sizes = new Map<string, number>();
  terms.forEach((term, index) => {
    for (const [axis, letter] of [...term].entries()) sizes.set(letter, shapes.dim(node.input[index], axis));
  });
  return sizes.has('.') ? Number.NaN : [...sizes.values()].reduce((total, size) => total * size, 1);
};

/** Their count depends on lengths and options that are not in the shapes. */
const unknown: Rule = () => Number.NaN;

const RULES: Readonly<Record<string, Rule>> = {
  Conv: convolution(1),
  ConvInteger: convolution(1),
  QLinearConv: convolution(3),
  'com.microsoft::FusedConv': convolution(1),
  ConvTranspose: transposed,
  DeformConv: unknown,
  MatMul: product,
  MatMulInteger: product,
  QLinearMatMul: product,
  Gemm: product,
  'com.microsoft::FusedMatMul': product,
  'com.microsoft::FusedGemm': product,
  'com.microsoft::QGemm': product,
  'com.microsoft::MatMulIntegerToFloat': product,
  'com.microsoft::DynamicQuantizeMatMul': product,
  'com.microsoft::MatMulNBits': blockwise,
  'com.microsoft::MatMulBnb4': blockwise,
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  'com.microsoft::DynamicQuantizeLSTM': recurrent,
  Einsum: einsum,
  Attention: unknown,
  'com.microsoft::Attention': unknown,
  'com.microsoft::QAttention': unknown,
  'com.microsoft::MultiHeadAttention': unknown,
  'com.microsoft::GroupQueryAttention': unknown,
  'com.microsoft::PackedAttention': unknown,
  'com.microsoft::MoE': unknown,
  'com.microsoft::QMoE': unknown,
};

const ruleOf = (node: NodeProto): Rule | undefined =>
  Object.hasOwn(RULES, operatorKey(node)) ? RULES[operatorKey(node)] : undefined;

/** NaN where a shape is not known, or where subgraphs hold operators that count. */
export function macsOf(node: NodeProto, shapes: KnownShapes): number {
  const inner = nodesBelow(node).some((below) => ruleOf(below) !== undefined);
  return inner ? Number.NaN : (ruleOf(node)?.(node, shapes) ?? 0);
}

function nodesBelow(node: NodeProto): NodeProto[] {
  const graphs = node.attribute.flatMap(({ g, graphs: several }) => (g ? [g, ...several] : several));
  return graphs.flatMap((graph) => [...graphsBelow(graph, [])].flatMap((placed) => placed.graph.node));
}

/**
 * @returns null when a shape is not known, or when operators that count are in a subgraph or function, where it depends
 *   on the data how often they run
 */
export function countMacs(model: ModelProto & { readonly graph: GraphProto }, shapes: KnownShapes): number | null {
  const inFunctions = model.functions.some((fn) => fn.node.some((node) => ruleOf(node) !== undefined));
  const total = model.graph.node.reduce((sum, node) => sum + macsOf(node, shapes), 0);
  return inFunctions || !Number.isFinite(total) ? null : total;
}
