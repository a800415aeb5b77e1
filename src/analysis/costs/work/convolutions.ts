/** Convolutions: ai.onnx Conv, ConvTranspose, DeformConv, CausalConvWithState and their quantized and fused forms. */
import type { NodeProto } from '../../../onnx/proto.ts';
import type { KnownShapes } from '../known-shapes.ts';
import { macRule, microsoft, product, type WorkTable } from './rule.ts';

type Count = (node: NodeProto, shapes: KnownShapes) => number;

/** Products that make one output: channels of the group × kernel, all dims of W but the first. Padding counts as data. */
function perOutputElement(weight: string | undefined, shapes: KnownShapes): number {
  return product(shapes.dims(weight)?.slice(1) ?? [Number.NaN]);
}

const convolution =
  (weight: number): Count =>
  (node, shapes) =>
    shapes.size(node.output[0]) * perOutputElement(node.input[weight], shapes);

/** Each input element is spread over the output channels of its group and the kernel. */
const transposed: Count = (node, shapes) => shapes.size(node.input[0]) * perOutputElement(node.input[1], shapes);

/** A convolution whose every sample is interpolated from four neighbours, once for all output channels. */
const deformable: Count = (node, shapes) => {
  const [data, weight] = node.input;
  const places = shapes.size(node.output[0]) / shapes.dim(weight, 0);
  const samples = places * shapes.dim(data, 1) * product(shapes.dims(weight)?.slice(2) ?? [Number.NaN]);
  return convolution(1)(node, shapes) + 4 * samples;
};

/** Depthwise and as long as its input; W has the shape [channels, 1, kernel…]. */
const causal: Count = (node, shapes) => shapes.size(node.input[0]) * perOutputElement(node.input[1], shapes);

const CAUSAL: WorkTable = { CausalConvWithState: macRule(causal) };

export const CONVOLUTIONS: WorkTable = {
  Conv: macRule(convolution(1)),
  ConvInteger: macRule(convolution(1)),
  QLinearConv: macRule(convolution(3)),
  ConvTranspose: macRule(transposed),
  DeformConv: macRule(deformable),
  ...CAUSAL,
  ...microsoft({
    ...CAUSAL,
    VarlenCausalConvWithState: macRule(causal),
    FusedConv: macRule(convolution(1)),
    NhwcConv: macRule(convolution(1)),
    NhwcFusedConv: macRule(convolution(1)),
    QLinearConv: macRule(convolution(3)),
    ConvTransposeWithDynamicPads: macRule(transposed),
  }),
};
