/** Names of element types in Triton. */
import type { DataType } from '../../onnx/data-type.ts';

interface TritonType {
  /** In config.pbtxt. */
  readonly config: string;
  /** In the V2 protocol. */
  readonly protocol: string;
  /** How one element is written in JSON; null: only the binary extension can carry it. */
  readonly json: 'number' | 'integer' | 'boolean' | 'string' | null;
}

/** ONNX type → Triton's names; types that are not here do not load (ConvertFromOnnxDataType, onnxruntime_utils.cc). */
const TRITON_TYPES: Readonly<Partial<Record<DataType, TritonType>>> = {
  float32: { config: 'TYPE_FP32', protocol: 'FP32', json: 'number' },
  float64: { config: 'TYPE_FP64', protocol: 'FP64', json: 'number' },
  float16: { config: 'TYPE_FP16', protocol: 'FP16', json: null },
  bfloat16: { config: 'TYPE_BF16', protocol: 'BF16', json: null },
  int8: { config: 'TYPE_INT8', protocol: 'INT8', json: 'integer' },
  int16: { config: 'TYPE_INT16', protocol: 'INT16', json: 'integer' },
  int32: { config: 'TYPE_INT32', protocol: 'INT32', json: 'integer' },
  int64: { config: 'TYPE_INT64', protocol: 'INT64', json: 'integer' },
  uint8: { config: 'TYPE_UINT8', protocol: 'UINT8', json: 'integer' },
  uint16: { config: 'TYPE_UINT16', protocol: 'UINT16', json: 'integer' },
  uint32: { config: 'TYPE_UINT32', protocol: 'UINT32', json: 'integer' },
  uint64: { config: 'TYPE_UINT64', protocol: 'UINT64', json: 'integer' },
  bool: { config: 'TYPE_BOOL', protocol: 'BOOL', json: 'boolean' },
  string: { config: 'TYPE_STRING', protocol: 'BYTES', json: 'string' },
};

export function tritonType(dataType: string): TritonType | undefined {
  return TRITON_TYPES[dataType as DataType];
}

/** In config.pbtxt; TYPE_INVALID for what Triton does not load. */
export function configType(dataType: string): string {
  return tritonType(dataType)?.config ?? 'TYPE_INVALID';
}

/** In the V2 protocol; INVALID for what Triton does not load. */
export function protocolType(dataType: string): string {
  return tritonType(dataType)?.protocol ?? 'INVALID';
}
