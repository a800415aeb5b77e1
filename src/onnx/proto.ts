/**
 * The messages of onnx.proto (IR version 14) as plain objects. Names are those of the proto file in camelCase.
 *
 * - A field that the file did not carry is undefined, or an empty list where it repeats.
 * - int64 fields are bigint, except sizes and versions, which are numbers and refused beyond 2^53.
 * - Payloads of tensors are `Bytes`: small ones in memory, large ones as a range of the file that they came from.
 * - What the reader did not know, and an unusual order of fields, is kept under `[LAYOUT]` and written back.
 */
import type { Bytes } from './bytes.ts';
import type { Layout } from './layout.ts';

/** Key of the record of how a message was laid out in its file; copied along with the message. */
export const LAYOUT: unique symbol = Symbol('layout');

export interface Message {
  [LAYOUT]?: Layout;
}

export interface ModelProto extends Message {
  irVersion?: number;
  opsetImport: OperatorSetIdProto[];
  producerName?: string;
  producerVersion?: string;
  domain?: string;
  modelVersion?: number;
  docString?: string;
  graph?: GraphProto;
  metadataProps: StringStringEntryProto[];
  trainingInfo: TrainingInfoProto[];
  functions: FunctionProto[];
  configuration: OpaqueMessage[];
}

/** A message that is carried along but never looked into. */
export interface OpaqueMessage extends Message {}

export interface OperatorSetIdProto extends Message {
  domain?: string;
  version?: number;
}

export interface StringStringEntryProto extends Message {
  key?: string;
  value?: string;
}

export interface TrainingInfoProto extends Message {
  initialization?: GraphProto;
  algorithm?: GraphProto;
  initializationBinding: StringStringEntryProto[];
  updateBinding: StringStringEntryProto[];
}

export interface GraphProto extends Message {
  node: NodeProto[];
  name?: string;
  initializer: TensorProto[];
  docString?: string;
  input: ValueInfoProto[];
  output: ValueInfoProto[];
  valueInfo: ValueInfoProto[];
  quantizationAnnotation: TensorAnnotation[];
  sparseInitializer: SparseTensorProto[];
  metadataProps: StringStringEntryProto[];
}

export interface NodeProto extends Message {
  input: string[];
  output: string[];
  name?: string;
  opType?: string;
  attribute: AttributeProto[];
  docString?: string;
  domain?: string;
  overload?: string;
  metadataProps: StringStringEntryProto[];
  deviceConfigurations: OpaqueMessage[];
}

export interface AttributeProto extends Message {
  name?: string;
  f?: number;
  i?: bigint;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  floats: number[];
  ints: bigint[];
  strings: Uint8Array[];
  tensors: TensorProto[];
  graphs: GraphProto[];
  docString?: string;
  tp?: TypeProto;
  typeProtos: TypeProto[];
  /** One of ATTRIBUTE_TYPE. */
  type?: number;
  refAttrName?: string;
  sparseTensor?: SparseTensorProto;
  sparseTensors: SparseTensorProto[];
}

export interface TensorProto extends Message {
  dims: number[];
  /** One of the numbers of DATA_TYPES. */
  dataType?: number;
  segment?: OpaqueMessage;
  /** Packed little-endian float32. */
  floatData?: Bytes;
  /** Packed varints: int32, and the smaller types and float16 bits that are kept in this field. */
  int32Data?: Bytes;
  stringData: Uint8Array[];
  /** Packed varints. */
  int64Data?: Bytes;
  name?: string;
  rawData?: Bytes;
  /** Packed little-endian float64. */
  doubleData?: Bytes;
  /** Packed varints. */
  uint64Data?: Bytes;
  docString?: string;
  externalData: StringStringEntryProto[];
  /** 0 = here, 1 = in another file. */
  dataLocation?: number;
  metadataProps: StringStringEntryProto[];
}

export interface SparseTensorProto extends Message {
  values?: TensorProto;
  indices?: TensorProto;
  dims: number[];
}

export interface ValueInfoProto extends Message {
  name?: string;
  type?: TypeProto;
  docString?: string;
  metadataProps: StringStringEntryProto[];
}

export interface TypeProto extends Message {
  tensorType?: TensorTypeProto;
  sequenceType?: ElementTypeProto;
  mapType?: MapTypeProto;
  denotation?: string;
  opaqueType?: OpaqueMessage;
  sparseTensorType?: TensorTypeProto;
  optionalType?: ElementTypeProto;
}

export interface TensorTypeProto extends Message {
  elemType?: number;
  shape?: TensorShapeProto;
}

export interface ElementTypeProto extends Message {
  elemType?: TypeProto;
}

export interface MapTypeProto extends Message {
  keyType?: number;
  valueType?: TypeProto;
}

export interface TensorShapeProto extends Message {
  dim: DimensionProto[];
}

export interface DimensionProto extends Message {
  dimValue?: number;
  dimParam?: string;
  denotation?: string;
}

export interface TensorAnnotation extends Message {
  tensorName?: string;
  quantParameterTensorNames: StringStringEntryProto[];
}

export interface FunctionProto extends Message {
  name?: string;
  input: string[];
  output: string[];
  attribute: string[];
  node: NodeProto[];
  docString?: string;
  opsetImport: OperatorSetIdProto[];
  domain?: string;
  attributeProto: AttributeProto[];
  valueInfo: ValueInfoProto[];
  overload?: string;
  metadataProps: StringStringEntryProto[];
}

/** AttributeProto.AttributeType */
export const ATTRIBUTE_TYPE = {
  FLOAT: 1,
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  GRAPH: 5,
  FLOATS: 6,
  INTS: 7,
  STRINGS: 8,
  TENSORS: 9,
  GRAPHS: 10,
  SPARSE_TENSOR: 11,
  SPARSE_TENSORS: 12,
  TYPE_PROTO: 13,
  TYPE_PROTOS: 14,
} as const;
