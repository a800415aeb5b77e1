/**
 * Float32 tensors of a model as float16 or bfloat16 ones, and a record of what was clamped on the way. Large ones are made
 * while the model is written, piece by piece; their values are read twice, to count and to write.
 */
import { type Bytes, tiles } from '../onnx/bytes.ts';
import { DATA_TYPES } from '../onnx/data-type.ts';
import { rawValues } from '../onnx/external/raw-values.ts';
import { asEmbedded } from '../onnx/external/tensor-form.ts';
import { type ClampCounts, type HalfArray, type HalfType, toHalf } from '../onnx/half-arrays.ts';
import type { TensorProto } from '../onnx/proto.ts';
import { bytesOfData, elementCount, viewBytes } from '../onnx/tensor.ts';

/** Counts of one tensor, under the name that the model gives it. */
export interface ClampedTensor extends ClampCounts {
  readonly tensor: string;
}

/** Tensors of fewer values are made at once. */
const STREAMED_VALUES = 1 << 16;

export class HalfWeights {
  readonly clamped: ClampedTensor[] = [];
  readonly #type: HalfType;

  constructor(type: HalfType) {
    this.#type = type;
  }

  /**
   * @param tensor of float32
   * @param name for the record: tensors in attributes have none of their own
   * @throws NimifyError MODEL_MALFORMED, MODEL_TRUNCATED or FILE_* while reading
   */
  convert(tensor: TensorProto, name: string): TensorProto {
    const source = rawValues(tensor)?.source ?? new Uint8Array(0);
    const length = elementCount(tensor.dims) * Uint16Array.BYTES_PER_ELEMENT;
    const whole = length > STREAMED_VALUES * 2 ? undefined : new Uint8Array(length);
    let position = 0;
    let [overflow, underflow] = [0, 0];
    for (const piece of this.#pieces(source)) {
      overflow += piece.overflow;
      underflow += piece.underflow;
      whole?.set(bytesOfData(piece.bits), position);
      position += piece.bits.byteLength;
    }
    if (overflow + underflow > 0) this.clamped.push({ tensor: name, overflow, underflow });
    const bytes = whole ?? { length, produce: () => this.#bytes(source) };
    return { ...asEmbedded(tensor, bytes), dataType: DATA_TYPES[this.#type].code };
  }

  *#pieces(source: Bytes): Generator<HalfArray> {
    for (const tile of tiles(source)) yield toHalf(viewBytes(tile, 'float32') as Float32Array, this.#type);
  }

  *#bytes(source: Bytes): Generator<Uint8Array> {
    for (const { bits } of this.#pieces(source)) yield bytesOfData(bits);
  }
}

/** How many finite values of a float32 tensor are beyond the range of `type`. */
export function overflowOf(tensor: TensorProto, type: HalfType): number {
  const weights = new HalfWeights(type);
  weights.convert(tensor, '');
  return weights.clamped[0]?.overflow ?? 0;
}
