/**
 * Tensors that remain in the .onnx file because their readers need them there. Tried with onnxruntime-node 1.30: it reads
 * external data everywhere (initializers, attributes, sparse tensors, subgraphs, functions) and of every numeric type that
 * it has, but for shapes and empty tensors. Tried with the Python package onnx 1.23: it overlooks some places.
 */
import { type DataType, dataTypeOf } from '../data-type.ts';
import { isExternal } from '../external-data.ts';
import { allGraphs, allNodes, allTensors } from '../graph.ts';
import type { ModelProto, SparseTensorProto, TensorProto } from '../proto.ts';
import { elementCount } from '../tensor.ts';

/**
 * Shapes, axes, sizes, starts and ends: ONNX's shape inference, which runs when a model is loaded, stops with "Cannot parse
 * data from external tensors" at a node that takes one (also onnxruntime issue 26261). They are lists of whole numbers.
 */
const SHAPE_TYPES: ReadonlySet<DataType> = new Set(['int64', 'int32']);
const MAX_SHAPE_VALUES = 8192;
/** `scales` and `roi` of Resize are floats: two for each axis at most. */
const MAX_LIST_VALUES = 16;

/** True for a tensor whose values ONNX Runtime does not take from a data file. */
export function staysEmbedded(tensor: TensorProto): boolean {
  const dataType = dataTypeOf(tensor.dataType);
  if (dataType === undefined || dataType === 'string') return true;
  const count = elementCount(tensor.dims);
  // ONNX Runtime ends the process (std::bad_function_call) when it frees external data of no bytes.
  if (count === 0) return true;
  if (tensor.dims.length > 1) return false;
  return count <= (SHAPE_TYPES.has(dataType) ? MAX_SHAPE_VALUES : MAX_LIST_VALUES);
}

/** A tensor of no bytes whose place is a data file nevertheless. */
export function emptyExternalTensor(model: ModelProto): TensorProto | undefined {
  for (const tensor of allTensors(model)) if (isExternal(tensor) && elementCount(tensor.dims) === 0) return tensor;
  return undefined;
}

/**
 * Tensors that `onnx.load` of the Python package leaves without data when they are external: sparse ones, those of training
 * graphs, and defaults of function attributes.
 */
export function overlookedTensors(model: ModelProto): ReadonlySet<TensorProto> {
  const { graph: _, ...rest } = model;
  const training = allTensors({ ...rest, functions: [] });
  const defaults = allTensors({
    ...rest,
    trainingInfo: [],
    functions: rest.functions.map((fn) => ({ ...fn, node: [] })),
  });
  return new Set([...training, ...defaults, ...sparseTensors(model)]);
}

function* sparseTensors(model: ModelProto): Generator<TensorProto> {
  for (const { graph } of allGraphs(model)) for (const sparse of graph.sparseInitializer) yield* partsOf(sparse);
  for (const node of allNodes(model)) {
    for (const { sparseTensor, sparseTensors } of node.attribute) {
      if (sparseTensor) yield* partsOf(sparseTensor);
      for (const sparse of sparseTensors) yield* partsOf(sparse);
    }
  }
}

function* partsOf({ values, indices }: SparseTensorProto): Generator<TensorProto> {
  if (values) yield values;
  if (indices) yield indices;
}
