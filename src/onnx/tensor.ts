/** Values of tensors as typed arrays, wherever the proto keeps them: raw_data, typed fields, or an external file. */
import { NimifyError } from '../base/errors.ts';
import { type Bytes, byteLength, loadBytes } from './bytes.ts';
import { byteLengthOf, DATA_TYPES, type DataType, dataTypeOf } from './data-type.ts';
import { EXTERNAL_RANGE, isExternal, type ResolvedTensor } from './external-data.ts';
import type { TensorProto } from './proto.ts';
import { countVarints, loadVarints, type ValueWidth } from './varint-list.ts';

/**
 * float16 and bfloat16 are their bits in a Uint16Array, bool is 0 or 1, sub-byte types stay packed as in raw_data,
 * 8-bit floats are their bits in a Uint8Array, complex numbers are pairs (real, imaginary).
 */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | string[];

/** A tensor in memory, row-major. */
export interface HostTensor {
  readonly dataType: DataType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

type NumericArray = Exclude<TensorData, string[]>;
type ArrayConstructor = { new (buffer: ArrayBufferLike, offset: number, length: number): NumericArray };

const ARRAYS: Partial<Record<DataType, ArrayConstructor & { readonly BYTES_PER_ELEMENT: number }>> = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  complex64: Float32Array,
  complex128: Float64Array,
};

/** Elements of a shape; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** Bytes that the values of the tensor take in memory; 0 where the type is unknown or string. */
export function tensorByteLength(tensor: TensorProto): number {
  const dataType = dataTypeOf(tensor.dataType);
  return dataType === undefined ? 0 : (byteLengthOf(dataType, elementCount(tensor.dims)) ?? 0);
}

/** Where raw little-endian values lie: raw_data or external; undefined when they are in a typed field. */
function rawBytesOf(tensor: TensorProto): Bytes | undefined {
  if (isExternal(tensor)) {
    const range = (tensor as ResolvedTensor)[EXTERNAL_RANGE];
    if (range === undefined) throw malformed(tensor, 'has external data that was not resolved');
    return range;
  }
  return tensor.rawData;
}

/**
 * Loads the values.
 * @throws NimifyError MODEL_MALFORMED when the number of values does not fit the dims or the type is unknown.
 */
export function loadTensor(tensor: TensorProto): HostTensor {
  const dataType = dataTypeOf(tensor.dataType);
  if (dataType === undefined) throw malformed(tensor, `has the unknown data type ${tensor.dataType ?? 0}`);
  const count = elementCount(tensor.dims);
  if (!Number.isSafeInteger(count) || tensor.dims.some((dim) => dim < 0))
    throw malformed(tensor, `has the dims [${tensor.dims}]`);
  const data = dataType === 'string' ? strings(tensor) : numbers(tensor, dataType, count);
  const expected = lengthOf(dataType, count);
  if (data.length !== expected) {
    throw malformed(tensor, wrongCount(tensor, data.length, expected));
  }
  return { dataType, dims: tensor.dims, data };
}

/** Entries that the array of `count` elements has: pairs for complex types, bytes for sub-byte types. */
function lengthOf(dataType: DataType, count: number): number {
  if (dataType === 'complex64' || dataType === 'complex128') return count * 2;
  return ARRAYS[dataType] === undefined ? (byteLengthOf(dataType, count) ?? count) : count;
}

/** Views bytes as values of `dataType`; copies only where the alignment asks for it. */
export function viewBytes(bytes: Uint8Array, dataType: DataType): NumericArray {
  const array = ARRAYS[dataType];
  if (array === undefined) return bytes;
  const size = array.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.byteLength / size));
}

/** The bytes of typed values, sharing their memory. */
export function bytesOfData(data: NumericArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function strings(tensor: TensorProto): string[] {
  const decoder = new TextDecoder();
  return tensor.stringData.map((bytes) => decoder.decode(bytes));
}

function numbers(tensor: TensorProto, dataType: DataType, count: number): NumericArray {
  const raw = rawBytesOf(tensor);
  if (raw !== undefined) {
    const expected = byteLengthOf(dataType, count);
    if (byteLength(raw) !== expected) {
      throw malformed(tensor, `has ${byteLength(raw)} bytes where its dims [${tensor.dims}] ask for ${expected}`);
    }
    return viewBytes(loadBytes(raw), dataType);
  }
  return typedField(tensor, dataType, count);
}

/** TensorProto keeps small types widened in int32_data, and complex ones as pairs; see the comments of onnx.proto. */
function typedField(tensor: TensorProto, dataType: DataType, count: number): NumericArray {
  switch (dataType) {
    case 'float32':
    case 'complex64':
      return viewBytes(loadBytes(tensor.floatData ?? new Uint8Array(0)), 'float32');
    case 'float64':
    case 'complex128':
      return viewBytes(loadBytes(tensor.doubleData ?? new Uint8Array(0)), 'float64');
    case 'int64':
      return viewBytes(varints(tensor, tensor.int64Data, 8, count), dataType);
    case 'uint64':
      return viewBytes(varints(tensor, tensor.uint64Data, 8, count), dataType);
    case 'uint32':
      return viewBytes(varints(tensor, tensor.uint64Data, 4, count), dataType);
    default: {
      const width = (ARRAYS[dataType]?.BYTES_PER_ELEMENT ?? 1) as ValueWidth;
      const isPacked = DATA_TYPES[dataType].bits !== 6;
      const values = varints(tensor, tensor.int32Data, width, isPacked ? lengthOf(dataType, count) : count);
      return isPacked ? viewBytes(values, dataType) : packSixBits(values);
    }
  }
}

/** int32_data has one 6-bit float per entry, raw_data four of them in three bytes, the first one in the lowest bits. */
function packSixBits(values: Uint8Array): Uint8Array {
  const packed = new Uint8Array(Math.ceil((values.length * 6) / 8));
  for (let i = 0; i < values.length; i += 1) {
    const at = (i * 6) >> 3;
    const bits = ((values[i] as number) & 0x3f) << ((i * 6) & 7);
    packed[at] = (packed[at] as number) | bits;
    if (bits > 0xff) packed[at + 1] = bits >> 8;
  }
  return packed;
}

/** Counted first: a list that does not fit is not worth the memory. */
function varints(tensor: TensorProto, list: Bytes | undefined, width: ValueWidth, expected: number): Uint8Array {
  const bytes = list ?? new Uint8Array(0);
  const found = countVarints(bytes);
  if (found !== expected) throw malformed(tensor, wrongCount(tensor, found, expected));
  return loadVarints(bytes, width, () => malformed(tensor, 'has a list of numbers that ends in the middle of one'));
}

function wrongCount({ dims }: TensorProto, found: number, expected: number): string {
  return `has ${found} values where its dims [${dims}] ask for ${expected}`;
}

function malformed(tensor: TensorProto, what: string): NimifyError {
  return new NimifyError('MODEL_MALFORMED', `Tensor ${tensor.name ?? '(unnamed)'} ${what}.`, {
    hint: 'The model is damaged; export it again.',
    details: { tensor: tensor.name ?? '' },
  });
}
