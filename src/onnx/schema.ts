/**
 * onnx.proto as a table: message → field number → how it is written and where it is kept. Reader and writer are driven by
 * it and know no message by name. Source: onnx/onnx.proto of ONNX 1.23.2 (IR version 14).
 */

export type FieldKind =
  /** A name, a type, a symbol: short. */
  | 'string'
  /** What may be long: doc strings and metadata. */
  | 'text'
  | 'bytes'
  | 'int64'
  /** int64 or int32 on the wire, a number in memory, refused beyond 2^53. */
  | 'size'
  | 'float'
  /** A packed list that stays `Bytes`; the same list written element by element is gathered into the packed form. */
  | 'packed-fixed32'
  | 'packed-fixed64'
  | 'packed-varint'
  /** A payload that may stay in its file. */
  | 'payload'
  | 'message';

export interface Field {
  readonly number: number;
  readonly name: string;
  readonly kind: FieldKind;
  readonly repeated?: true;
  /** For kind `message`. */
  readonly message?: MessageName;
}

const one = (number: number, name: string, kind: Exclude<FieldKind, 'message'>): Field => ({ number, name, kind });
const many = (number: number, name: string, kind: Exclude<FieldKind, 'message'>): Field => ({
  number,
  name,
  kind,
  repeated: true,
});
const sub = (number: number, name: string, message: string): Field => ({
  number,
  name,
  kind: 'message',
  message: message as MessageName,
});
const subs = (number: number, name: string, message: string): Field => ({
  ...sub(number, name, message),
  repeated: true,
});

