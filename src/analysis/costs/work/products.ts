/** Products of matrices, with their integer, block-quantized and fused forms, and a little linear algebra. */
import { findAttribute, intAttribute } from '../../../onnx/attribute.ts';
import type { NodeProto } from '../../../onnx/proto.ts';
import type { KnownShapes } from '../known-shapes.ts';
import { macRule, microsoft, type WorkTable } from './rule.ts';

type Count = (node: NodeProto, shapes: KnownShapes) => number;

/** The axis of A that is summed over: the last, or the one before it when A is transposed. */
function sumAxis(node: NodeProto): number {
  if (intAttribute(node, 'transA', 0) === 0) return -1;
  return intAttribute(node, 'transBatchA', 0) === 0 ? -2 : 0;
}

/** Each output element is a sum over K. */
const matMul: Count = (node, shapes) => shapes.size(node.output[0]) * shapes.dim(node.input[0], sumAxis(node));

/** Each element of A is multiplied with a row of N weights; the weights are packed, so N is not among their dims. */
const packed =
  (columns: (node: NodeProto, shapes: KnownShapes) => number): Count =>
  (node, shapes) =>
    shapes.size(node.input[0]) * columns(node, shapes);

const attribute = (name: string) => packed((node) => intAttribute(node, name, Number.NaN));
const rowsOfWeight = packed((node, shapes) => shapes.dim(node.input[1], 0));

const queryKeyValue = packed(
  (node) => intAttribute(node, 'Nq', Number.NaN) + 2 * intAttribute(node, 'Nkv', Number.NaN),
);

/** Elimination takes n³/3 for each matrix of n × n, an inverse n³. */
const perMatrix =
  (factor: number): Count =>
  (node, shapes) =>
    factor * shapes.size(node.input[0]) * shapes.dim(node.input[0], -1);

/** A sum over the coordinates and 1 for each of the 2 or 3 coordinates of each place. */
const affineGrid: Count = (node, shapes) => shapes.size(node.output[0]) * (shapes.dim(node.output[0], -1) + 1);

/** Each row of X with every coefficient; X may be one row without a batch. */
const perRow =
  (...names: readonly string[]): Count =>
  (node, shapes) => {
    const rows = (shapes.dims(node.input[0])?.length ?? Number.NaN) > 1 ? shapes.dim(node.input[0], 0) : 1;
    return rows * Math.max(...names.map((name) => findAttribute(node, name)?.floats.length ?? 0));
  };

const MATRICES: WorkTable = {
  MatMul: macRule(matMul),
  MatMulInteger: macRule(matMul),
  QLinearMatMul: macRule(matMul),
  Gemm: macRule(matMul),
};

export const PRODUCTS: WorkTable = {
  ...MATRICES,
  Det: macRule(perMatrix(1 / 3)),
  AffineGrid: macRule(affineGrid),
  'ai.onnx.ml::LinearClassifier': macRule(perRow('coefficients')),
  'ai.onnx.ml::LinearRegressor': macRule(perRow('coefficients')),
  'ai.onnx.ml::SVMClassifier': macRule(perRow('support_vectors', 'coefficients')),
  'ai.onnx.ml::SVMRegressor': macRule(perRow('support_vectors', 'coefficients')),
  ...microsoft({
    FusedMatMul: macRule(matMul),
    FusedMatMulActivation: macRule(matMul),
    TransposeMatMul: macRule(matMul),
    FusedGemm: macRule(matMul),
    GemmFastGelu: macRule(matMul),
    GemmFloat8: macRule(matMul),
    QGemm: macRule(matMul),
    QOrderedMatMul: macRule(matMul),
    MatMulInteger16: macRule(matMul),
    MatMulIntegerToFloat: macRule(matMul),
    DynamicQuantizeMatMul: macRule(matMul),
    SparseToDenseMatMul: macRule(matMul),
    MatMulNBits: macRule(attribute('N')),
    MatMulBnb4: macRule(attribute('N')),
    MatMulFpQ4: macRule(packed((node, shapes) => shapes.numbers(node.input[2])?.at(-1) ?? Number.NaN)),
    MatMulNBitsMlp: macRule((node, shapes) => 2 * attribute('N')(node, shapes)),
    MatMulNBitsQkv: macRule(queryKeyValue),
    MatMulBlockQuantizedFp4Weight: macRule(rowsOfWeight),
    MatMulBlockQuantizedFp8Weight: macRule(rowsOfWeight),
    CDist: macRule(rowsOfWeight),
    Inverse: macRule(perMatrix(1)),
  }),
};
