/**
 * Bytes of weights and activations in other precisions. float16 converts every floating-point tensor. int8 and int4 are
 * weight-only: the weights that the tables name are stored in integers with their scales, everything else stays as it is.
 */
import { intAttribute } from '../../onnx/attribute.ts';
import { byteLengthOf, type DataType } from '../../onnx/data-type.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import { elementCount } from '../../onnx/tensor.ts';
import { operatorKey } from '../operators.ts';
import type { DeviceMemory } from './facts.ts';
import type { ResidentWeight } from './resident.ts';

export type Precision = DeviceMemory['precision'];

export const PRECISIONS: readonly Precision[] = ['float32', 'float16', 'int8', 'int4'];

const FLOATS: ReadonlySet<DataType> = new Set(['float32', 'float64', 'float16', 'bfloat16']);

/** One int8 for each element, one float32 scale for each channel (QuantizeLinear with `axis`, symmetric). */
const INT8_SCALE_BYTES = 4;

/** Elements that share a scale in MatMulNBits and GatherBlockQuantized; ONNX Runtime's quantizers take 32 by default. */
const INT4_BLOCK = 32;

/** How many channels with a scale of their own a weight has, by input of the operator. */
type Channels = Readonly<Record<number, (node: NodeProto, dims: readonly number[]) => number>>;

const ROWS: Channels[number] = (_node, dims) => dims[0] ?? 1;
const COLUMNS: Channels[number] = (_node, dims) => dims.at(-1) ?? 1;
const GATES: Channels[number] = (_node, dims) => (dims[0] ?? 1) * (dims[1] ?? 1);

const INT8_WEIGHTS: Readonly<Record<string, Channels>> = {
  Conv: { 1: ROWS },
  ConvTranspose: { 1: (_node, dims) => dims[1] ?? 1 },
  MatMul: { 1: COLUMNS, 0: ROWS },
  Gemm: { 1: (node, dims) => (intAttribute(node, 'transB', 0) === 0 ? (dims[1] ?? 1) : (dims[0] ?? 1)) },
  Gather: { 0: ROWS },
  LSTM: { 1: GATES, 2: GATES },
  GRU: { 1: GATES, 2: GATES },
  RNN: { 1: GATES, 2: GATES },
  'com.microsoft::Attention': { 1: COLUMNS },
  'com.microsoft::FusedConv': { 1: ROWS },
  'com.microsoft::FusedMatMul': { 1: COLUMNS },
};

/** Operators whose weight ONNX Runtime takes in 4 bits → the axis along which blocks lie. */
const INT4_WEIGHTS: Readonly<Record<string, Readonly<Record<number, (node: NodeProto) => number>>>> = {
  MatMul: { 1: () => 0 },
  Gemm: { 1: (node) => (intAttribute(node, 'transB', 0) === 0 ? 0 : 1) },
  Gather: { 0: () => 1 },
};

/** Bytes of a tensor that is not quantized. */
export function bytesIn(precision: Precision, dataType: DataType | null, elements: number): number {
  if (dataType === null) return Number.NaN;
  if (!FLOATS.has(dataType)) return byteLengthOf(dataType, elements) ?? Number.NaN;
  if (precision === 'float32') return elements * 4;
  return precision === 'float16' ? elements * 2 : (byteLengthOf(dataType, elements) ?? Number.NaN);
}

/** NaN where the size of the weight is not known. */
export function weightBytesIn(precision: Precision, { name, view, reader, input }: ResidentWeight): number {
  const dims = view.shapes.dims(name) ?? [Number.NaN];
  const dataType = view.shapes.dataType(name);
  const elements = elementCount(dims);
  const bytes = bytesIn(precision, dataType, elements);
  if (dataType === null || !FLOATS.has(dataType) || dims.length < 2) return bytes;
  const quantized = precision === 'int8' ? int8Bytes(reader, input, dims) : int4Bytes(reader, input, dims, dataType);
  // What would grow by its scales is left alone.
  return precision === 'int8' || precision === 'int4' ? Math.min(bytes, quantized ?? bytes) : bytes;
}

function int8Bytes(reader: NodeProto, input: number, dims: readonly number[]): number | undefined {
  const channels = lookUp(INT8_WEIGHTS, reader, input);
  return channels === undefined ? undefined : elementCount(dims) + INT8_SCALE_BYTES * channels(reader, dims);
}

/** Whole blocks of 4-bit values along one axis of a matrix, each with a scale in the type of the weight, no zero point. */
function int4Bytes(reader: NodeProto, input: number, dims: readonly number[], dataType: DataType): number | undefined {
  const axis = dims.length === 2 ? lookUp(INT4_WEIGHTS, reader, input)?.(reader) : undefined;
  if (axis === undefined) return undefined;
  const blocks = Math.ceil((dims[axis] as number) / INT4_BLOCK);
  const scaleBytes = byteLengthOf(dataType, 1) ?? 0;
  return (dims[1 - axis] as number) * blocks * (INT4_BLOCK / 2 + scaleBytes);
}

function lookUp<T>(table: Readonly<Record<string, Readonly<Record<number, T>>>>, node: NodeProto, input: number) {
  const key = operatorKey(node);
  return Object.hasOwn(table, key) ? table[key]?.[input] : undefined;
}
