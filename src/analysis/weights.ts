/** How much of a model is weights, and where it keeps them. Reads dims and types only, never the values. */
import { type DataType, dataTypeOf } from '../onnx/data-type.ts';
import type { AttributeProto, ModelProto, TensorProto } from '../onnx/proto.ts';
import { elementCount, tensorByteLength } from '../onnx/tensor.ts';
import type { Analysis } from './facts.ts';
import { domainOf, inferenceGraphs, inferenceNodes } from './operators.ts';

export type WeightFacts = Pick<Analysis, 'parameterCount' | 'weightBytes' | 'weightBytesByType' | 'weightsIn'>;

interface Weight {
  readonly dataType: DataType | undefined;
  readonly elements: number;
  readonly bytes: number;
}

export function weightFacts(model: ModelProto): WeightFacts {
  const initializers = inferenceGraphs(model).flatMap(({ graph }) => [
    ...graph.initializer.map(weightOf),
    ...graph.sparseInitializer.flatMap((sparse) => (sparse.values ? [weightOf(sparse.values)] : [])),
  ]);
  const constants = constantWeights(model).filter((weight) => weight.elements > 1);
  const all = [...initializers, ...constants];
  const byType = new Map<DataType, number>();
  for (const { dataType, bytes } of all) if (dataType) byType.set(dataType, (byType.get(dataType) ?? 0) + bytes);
  const weightsIn = { initializers: elementsOf(initializers), constants: elementsOf(constants) };
  return {
    parameterCount: weightsIn.initializers + weightsIn.constants,
    weightBytes: all.reduce((sum, weight) => sum + weight.bytes, 0),
    weightBytesByType: Object.fromEntries([...byType].sort(([, a], [, b]) => b - a)),
    weightsIn,
  };
}

function elementsOf(weights: readonly Weight[]): number {
  return weights.reduce((sum, weight) => sum + weight.elements, 0);
}

function weightOf(tensor: TensorProto): Weight {
  return {
    dataType: dataTypeOf(tensor.dataType),
    elements: elementCount(tensor.dims),
    bytes: tensorByteLength(tensor),
  };
}

function constantWeights(model: ModelProto): Weight[] {
  const constants = inferenceNodes(model).filter((node) => node.opType === 'Constant' && domainOf(node) === '');
  return constants.flatMap((node) => node.attribute.flatMap(attributeWeights));
}

/** The forms of Constant: `value`, `sparse_value`, `value_floats`, `value_ints`; one number or text is no weight. */
function attributeWeights(attribute: AttributeProto): Weight[] {
  const tensors = [attribute.t, attribute.sparseTensor?.values].filter((tensor) => tensor !== undefined);
  const { floats, ints } = attribute;
  return [
    ...tensors.map(weightOf),
    { dataType: 'float32', elements: floats.length, bytes: floats.length * 4 },
    { dataType: 'int64', elements: ints.length, bytes: ints.length * 8 },
  ];
}
