/** ai.onnx.ml: trees, linear models, encoders. */
import type { Dim } from '../../build.ts';
import { type DataType, dataTypeOf } from '../../data-type.ts';
import type { Call } from '../call.ts';
import { product } from '../dims.ts';
import { type RuleTable, type Shape, sequence, tensor, type ValueType } from '../types.ts';
import { forEach, sameAs, sameShape } from './makers.ts';

export const CLASSICAL_ML: RuleTable = {
  ...forEach(['Binarizer', 'Imputer'], sameAs(0)),
  ...forEach(['Normalizer', 'Scaler'], sameShape(0, 'float32')),
  ArrayFeatureExtractor: (call) => [tensor(call.dataType(0), extractedShape(call))],
  CastMap: (call) => {
    const length = call.text('map_form', 'DENSE') === 'SPARSE' ? call.int('max_map', 1) : null;
    return [tensor(CAST_TO[call.text('cast_to', 'TO_FLOAT')] ?? null, [1, length])];
  },
  CategoryMapper: (call) => [tensor(call.dataType(0) === 'string' ? 'int64' : 'string', call.shape(0))],
  DictVectorizer: (call) => {
    const type = call.input(0);
    const value = type?.kind === 'map' ? type.value : null;
    // The specification says one axis, ONNX Runtime makes two: so the rank stays open.
    return [tensor(value?.kind === 'tensor' ? value.dataType : null, null)];
  },
  FeatureVectorizer: (call) => {
    const lengths = call.ints('inputdimensions');
    return [tensor('float32', [batchOf(call), lengths?.reduce((a, b) => a + b, 0) ?? null])];
  },
  LabelEncoder: (call) => [tensor(labelType(call), call.shape(0))],
  LinearClassifier: (call) => [classOf(call), tensor('float32', [batchOf(call), linearScores(call)])],
  LinearRegressor: (call) => [tensor('float32', [batchOf(call), call.int('targets', 1)])],
  OneHotEncoder: (call) => {
    const shape = call.shape(0);
    const categories = call.ints('cats_int64s')?.length || call.attribute('cats_strings')?.strings.length || null;
    return [tensor('float32', shape === null ? null : [...shape, categories])];
  },
  SVMClassifier: (call) => [classOf(call), tensor('float32', [batchOf(call), svmScores(call)])],
  SVMRegressor: (call) => [tensor('float32', [batchOf(call), 1])],
  TreeEnsemble: (call) => [tensor(call.dataType(0), [batchOf(call), call.int('n_targets', 1)])],
  TreeEnsembleClassifier: (call) => [classOf(call), tensor('float32', [batchOf(call), classCount(call)])],
  TreeEnsembleRegressor: (call) => [tensor('float32', [batchOf(call), call.int('n_targets') ?? null])],
  ZipMap: (call) => {
    const keyType = call.attribute('classlabels_strings') ? 'string' : 'int64';
    return [sequence({ kind: 'map', keyType, value: tensor('float32', []) })];
  },
};

const CAST_TO: Readonly<Record<string, DataType>> = { TO_FLOAT: 'float32', TO_STRING: 'string', TO_INT64: 'int64' };

/** One example is a list of features, several are a matrix. */
function batchOf(call: Call): Dim {
  const shape = call.shape(0);
  if (shape === null) return null;
  return shape.length === 1 ? 1 : (shape[0] ?? null);
}

/** Class labels are an attribute, of texts or of integers; its name changes with the operator. */
const LABELS = ['classlabels_strings', 'classlabels_ints', 'classlabels_int64s'];

function classOf(call: Call): ValueType {
  return tensor(call.attribute('classlabels_strings')?.strings.length ? 'string' : 'int64', [batchOf(call)]);
}

function classCount(call: Call): number | null {
  const counts = LABELS.map((name) => {
    const attribute = call.attribute(name);
    return (attribute?.strings.length ?? 0) + (attribute?.ints.length ?? 0);
  });
  return counts.find((count) => count > 0) ?? null;
}

/** Two classes may share one list of coefficients; there are two scores then too. */
function linearScores(call: Call): Dim {
  const count = call.floats('intercepts')?.length || classCount(call);
  return count === 1 ? 2 : count;
}

/** One score for each class with probabilities, else one for each pair of classes. */
function svmScores(call: Call): Dim {
  const count = classCount(call);
  if (count === null || count <= 2) return count === null ? null : 2;
  const isPairwise = !call.floats('prob_a')?.length && Boolean(call.ints('vectors_per_class')?.length);
  return isPairwise ? (count * (count - 1)) / 2 : count;
}

const VALUES: Readonly<Record<string, DataType>> = {
  values_strings: 'string',
  values_int64s: 'int64',
  values_floats: 'float32',
};

/** Version 1 maps between texts and their place in a list. */
function labelType(call: Call): DataType | null {
  if (call.attribute('classes_strings')) return call.dataType(0) === 'string' ? 'int64' : 'string';
  const values = call.attribute('values_tensor')?.t;
  if (values !== undefined) return dataTypeOf(values.dataType) ?? null;
  const name = Object.keys(VALUES).find((key) => call.attribute(key) !== undefined);
  return name === undefined ? null : (VALUES[name] ?? null);
}

/** The indices, however they lie, choose columns. */
function extractedShape(call: Call): Shape {
  const [shape, indices] = [call.shape(0), call.shape(1)];
  if (shape === null) return null;
  const chosen = indices === null ? null : product(indices);
  return shape.length === 1 ? [1, chosen] : [...shape.slice(0, -1), chosen];
}
