/** Operators of signals, pictures, attention, training and classical models. */
import type { ModelTable } from './model.ts';

const ML = 'ai.onnx.ml';

export const RARER: ModelTable = {
  'spectra of a signal': {
    inputs: {
      ...{ x: 'float32[B,128,1]', step: 'int64[]{8}', window: 'float32[16]', frame: 'int64[]{16}', n: 'int64[]{64}' },
      ...{ bins: 'int64[]{8}', rate: 'int64[]{8192}', low: 'float32[]{0}', high: 'float32[]{4096}' },
    },
    opset: 20,
    nodes: [
      ['STFT', 'x step window', 'a'],
      ['STFT', 'x step _ frame', 'b', { onesided: 0 }],
      ['DFT', 'x', 'c'],
      ['DFT', 'x n', 'd', { onesided: 1 }],
      ['HannWindow', 'frame', 'e'],
      ['MelWeightMatrix', 'bins frame rate low high', 'y'],
    ],
  },
  'spectra before opset 20': {
    inputs: { x: 'float32[4,10,8,1]', n: 'int64[]{16}' },
    opset: 17,
    nodes: [
      ['DFT', 'x n', 'a'],
      ['DFT', 'x', 'y', { axis: 2, onesided: 1 }],
    ],
  },
  'regions, grids and boxes': {
    inputs: {
      ...{ x: 'float32[N,C,8,8]', rois: 'float32[R,4]', which: 'int64[R]', grid: 'float32[N,4,6,2]' },
      ...{ boxes: 'float32[1,6,4]', scores: 'float32[1,1,6]', theta: 'float32[2,2,3]', size: 'int64[4]{2,3,5,6}' },
      ...{ w: 'float32[4,C,3,3]', offset: 'float32[N,18,6,6]' },
    },
    opset: 22,
    nodes: [
      ['RoiAlign', 'x rois which', 'a', { output_height: 7, output_width: 5 }],
      ['GridSample', 'x grid', 'b'],
      ['NonMaxSuppression', 'boxes scores', 'c'],
      ['AffineGrid', 'theta size', 'd'],
      ['DeformConv', 'x w offset', 'y'],
    ],
  },
  'pictures from columns, cropped and decoded': {
    inputs: {
      ...{ x: 'float32[N,50,L]', image: 'int64[2]{10,12}', block: 'int64[2]{5,5}', p: 'float32[20,8,3]' },
      ...{ to: 'int64[2]{10,9}', bytes: 'uint8[K]' },
    },
    opset: 20,
    nodes: [
      ['Col2Im', 'x image block', 'a'],
      ['CenterCropPad', 'p to', 'b', { axes: [0, 1] }],
      ['ImageDecoder', 'bytes', 'y'],
    ],
  },
  'attention with heads on an axis': {
    inputs: {
      q: 'float32[2,4,6,8]',
      k: 'float32[2,2,9,8]',
      v: 'float32[2,2,9,16]',
      past: 'float32[2,2,5,8]',
      pastv: 'float32[2,2,5,16]',
    },
    opset: 24,
    nodes: [
      ['Attention', 'q k v', 'a'],
      ['Attention', 'q k v _ past pastv', 'y key value'],
    ],
  },
  'attention with heads side by side': {
    inputs: {
      q: 'float32[2,6,32]',
      k: 'float32[2,9,16]',
      v: 'float32[2,9,32]',
      cos: 'float32[9,4]',
      x: 'float32[B,4,S,8]',
      s: 'float32[8]',
    },
    opset: 23,
    nodes: [
      ['Attention', 'q k v', 'a', { q_num_heads: 4, kv_num_heads: 2 }],
      ['RotaryEmbedding', 'x cos cos', 'b'],
      ['RMSNormalization', 'x s', 'y'],
    ],
  },
  'attention with a state': {
    inputs: {
      ...{ q: 'float32[B,T,32]', k: 'float32[B,T,16]', v: 'float32[B,T,32]', x: 'float32[B,6,L]', w: 'float32[6,1,4]' },
      ...{ cache: 'float32[B,4,9,8]', one: 'float32[B,4,1,8]', at: 'int64[B]' },
    },
    opset: 27,
    nodes: [
      ['LinearAttention', 'q k v', 'a state', { q_num_heads: 4, kv_num_heads: 2, update_rule: 'linear' }],
      ['CausalConvWithState', 'x w', 'b kept'],
      ['TensorScatter', 'cache one at', 'y'],
    ],
  },
  'losses, each and in all': {
    inputs: { x: 'float32[N,5,3]', t: 'int64[N,3]' },
    nodes: [
      ['NegativeLogLikelihoodLoss', 'x t', 'a'],
      ['NegativeLogLikelihoodLoss', 'x t', 'b', { reduction: 'none' }],
      ['SoftmaxCrossEntropyLoss', 'x t', 'y logs', { reduction: 'none' }],
    ],
  },
  'steps of optimizers': {
    inputs: {
      r: 'float32[]',
      t: 'int64[]',
      x: 'float32[3,N]',
      g: 'float32[3,N]',
      v: 'float32[3,N]',
      h: 'float32[3,N]',
    },
    domains: { 'ai.onnx.preview.training': 1 },
    nodes: [
      ['ai.onnx.preview.training:Adam', 'r t x g v h', 'a b c'],
      ['ai.onnx.preview.training:Adagrad', 'r t x g h', 'y z'],
    ],
  },
  'random values': {
    inputs: { x: 'float32[N,5]' },
    nodes: [
      ['RandomNormal', '', 'a', { shape: [2, 3] }],
      ['RandomUniformLike', 'x', 'b', { dtype: 11 }],
      ['Bernoulli', 'x', 'c', { dtype: 9 }],
      ['Multinomial', 'x', 'y', { sample_size: 4 }],
    ],
  },
  texts: {
    inputs: { x: 'string[2,N]', z: 'string[N]' },
    opset: 20,
    nodes: [
      ['StringConcat', 'x z', 'a'],
      ['StringSplit', 'x', 'b counts'],
      ['RegexFullMatch', 'x', 'y', { pattern: 'a+' }],
    ],
  },
  'n-grams and normalized texts': {
    inputs: { x: 'int64[N,12]', t: 'string[1,4]' },
    nodes: [
      [
        'TfIdfVectorizer',
        'x',
        'a',
        {
          ...{
            ngram_counts: [0, 4],
            ngram_indexes: [0, 1, 2, 3, 4, 5, 6],
            pool_int64s: [2, 3, 5, 4, 5, 6, 7, 8, 6, 7],
          },
          ...{ min_gram_length: 2, max_gram_length: 2, max_skip_count: 0, mode: 'TF' },
        },
      ],
      ['StringNormalizer', 't', 'y'],
    ],
  },
  'what is unique': {
    inputs: { x: 'float32[2,N]', flags: 'bool[2]' },
    nodes: [
      ['Unique', 'x', 'a b c d'],
      ['Unique', 'x', 'e', { axis: 1 }],
      ['Compress', 'x flags', 'f', { axis: 0 }],
      ['Compress', 'x flags', 'y'],
    ],
  },
  'trees and their labels': {
    inputs: { x: 'float32[N,4]', t: 'string[N]' },
    domains: { [ML]: 3 },
    nodes: [
      [`${ML}:Scaler`, 'x', 'a'],
      [`${ML}:TreeEnsembleRegressor`, 'a', 'b', { n_targets: 3 }],
      [`${ML}:TreeEnsembleClassifier`, 'a', 'label scores', { classlabels_strings: ['a', 'b', 'c'] }],
      [`${ML}:LabelEncoder`, 't', 'c', { keys_strings: ['a'], values_int64s: [1] }],
      [`${ML}:OneHotEncoder`, 't', 'd', { cats_strings: ['a', 'b'] }],
      [`${ML}:ZipMap`, 'scores', 'y', { classlabels_strings: ['a', 'b', 'c'] }],
    ],
  },
  'linear models and features': {
    inputs: { x: 'float32[N,4]', i: 'int64[1,3]' },
    domains: { [ML]: 3 },
    nodes: [
      [`${ML}:Normalizer`, 'x', 'a'],
      [`${ML}:Binarizer`, 'x', 'b'],
      [`${ML}:ArrayFeatureExtractor`, 'x i', 'c'],
      [`${ML}:LinearRegressor`, 'x', 'd', { targets: 2, coefficients: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5] }],
      [
        `${ML}:LinearClassifier`,
        'x',
        'y z',
        { classlabels_ints: [0, 1, 2], coefficients: [0.5], intercepts: [0.1, 0.2, 0.3] },
      ],
    ],
  },
};
