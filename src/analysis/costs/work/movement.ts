/** Operators that move, select, make, sort or compare elements, or handle sequences and text: no work by our count. */
import { each, microsoft, NO_WORK, type WorkTable } from './rule.ts';

const DEFAULT = [
  ...['Cast', 'CastLike', 'BitCast', 'Identity', 'Dropout', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose'],
  ...['Concat', 'Split', 'Slice', 'Gather', 'GatherElements', 'GatherND', 'Scatter', 'ScatterElements', 'ScatterND'],
  ...['TensorScatter', 'Pad', 'Tile', 'Expand', 'Where', 'Compress', 'Trilu', 'CenterCropPad', 'ReverseSequence'],
  ...['DepthToSpace', 'SpaceToDepth', 'MaxUnpool', 'OneHot', 'TopK', 'Unique', 'NonZero', 'NonMaxSuppression'],
  ...['Shape', 'Size', 'Range', 'EyeLike', 'Constant', 'ConstantOfShape'],
  ...['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Bernoulli', 'Multinomial'],
  ...['HannWindow', 'HammingWindow', 'BlackmanWindow', 'MelWeightMatrix', 'ImageDecoder'],
  ...['SequenceAt', 'SequenceConstruct', 'SequenceEmpty', 'SequenceErase', 'SequenceInsert', 'SequenceLength'],
  ...['ConcatFromSequence', 'SplitToSequence', 'Optional', 'OptionalGetElement', 'OptionalHasElement'],
  ...['StringConcat', 'StringNormalizer', 'StringSplit', 'RegexFullMatch', 'TfIdfVectorizer'],
];

const CLASSICAL = [
  ...['ArrayFeatureExtractor', 'CastMap', 'CategoryMapper', 'DictVectorizer', 'FeatureVectorizer', 'Imputer'],
  ...['LabelEncoder', 'OneHotEncoder', 'ZipMap', 'TreeEnsemble', 'TreeEnsembleClassifier', 'TreeEnsembleRegressor'],
];

const RUNTIME = [
  ...['ExpandDims', 'GatherND', 'GatherBlockQuantized', 'Pad', 'Trilu', 'Unique', 'Range', 'UnfoldTensor', 'Tokenizer'],
  ...['TorchEmbedding', 'BitmaskDropout', 'RemovePadding', 'RestorePadding', 'QLinearConcat', 'MurmurHash3'],
  ...['NGramRepeatBlock', 'IsAllFinite'],
];

export const MOVEMENT: WorkTable = {
  ...each(() => NO_WORK, [...DEFAULT, ...CLASSICAL.map((operator) => `ai.onnx.ml::${operator}`)]),
  ...microsoft(each(() => NO_WORK, RUNTIME)),
};
