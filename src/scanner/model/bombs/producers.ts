/**
 * How many elements an operator makes at least, as far as its constant arguments tell. What is not known counts as 1,
 * so the figure is a lower bound. Source: onnx/docs/Operators.md of ONNX 1.20.
 */
import { intAttribute, intsAttribute } from '../../../onnx/attribute.ts';
import type { NodeProto } from '../../../onnx/proto.ts';

type Numbers = readonly number[];

/** @param input the constant numbers of the input with this index, undefined where it is not a constant */
type Count = (node: NodeProto, input: (index: number) => Numbers | undefined) => number | undefined;

const product = (numbers: Numbers | undefined): number | undefined =>
  numbers?.reduce((result, number) => result * Math.max(number, 1), 1);

/** The sizes are a list at this input. */
const sizesAt =
  (index: number): Count =>
  (_, input) =>
    product(input(index));

/** The sizes are a list in this attribute. */
const sizesIn =
  (name: string): Count =>
  (node) =>
    product(intsAttribute(node, name)?.map(Number));

const countAt =
  (index: number): Count =>
  (_, input) =>
    input(index)?.[0];

/** Each axis grows by the padding at its two ends. */
function padded(pads: Numbers | undefined): number | undefined {
  if (pads === undefined) return undefined;
  const rank = Math.floor(pads.length / 2);
  return product(
    Array.from({ length: rank }, (_, axis) => 1 + Math.max(0, pads[axis] ?? 0) + Math.max(0, pads[axis + rank] ?? 0)),
  );
}

/** Windows slide over the padded axes in steps of the strides. */
const window: Count = (node) => {
  const pads = intsAttribute(node, 'pads')?.map(Number);
  const strides = product(intsAttribute(node, 'strides')?.map(Number)) ?? 1;
  const sizes = padded(pads);
  return sizes === undefined ? undefined : sizes / strides;
};

const range: Count = (_, input) => {
  const [start, limit, delta] = [input(0)?.[0], input(1)?.[0], input(2)?.[0]];
  if (start === undefined || limit === undefined || delta === undefined) return undefined;
  return delta === 0 ? Number.POSITIVE_INFINITY : Math.max(0, Math.ceil((limit - start) / delta));
};

export const PRODUCERS: Readonly<Record<string, Count>> = {
  AffineGrid: sizesAt(1),
  AveragePool: window,
  BlackmanWindow: countAt(0),
  CenterCropPad: sizesAt(1),
  Col2Im: sizesAt(1),
  ConstantOfShape: sizesAt(0),
  Conv: window,
  ConvInteger: window,
  ConvTranspose: (node) => sizesIn('output_shape')(node, () => undefined) ?? sizesIn('strides')(node, () => undefined),
  Expand: sizesAt(1),
  HammingWindow: countAt(0),
  HannWindow: countAt(0),
  LpPool: window,
  MaxPool: window,
  MaxUnpool: sizesAt(2),
  OneHot: countAt(1),
  Pad: (node, input) => padded(input(1) ?? intsAttribute(node, 'pads')?.map(Number)),
  RandomNormal: sizesIn('shape'),
  RandomUniform: sizesIn('shape'),
  Range: range,
  Resize: (_, input) => product(input(3)) ?? product(input(2)),
  RoiAlign: (node) => intAttribute(node, 'output_height', 1) * intAttribute(node, 'output_width', 1),
  Tile: sizesAt(1),
  Upsample: (node, input) => product(input(1)) ?? product(node.attribute.find(({ name }) => name === 'scales')?.floats),
};
