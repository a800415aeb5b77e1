/** The values of a tensor in the form that data files have: raw little-endian bytes, whichever field they are kept in. */
import { NimifyError } from '../../base/errors.ts';
import { type Bytes, byteLength, tiles } from '../bytes.ts';
import { byteLengthOf, DATA_TYPES, type DataType, dataTypeOf } from '../data-type.ts';
import { EXTERNAL_RANGE, isExternal, type ResolvedTensor } from '../external-data.ts';
import type { TensorProto } from '../proto.ts';
import { bytesOfData, elementCount, loadTensor } from '../tensor.ts';

export interface RawValues {
  readonly sizeBytes: number;
  /** Where they lie as they are, or a walk that converts them; a piece is only valid until the next one is asked for. */
  readonly source: Bytes | (() => Iterable<Uint8Array>);
}

/** Bytes of one converted piece. */
const PIECE_BYTES = 256 << 10;

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
    return { sizeBytes, source: () => fromVarints(tensor, typed.bytes as Bytes, width, sizeBytes) };
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
function valueWidth(dataType: DataType): number | null {
  const bits: number = DATA_TYPES[dataType].bits ?? 8;
  if (bits >= 8) return bits / 8;
  return 8 % bits === 0 ? 1 : null;
}

function* fromVarints(tensor: TensorProto, bytes: Bytes, width: number, sizeBytes: number): Generator<Uint8Array> {
  const piece = new DataView(new ArrayBuffer(PIECE_BYTES));
  const decoder = { low: 0, high: 0, shift: 0 };
  let filled = 0;
  let done = 0;
  for (const tile of tiles(bytes)) {
    for (let at = 0; at < tile.length; at += 1) {
      if (!takeByte(decoder, tile[at] as number)) continue;
      if (done + filled === sizeBytes) throw mismatch(tensor, sizeBytes + width, sizeBytes);
      putValue(piece, filled, width, decoder);
      filled += width;
      if (filled === PIECE_BYTES) {
        yield new Uint8Array(piece.buffer);
        done += filled;
        filled = 0;
      }
    }
  }
  if (decoder.shift > 0 || done + filled !== sizeBytes) throw mismatch(tensor, done + filled, sizeBytes);
  yield new Uint8Array(piece.buffer, 0, filled);
}

/** A varint in the making: its lower and upper 32 bits. */
interface Varint {
  low: number;
  high: number;
  /** Bits that have come so far; 0 before the first byte. */
  shift: number;
}

/** Takes in one byte; true when it was the last of a number, which then stands in `low` and `high`. */
function takeByte(varint: Varint, byte: number): boolean {
  const { shift } = varint;
  const bits = byte & 0x7f;
  if (shift === 0) {
    varint.low = bits;
    varint.high = 0;
  } else if (shift < 32) {
    varint.low |= bits << shift;
    if (shift > 25) varint.high |= bits >>> (32 - shift);
  } else if (shift < 64) varint.high |= bits << (shift - 32);
  varint.shift = byte < 0x80 ? 0 : shift + 7;
  return byte < 0x80;
}

function putValue(piece: DataView, at: number, width: number, { low, high }: Varint): void {
  if (width === 1) piece.setUint8(at, low & 0xff);
  else if (width === 2) piece.setUint16(at, low & 0xffff, true);
  else piece.setUint32(at, low >>> 0, true);
  if (width === 8) piece.setUint32(at + 4, high >>> 0, true);
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
