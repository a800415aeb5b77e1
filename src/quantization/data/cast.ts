/** Element types of data files are not always those of the model: NumPy makes float64 and int64 by default. */
import type { DataType } from '../../onnx/data-type.ts';
import { numberToHalf } from '../../onnx/half.ts';
import type { HostTensor, TensorData } from '../../onnx/tensor.ts';
import { numberReader } from '../../onnx/tensor-numbers.ts';

type Family = 'float' | 'integer' | 'text';

interface TypeFacts {
  readonly family: Family;
  make(count: number): Exclude<TensorData, string[]>;
  /** For integers, whether a value survives. */
  readonly range?: readonly [bigint, bigint];
}

const signed = (bits: number): readonly [bigint, bigint] => [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n];
const unsigned = (bits: number): readonly [bigint, bigint] => [0n, 2n ** BigInt(bits) - 1n];

const FACTS: Partial<Record<DataType, TypeFacts>> = {
  float32: { family: 'float', make: (count) => new Float32Array(count) },
  float64: { family: 'float', make: (count) => new Float64Array(count) },
  float16: { family: 'float', make: (count) => new Uint16Array(count) },
  int8: { family: 'integer', make: (count) => new Int8Array(count), range: signed(8) },
  int16: { family: 'integer', make: (count) => new Int16Array(count), range: signed(16) },
  int32: { family: 'integer', make: (count) => new Int32Array(count), range: signed(32) },
  int64: { family: 'integer', make: (count) => new BigInt64Array(count), range: signed(64) },
  uint8: { family: 'integer', make: (count) => new Uint8Array(count), range: unsigned(8) },
  uint16: { family: 'integer', make: (count) => new Uint16Array(count), range: unsigned(16) },
  uint32: { family: 'integer', make: (count) => new Uint32Array(count), range: unsigned(32) },
  uint64: { family: 'integer', make: (count) => new BigUint64Array(count), range: unsigned(64) },
  bool: { family: 'integer', make: (count) => new Uint8Array(count), range: [0n, 1n] },
};

/**
 * The tensor in the type of an input. Floats change precision; integers become floats, or other integers where every
 * value fits; floats never become integers, and text stays text.
 * @throws Error with a reason that completes "… does not fit: "
 */
export function castTensor(tensor: HostTensor, dataType: DataType): HostTensor {
  if (tensor.dataType === dataType) return tensor;
  const from = FACTS[tensor.dataType];
  const to = FACTS[dataType];
  if (from === undefined || to === undefined) throw new Error(`${tensor.dataType} cannot become ${dataType}`);
  if (from.family === 'float' && to.family === 'integer') {
    throw new Error(`${tensor.dataType} values would lose their fraction as ${dataType}`);
  }
  const data = to.family === 'float' ? toFloats(tensor, dataType, to) : toIntegers(tensor, dataType, to);
  return { dataType, dims: tensor.dims, data };
}

function toFloats(tensor: HostTensor, dataType: DataType, to: TypeFacts): TensorData {
  const values = to.make(tensor.data.length) as Float64Array;
  const at = numberReader(tensor);
  for (let i = 0; i < values.length; i += 1) values[i] = dataType === 'float16' ? numberToHalf(at(i)) : at(i);
  return values;
}

function toIntegers(tensor: HostTensor, dataType: DataType, to: TypeFacts): TensorData {
  const [least, most] = to.range as readonly [bigint, bigint];
  const values = to.make(tensor.data.length);
  const isBig = values instanceof BigInt64Array || values instanceof BigUint64Array;
  for (let i = 0; i < values.length; i += 1) {
    const value = tensor.data[i] as number | bigint;
    if (value < least || value > most) throw new Error(`the value ${value} is outside of ${dataType}`);
    (values as unknown as (number | bigint)[])[i] = isBig ? BigInt(value) : Number(value);
  }
  return values;
}
