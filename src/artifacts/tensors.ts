/** Names of element types in Triton, and sizes of tensors as requests carry them. */
import { byteLengthOf, DATA_TYPES, type DataType } from '../onnx/data-type.ts';
import { batching } from './batching.ts';
import type { ServiceFacts, TensorFacts } from './service-facts.ts';

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

/**
 * The shape that a request carries, batch included: -1 where any size goes. Triton has no empty shapes: a scalar is
 * [1], one value per row of a batch is [-1, 1]; for a tensor of unknown rank one dimension is all that can be written.
 */
export function requestShape({ shape }: TensorFacts, isBatched: boolean): number[] {
  if (shape === null) return [-1];
  const sizes = shape.map((dim) => (typeof dim === 'number' ? dim : -1));
  if (sizes.length === 0) return [1];
  return isBatched && sizes.length === 1 ? [...sizes, 1] : sizes;
}

/** Bytes of the largest request that the facts allow, as JSON text of about four times its binary size; null if open. */
export function largestRequestBytes(facts: ServiceFacts): number | null {
  const { maxBatchSize } = batching(facts);
  let total = 0;
  for (const input of facts.model.inputs) {
    const shape = requestShape(input, maxBatchSize > 0);
    if (maxBatchSize > 0) shape[0] = maxBatchSize;
    const bytes = input.dataType in DATA_TYPES ? byteLengthOf(input.dataType as DataType, 1) : null;
    if (bytes === null || shape.includes(-1)) return null;
    total += shape.reduce((product, dim) => product * dim, bytes);
  }
  return 4 * total;
}
