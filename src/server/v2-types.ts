/** Data types of the V2 inference protocol and the ONNX types that stand for them. */
import type { DataType } from '../onnx/data-type.ts';

interface V2TypeFacts {
  readonly dataType: DataType;
  /** Bytes of an element in binary tensor data; null for BYTES, where each element tells its length. */
  readonly sizeBytes: number | null;
}

export const V2_TYPES = {
  BOOL: { dataType: 'bool', sizeBytes: 1 },
  UINT8: { dataType: 'uint8', sizeBytes: 1 },
  UINT16: { dataType: 'uint16', sizeBytes: 2 },
  UINT32: { dataType: 'uint32', sizeBytes: 4 },
  UINT64: { dataType: 'uint64', sizeBytes: 8 },
  INT8: { dataType: 'int8', sizeBytes: 1 },
  INT16: { dataType: 'int16', sizeBytes: 2 },
  INT32: { dataType: 'int32', sizeBytes: 4 },
  INT64: { dataType: 'int64', sizeBytes: 8 },
  FP16: { dataType: 'float16', sizeBytes: 2 },
  BF16: { dataType: 'bfloat16', sizeBytes: 2 },
  FP32: { dataType: 'float32', sizeBytes: 4 },
  FP64: { dataType: 'float64', sizeBytes: 8 },
  BYTES: { dataType: 'string', sizeBytes: null },
} as const satisfies Record<string, V2TypeFacts>;

export type V2Type = keyof typeof V2_TYPES;

const BY_DATA_TYPE = new Map<DataType, V2Type>(
  Object.entries(V2_TYPES).map(([type, facts]) => [facts.dataType, type as V2Type]),
);

/** Undefined for types that the protocol has no word for: complex numbers, 8-bit floats, sub-byte integers. */
export function v2TypeOf(dataType: DataType | null): V2Type | undefined {
  return dataType === null ? undefined : BY_DATA_TYPE.get(dataType);
}

export function isV2Type(name: string): name is V2Type {
  return Object.hasOwn(V2_TYPES, name);
}
