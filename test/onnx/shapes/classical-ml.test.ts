import { expect, test } from 'vitest';
import { inferNode, type NodeCase } from './notation.ts';

const ml = (operator: string, inputs: readonly string[], options: NodeCase = {}): string[] =>
  inferNode(operator, inputs, { domain: 'ai.onnx.ml', ...options });

test('classifiers say a class and a score for each class', () => {
  const texts = { classlabels_strings: ['a', 'b', 'c'] };
  const numbers = { classlabels_int64s: [1n, 2n] };
  const options = { outputs: 2 };
  expect(ml('TreeEnsembleClassifier', ['float32[N,4]'], { ...options, attributes: texts })).toEqual([
    'string[N]',
    'float32[N,3]',
  ]);
  expect(ml('TreeEnsembleClassifier', ['float32[N,4]'], { ...options, attributes: numbers })).toEqual([
    'int64[N]',
    'float32[N,2]',
  ]);
  expect(
    ml('LinearClassifier', ['float32[4]'], {
      ...options,
      attributes: { classlabels_ints: [0n, 1n], intercepts: [0.5] },
    }),
  ).toEqual(['int64[1]', 'float32[1,2]']);
});

test('a support vector machine scores classes or pairs of them', () => {
  const classes = { classlabels_ints: [0n, 1n, 2n, 3n], vectors_per_class: [1n, 1n, 1n, 1n] };
  const scores = (attributes: NodeCase['attributes']) =>
    ml('SVMClassifier', ['float32[N,4]'], { outputs: 2, ...(attributes && { attributes }) })[1];
  expect(scores(classes)).toBe('float32[N,6]');
  expect(scores({ ...classes, prob_a: [0.1] })).toBe('float32[N,4]');
  expect(scores({ classlabels_ints: [0n, 1n] })).toBe('float32[N,2]');
});

test('regressors give one column for each target', () => {
  expect(ml('LinearRegressor', ['float32[N,4]'], { attributes: { targets: 3n } })).toEqual(['float32[N,3]']);
  expect(ml('TreeEnsembleRegressor', ['float64[N,4]'], { attributes: { n_targets: 3n } })).toEqual(['float32[N,3]']);
  expect(ml('TreeEnsemble', ['float64[N,4]'], { attributes: { n_targets: 3n } })).toEqual(['float64[N,3]']);
  expect(ml('SVMRegressor', ['float32[N,4]'])).toEqual(['float32[N,1]']);
});

test('encoders', () => {
  expect(ml('OneHotEncoder', ['string[N,2]'], { attributes: { cats_strings: ['a', 'b'] } })).toEqual([
    'float32[N,2,2]',
  ]);
  expect(ml('LabelEncoder', ['string[N]'], { attributes: { values_int64s: [1n] } })).toEqual(['int64[N]']);
  const tensor = { dataType: 'float64', dims: [1], data: Float64Array.of(1) } as const;
  expect(ml('LabelEncoder', ['string[N]'], { attributes: { values_tensor: tensor } })).toEqual(['float64[N]']);
  expect(ml('LabelEncoder', ['int64[N]'], { attributes: { classes_strings: ['a'] } })).toEqual(['string[N]']);
  expect(ml('CategoryMapper', ['string[N]'])).toEqual(['int64[N]']);
});

test('maps and what becomes of them', () => {
  expect(ml('ZipMap', ['float32[N,2]'], { attributes: { classlabels_strings: ['a', 'b'] } })).toEqual([
    'seq(map(string,float32[]))',
  ]);
  expect(ml('CastMap', ['map(int64,float32[])'])).toEqual(['float32[1,?]']);
  const attributes = { map_form: 'SPARSE', max_map: 5n, cast_to: 'TO_INT64' };
  expect(ml('CastMap', ['map(int64,string[])'], { attributes })).toEqual(['int64[1,5]']);
  expect(ml('DictVectorizer', ['map(int64,float32[])'])).toEqual(['float32']);
});

test('columns are chosen, put side by side and scaled', () => {
  expect(ml('ArrayFeatureExtractor', ['float32[N,8]', 'int64[1,3]'])).toEqual(['float32[N,3]']);
  expect(ml('ArrayFeatureExtractor', ['float32[8]', 'int64[2]'])).toEqual(['float32[1,2]']);
  const attributes = { inputdimensions: [2n, 3n] };
  expect(ml('FeatureVectorizer', ['int64[N,2]', 'int64[N,3]'], { attributes })).toEqual(['float32[N,5]']);
  expect(ml('Scaler', ['int64[N,2]'])).toEqual(['float32[N,2]']);
  expect(ml('Binarizer', ['int64[N,2]'])).toEqual(['int64[N,2]']);
});
