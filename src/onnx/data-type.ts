/** Element types of tensors: TensorProto.DataType of onnx.proto, and how wide one element is. */

interface DataTypeFacts {
  /** The number in TensorProto.data_type. */
  readonly code: number;
  /** Bits of one element in raw_data; null for strings. */
  readonly bits: number | null;
}

export const DATA_TYPES = {
  float32: { code: 1, bits: 32 },
  uint8: { code: 2, bits: 8 },
  int8: { code: 3, bits: 8 },
  uint16: { code: 4, bits: 16 },
  int16: { code: 5, bits: 16 },
  int32: { code: 6, bits: 32 },
  int64: { code: 7, bits: 64 },
  string: { code: 8, bits: null },
  bool: { code: 9, bits: 8 },
  float16: { code: 10, bits: 16 },
  float64: { code: 11, bits: 64 },
  uint32: { code: 12, bits: 32 },
  uint64: { code: 13, bits: 64 },
  complex64: { code: 14, bits: 64 },
  complex128: { code: 15, bits: 128 },
  bfloat16: { code: 16, bits: 16 },
  float8e4m3fn: { code: 17, bits: 8 },
  float8e4m3fnuz: { code: 18, bits: 8 },
  float8e5m2: { code: 19, bits: 8 },
  float8e5m2fnuz: { code: 20, bits: 8 },
  uint4: { code: 21, bits: 4 },
  int4: { code: 22, bits: 4 },
  float4e2m1: { code: 23, bits: 4 },
  float8e8m0: { code: 24, bits: 8 },
  uint2: { code: 25, bits: 2 },
  int2: { code: 26, bits: 2 },
  float6e2m3: { code: 27, bits: 6 },
  float6e3m2: { code: 28, bits: 6 },
} as const satisfies Record<string, DataTypeFacts>;

export type DataType = keyof typeof DATA_TYPES;

const BY_CODE = new Map<number, DataType>(
  Object.entries(DATA_TYPES).map(([name, facts]) => [facts.code, name as DataType]),
);

/** The name of TensorProto.data_type `code`; undefined for 0 and for types that this table does not know. */
export function dataTypeOf(code: number | undefined): DataType | undefined {
  return code === undefined ? undefined : BY_CODE.get(code);
}

/** Bytes that `elements` elements take in raw_data: types below 8 bits are packed, the last byte is padded. Null for strings. */
export function byteLengthOf(dataType: DataType, elements: number): number | null {
  const { bits } = DATA_TYPES[dataType];
  return bits === null ? null : Math.ceil((elements * bits) / 8);
}
