/** Lists of varints, as int32_data, int64_data and uint64_data hold them, turned into little-endian values. */
import { type Bytes, tiles } from './bytes.ts';

/** Bytes of one converted piece. */
const PIECE_BYTES = 256 << 10;

/** Bytes of one converted value: its lowest ones. */
export type ValueWidth = 1 | 2 | 4 | 8;

/**
 * Converts piece by piece; a piece is only valid until the next one is asked for.
 * @param onCut called when the list ends in the middle of a number
 */
export function* fromVarints(bytes: Bytes, width: ValueWidth, onCut: () => Error): Generator<Uint8Array> {
  const piece = new DataView(new ArrayBuffer(PIECE_BYTES));
  const number: Varint = { low: 0, high: 0, shift: 0 };
  let filled = 0;
  for (const tile of tiles(bytes)) {
    for (let at = 0; at < tile.length; at += 1) {
      if (!takeByte(number, tile[at] as number)) continue;
      putValue(piece, filled, width, number);
      filled += width;
      if (filled < PIECE_BYTES) continue;
      yield new Uint8Array(piece.buffer);
      filled = 0;
    }
  }
  if (number.shift > 0) throw onCut();
  yield new Uint8Array(piece.buffer, 0, filled);
}

/** How many numbers the list has: each ends in the only byte of it that is below 128. */
export function countVarints(bytes: Bytes): number {
  let count = 0;
  for (const tile of tiles(bytes))
    for (let at = 0; at < tile.length; at += 1) if ((tile[at] as number) < 0x80) count += 1;
  return count;
}

/** All of them, converted, in a buffer of its own. */
export function loadVarints(bytes: Bytes, width: ValueWidth, onCut: () => Error): Uint8Array {
  const values = new Uint8Array(countVarints(bytes) * width);
  let filled = 0;
  for (const piece of fromVarints(bytes, width, onCut)) {
    values.set(piece, filled);
    filled += piece.length;
  }
  return values;
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

function putValue(piece: DataView, at: number, width: ValueWidth, { low, high }: Varint): void {
  if (width === 1) piece.setUint8(at, low & 0xff);
  else if (width === 2) piece.setUint16(at, low & 0xffff, true);
  else piece.setUint32(at, low >>> 0, true);
  if (width === 8) piece.setUint32(at + 4, high >>> 0, true);
}
