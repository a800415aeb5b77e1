/** The values of a tensor in the form that data files have: raw little-endian bytes, whichever field they are kept in. */
import { NimifyError } from '../../base/errors.ts';
import { type Bytes, byteLength } from '../bytes.ts';
import { byteLengthOf, DATA_TYPES, type DataType, dataTypeOf } from '../data-type.ts';
import { EXTERNAL_RANGE, isExternal, type ResolvedTensor } from '../external-data.ts';
import type { TensorProto } from '../proto.ts';
import { bytesOfData, elementCount, loadTensor } from '../tensor.ts';
import { fromVarints, type ValueWidth } from '../varint-list.ts';

export interface RawValues {
  readonly sizeBytes: number;
  /** Where they lie as they are, or what converts them. */
  readonly source: Bytes;
}

/**
 * @returns undefined for what has no raw form: strings, unknown types, and external data that was not resolved
 * @throws NimifyError MODEL_MALFORMED when the number of values does not fit the dims
 */
export function rawValues(tensor: TensorProto): RawValues | undefined {
  const dataType = dataTypeOf(tensor.dataType);
  const sizeBytes = dataType === undefined ? null : byteLengthOf(dataType, elementCount(tensor.dims));
  if (dataType === undefined || sizeBytes === null) return undefined;
  if (isExternal(tensor)) {
    const range = (tensor as ResolvedTensor)[EXTERNAL_RANGE];
    return range === undefined ? undefined : { sizeBytes, source: range };
  }
  const typed = typedField(tensor, dataType);
  if (tensor.rawData === undefined && typed.isVarint && typed.bytes !== undefined) {
    const width = valueWidth(dataType);
    if (width === null) return { sizeBytes, source: bytesOfData(loadTensor(tensor).data as Uint8Array) };
    const produce = () => exactly(tensor, typed.bytes as Bytes, width, sizeBytes);
    return { sizeBytes, source: { length: sizeBytes, produce } };
  }
  const source = tensor.rawData ?? typed.bytes ?? new Uint8Array(0);
  if (byteLength(source) !== sizeBytes) throw mismatch(tensor, byteLength(source), sizeBytes);
  return { sizeBytes, source };
}

/** Which field holds values of a type that are not in raw_data; see the comments of onnx.proto. */
function typedField(tensor: TensorProto, dataType: DataType): { bytes: Bytes | undefined; isVarint: boolean } {
  if (dataType === 'float32' || dataType === 'complex64') return { bytes: tensor.floatData, isVarint: false };
  if (dataType === 'float64' || dataType === 'complex128') return { bytes: tensor.doubleData, isVarint: false };
  if (dataType === 'int64') return { bytes: tensor.int64Data, isVarint: true };
  if (dataType === 'uint64' || dataType === 'uint32') return { bytes: tensor.uint64Data, isVarint: true };
  return { bytes: tensor.int32Data, isVarint: true };
}

/**
 * Bytes that one entry of a typed field becomes. An entry holds one packed byte of 4- and 2-bit types; null for types that
 * do not fill a byte, whose entries are packed only in raw_data.
 */
function valueWidth(dataType: DataType): ValueWidth | null {
  const bits: number = DATA_TYPES[dataType].bits ?? 8;
  if (bits >= 8) return (bits / 8) as ValueWidth;
  return 8 % bits === 0 ? 1 : null;
}

/** Stops at the first value too many: what is behind it is not worth reading. */
function* exactly(tensor: TensorProto, bytes: Bytes, width: ValueWidth, sizeBytes: number): Generator<Uint8Array> {
  let done = 0;
  for (const piece of fromVarints(bytes, width, () => mismatch(tensor, done, sizeBytes))) {
    done += piece.length;
    if (done > sizeBytes) throw mismatch(tensor, done, sizeBytes);
    yield piece;
  }
  if (done !== sizeBytes) throw mismatch(tensor, done, sizeBytes);
}

function mismatch(tensor: TensorProto, found: number, expected: number): NimifyError {
  const name = tensor.name ?? '(unnamed)';
  const what = found > expected ? `more than ${expected}` : String(found);
  return new NimifyError(
    'MODEL_MALFORMED',
    `Tensor ${name} has values of ${what} bytes where its dims [${tensor.dims}] ask for ${expected}.`,
    { hint: 'The model is damaged; export it again.', details: { tensor: name } },
  );
}
