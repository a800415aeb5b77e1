/**
 * Tensors that remain in the .onnx file because their readers need them there. Tried with onnxruntime-node 1.30: it reads
 * external data everywhere (initializers, attributes, sparse tensors, subgraphs, functions) and of every numeric type that
 * it has, with two exceptions, which are the rules below.
 */
import { type DataType, dataTypeOf } from '../data-type.ts';
import type { TensorProto } from '../proto.ts';
import { elementCount } from '../tensor.ts';

/**
 * Shapes, axes, sizes, starts and ends: ONNX's shape inference, which runs when a model is loaded, stops with "Cannot parse
 * data from external tensors" at a node that takes one (also onnxruntime issue 26261). They are lists of whole numbers.
 */
const SHAPE_TYPES: ReadonlySet<DataType> = new Set(['int64', 'int32']);
const MAX_SHAPE_VALUES = 8192;
/** `scales` and `roi` of Resize are floats: two for each axis at most. */
const MAX_LIST_VALUES = 16;

export function staysEmbedded(tensor: TensorProto): boolean {
  const dataType = dataTypeOf(tensor.dataType);
  if (dataType === undefined || dataType === 'string') return true;
  const count = elementCount(tensor.dims);
  // ONNX Runtime ends the process (std::bad_function_call) when it frees external data of no bytes.
  if (count === 0) return true;
  if (tensor.dims.length > 1) return false;
  return count <= (SHAPE_TYPES.has(dataType) ? MAX_SHAPE_VALUES : MAX_LIST_VALUES);
}
