/** Reductions read each element of their input once; pools read each place of their window. */
import { findAttribute, intAttribute, textAttribute } from '../../../onnx/attribute.ts';
import type { NodeProto } from '../../../onnx/proto.ts';
import type { KnownShapes } from '../known-shapes.ts';
import { each, flopRule, microsoft, perInput, perOutput, product, type WorkRule, type WorkTable } from './rule.ts';

/** @param before FLOPs for each element that is read, its addition or comparison included @param after for each result */
function reduction(before: number, after = 0): WorkRule {
  return flopRule((node, shapes) => before * shapes.size(node.input[0]) + after * shapes.size(node.output[0]));
}

function kernelSize(node: NodeProto): number {
  const kernel = findAttribute(node, 'kernel_shape')?.ints;
  return kernel === undefined ? Number.NaN : product(kernel.map(Number));
}

/** @param perPlace FLOPs for each place of the window, which counts whole at the borders too */
function pool(perPlace: number, after: number): WorkRule {
  return flopRule((node, shapes) => (perPlace * kernelSize(node) + after) * shapes.size(node.output[0]));
}

/** Neighbours of a place that is interpolated between: 2 in each spatial dim, or 4. */
const TAPS: Readonly<Record<string, number>> = { linear: 2, bilinear: 2, cubic: 4, bicubic: 4 };

/** A weighted sum of neighbours for each output; nearest neighbours are copied. Spatial dims are those behind the first two. */
function interpolated(node: NodeProto, shapes: KnownShapes, mode: string): number {
  const taps = TAPS[mode];
  const spatial = (shapes.dims(node.input[0])?.length ?? Number.NaN) - 2;
  return taps === undefined ? 0 : (2 * taps ** Math.max(1, spatial) - 1) * shapes.size(node.output[0]);
}

const resize = flopRule((node, shapes) => interpolated(node, shapes, textAttribute(node, 'mode', 'nearest')));
const gridSample = flopRule((node, shapes) => interpolated(node, shapes, textAttribute(node, 'mode', 'linear')));

/** Bilinear samples in each bin, then their mean; where their number follows the size of the region, one is taken. */
const roiAlign = flopRule((node, shapes) => {
  const samples = Math.max(1, intAttribute(node, 'sampling_ratio', 0)) ** 2;
  return samples * 8 * shapes.size(node.output[0]);
});

const GLOBAL: WorkTable = {
  GlobalAveragePool: reduction(1, 1),
  GlobalMaxPool: reduction(1),
  GlobalLpPool: reduction(2, 1),
};

const quantizedPool: WorkRule = (node, shapes) => ({
  macs: 0,
  flops: 3 * shapes.size(node.input[0]) + 6 * shapes.size(node.output[0]),
});

export const REDUCTIONS: WorkTable = {
  ...each(reduction(1), ['ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceProd', 'ArgMax', 'ArgMin']),
  ReduceMean: reduction(1, 1),
  ReduceL1: reduction(2),
  ReduceL2: reduction(2, 1),
  ReduceSumSquare: reduction(2),
  ReduceLogSum: reduction(1, 1),
  // maximum, subtract, exp, add
  ReduceLogSumExp: reduction(4, 2),
  Col2Im: perInput(1),
  Hardmax: perInput(1),
  ...GLOBAL,
  MaxPool: pool(1, -1),
  AveragePool: pool(1, 0),
  LpPool: pool(2, 0),
  MaxRoiPool: perOutput(1),
  RoiAlign: roiAlign,
  Resize: resize,
  Upsample: resize,
  GridSample: gridSample,
  ...microsoft({
    ReduceSumInteger: reduction(1),
    NhwcMaxPool: pool(1, -1),
    MaxpoolWithMask: pool(1, -1),
    QLinearAveragePool: pool(3, 5),
    QLinearGlobalAveragePool: quantizedPool,
    QLinearReduceMean: quantizedPool,
    GridSample: gridSample,
    CropAndResize: perOutput(7),
  }),
};
