/** Normalizations and softmax: FLOPs for each element, with the terms that they are the sum of. */
import { intAttribute } from '../../../onnx/attribute.ts';
import { each, flopRule, isThere, microsoft, perInput, type WorkRule, type WorkTable } from './rule.ts';

/** maximum, subtract, exp, sum, divide */
const SOFTMAX = 5;
/** mean; subtract, square, sum; multiply with 1/σ, scale, add the bias */
const LAYER = 7;
/** square, sum, multiply with 1/rms, scale */
const RMS = 4;

/** The square of each element, the sum over `size` neighbours, and multiply, add, pow, divide. */
const localResponse = flopRule(
  (node, shapes) => (intAttribute(node, 'size', Number.NaN) + 4) * shapes.size(node.input[0]),
);

/** The skip connection, and a bias where there is one, are added first. */
const skip = (flops: number, bias: number): WorkRule =>
  flopRule((node, shapes) => (flops + 1 + (isThere(node.input[bias]) ? 1 : 0)) * shapes.size(node.input[0]));

/** Word, position and segment vectors are summed and normalized. */
const embedding = flopRule((node, shapes) => (LAYER + 2) * shapes.size(node.output[0]));

const LAYERS: WorkTable = {
  LayerNormalization: perInput(LAYER),
  SimplifiedLayerNormalization: perInput(RMS),
};

export const NORMALIZATION: WorkTable = {
  ...each(perInput(SOFTMAX), ['Softmax', 'LogSoftmax']),
  // mean, variance, scale and bias are constants: one product and one sum
  BatchNormalization: perInput(2),
  ...each(perInput(LAYER), ['InstanceNormalization', 'GroupNormalization']),
  MeanVarianceNormalization: perInput(5),
  RMSNormalization: perInput(RMS),
  ...LAYERS,
  LRN: localResponse,
  LpNormalization: perInput(3),
  ...each(perInput(SOFTMAX + 2), ['SoftmaxCrossEntropyLoss', 'NegativeLogLikelihoodLoss']),
  ...microsoft({
    ...LAYERS,
    GroupNorm: perInput(LAYER),
    SkipGroupNorm: skip(LAYER, 4),
    SkipLayerNormalization: skip(LAYER, 4),
    SkipSimplifiedLayerNormalization: skip(RMS, 3),
    EmbedLayerNormalization: embedding,
    QEmbedLayerNormalization: embedding,
    QOrderedLayerNormalization: perInput(LAYER + 7),
    GatedRMSNorm: perInput(RMS + 5),
    BiasSoftmax: perInput(SOFTMAX + 1),
    QLinearSoftmax: perInput(SOFTMAX + 7),
  }),
};