export const SCHEMA = {
  ModelProto: [
    one(1, 'irVersion', 'size'),
    one(2, 'producerName', 'string'),
    one(3, 'producerVersion', 'string'),
    one(4, 'domain', 'string'),
    one(5, 'modelVersion', 'size'),
    one(6, 'docString', 'text'),
    sub(7, 'graph', 'GraphProto'),
    subs(8, 'opsetImport', 'OperatorSetIdProto'),
    subs(14, 'metadataProps', 'StringStringEntryProto'),
    subs(20, 'trainingInfo', 'TrainingInfoProto'),
    subs(25, 'functions', 'FunctionProto'),
    subs(26, 'configuration', 'OpaqueMessage'),
  ],
  OpaqueMessage: [],
  OperatorSetIdProto: [one(1, 'domain', 'string'), one(2, 'version', 'size')],
  StringStringEntryProto: [one(1, 'key', 'string'), one(2, 'value', 'text')],
  TrainingInfoProto: [
    sub(1, 'initialization', 'GraphProto'),
    sub(2, 'algorithm', 'GraphProto'),
    subs(3, 'initializationBinding', 'StringStringEntryProto'),
    subs(4, 'updateBinding', 'StringStringEntryProto'),
  ],
  GraphProto: [
    subs(1, 'node', 'NodeProto'),
    one(2, 'name', 'string'),
    subs(5, 'initializer', 'TensorProto'),
    one(10, 'docString', 'text'),
    subs(11, 'input', 'ValueInfoProto'),
    subs(12, 'output', 'ValueInfoProto'),
    subs(13, 'valueInfo', 'ValueInfoProto'),
    subs(14, 'quantizationAnnotation', 'TensorAnnotation'),
    subs(15, 'sparseInitializer', 'SparseTensorProto'),
    subs(16, 'metadataProps', 'StringStringEntryProto'),
  ],
  NodeProto: [
    many(1, 'input', 'string'),
    many(2, 'output', 'string'),
    one(3, 'name', 'string'),
    one(4, 'opType', 'string'),
    subs(5, 'attribute', 'AttributeProto'),
    one(6, 'docString', 'text'),
    one(7, 'domain', 'string'),
    one(8, 'overload', 'string'),
    subs(9, 'metadataProps', 'StringStringEntryProto'),
    subs(10, 'deviceConfigurations', 'OpaqueMessage'),
  ],
  AttributeProto: [
    one(1, 'name', 'string'),
    one(2, 'f', 'float'),
    one(3, 'i', 'int64'),
    one(4, 's', 'bytes'),
    sub(5, 't', 'TensorProto'),
    sub(6, 'g', 'GraphProto'),
    many(7, 'floats', 'float'),
    many(8, 'ints', 'int64'),
    many(9, 'strings', 'bytes'),
    subs(10, 'tensors', 'TensorProto'),
    subs(11, 'graphs', 'GraphProto'),
    one(13, 'docString', 'text'),
    sub(14, 'tp', 'TypeProto'),
    subs(15, 'typeProtos', 'TypeProto'),
    one(20, 'type', 'size'),
    one(21, 'refAttrName', 'string'),
    sub(22, 'sparseTensor', 'SparseTensorProto'),
    subs(23, 'sparseTensors', 'SparseTensorProto'),
  ],
  TensorProto: [
    many(1, 'dims', 'size'),
    one(2, 'dataType', 'size'),
    sub(3, 'segment', 'OpaqueMessage'),
    one(4, 'floatData', 'packed-fixed32'),
    one(5, 'int32Data', 'packed-varint'),
    many(6, 'stringData', 'bytes'),
    one(7, 'int64Data', 'packed-varint'),
    one(8, 'name', 'string'),
    one(9, 'rawData', 'payload'),
    one(10, 'doubleData', 'packed-fixed64'),
    one(11, 'uint64Data', 'packed-varint'),
    one(12, 'docString', 'text'),
    subs(13, 'externalData', 'StringStringEntryProto'),
    one(14, 'dataLocation', 'size'),
    subs(16, 'metadataProps', 'StringStringEntryProto'),
  ],
  SparseTensorProto: [sub(1, 'values', 'TensorProto'), sub(2, 'indices', 'TensorProto'), many(3, 'dims', 'size')],
  ValueInfoProto: [
    one(1, 'name', 'string'),
    sub(2, 'type', 'TypeProto'),
    one(3, 'docString', 'text'),
    subs(4, 'metadataProps', 'StringStringEntryProto'),
  ],
  TypeProto: [
    sub(1, 'tensorType', 'TensorTypeProto'),
    sub(4, 'sequenceType', 'ElementTypeProto'),
    sub(5, 'mapType', 'MapTypeProto'),
    one(6, 'denotation', 'string'),
    sub(7, 'opaqueType', 'OpaqueMessage'),
    sub(8, 'sparseTensorType', 'TensorTypeProto'),
    sub(9, 'optionalType', 'ElementTypeProto'),
  ],
  TensorTypeProto: [one(1, 'elemType', 'size'), sub(2, 'shape', 'TensorShapeProto')],
  ElementTypeProto: [sub(1, 'elemType', 'TypeProto')],
  MapTypeProto: [one(1, 'keyType', 'size'), sub(2, 'valueType', 'TypeProto')],
  TensorShapeProto: [subs(1, 'dim', 'DimensionProto')],
  DimensionProto: [one(1, 'dimValue', 'size'), one(2, 'dimParam', 'string'), one(3, 'denotation', 'string')],
  TensorAnnotation: [one(1, 'tensorName', 'string'), subs(2, 'quantParameterTensorNames', 'StringStringEntryProto')],
  FunctionProto: [
    one(1, 'name', 'string'),
    many(4, 'input', 'string'),
    many(5, 'output', 'string'),
    many(6, 'attribute', 'string'),
    subs(7, 'node', 'NodeProto'),
    one(8, 'docString', 'text'),
    subs(9, 'opsetImport', 'OperatorSetIdProto'),
    one(10, 'domain', 'string'),
    subs(11, 'attributeProto', 'AttributeProto'),
    subs(12, 'valueInfo', 'ValueInfoProto'),
    one(13, 'overload', 'string'),
    subs(14, 'metadataProps', 'StringStringEntryProto'),
  ],
} as const satisfies Record<string, readonly Field[]>;

export type MessageName = keyof typeof SCHEMA;
