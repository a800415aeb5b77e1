/** Statistics as bytes that prove themselves: numbers in a known count, under the key and with the digest that they were written with. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { sha256 } from '../../base/digest.ts';

const MAGIC = 'nimify-calibration';
/** Magic, key and digest of the rest, each ending in a line feed. */
const HEADER_BYTES = MAGIC.length + 1 + 64 + 1 + 64 + 1;
/** Histograms are mostly zeros and small counts: the fastest level keeps them in a tenth of their size. */
const LEVEL = 1;

/** Float64 in little-endian order, deflated (RFC 1951). Undefined where a number is not finite: such statistics are not kept. */
export function encodeNumbers(key: string, numbers: Float64Array): Uint8Array | undefined {
  if (!numbers.every(Number.isFinite)) return undefined;
  const plain = new DataView(new ArrayBuffer(numbers.length * 8));
  for (const [index, number] of numbers.entries()) plain.setFloat64(index * 8, number, true);
  const body = deflateRawSync(new Uint8Array(plain.buffer), { level: LEVEL });
  return Buffer.concat([Buffer.from(headerOf(key, body), 'latin1'), body]);
}

/** @throws Error that says what is wrong with a value that `encodeNumbers` did not make for this key and count */
export function decodeNumbers(key: string, value: Uint8Array, count: number): Float64Array {
  const body = value.subarray(HEADER_BYTES);
  const header = Buffer.from(value.subarray(0, HEADER_BYTES)).toString('latin1');
  if (!header.startsWith(`${MAGIC}\n`)) throw new Error('it is no kept calibration');
  if (!header.startsWith(`${MAGIC}\n${key}\n`)) throw new Error('it belongs to another key');
  if (header !== headerOf(key, body)) throw new Error('its bytes do not have their digest');
  const plain = inflateRawSync(body, { maxOutputLength: count * 8 + 1 });
  if (plain.length !== count * 8) throw new Error(`it has ${plain.length} bytes where ${count * 8} were expected`);
  const numbers = Float64Array.from({ length: count }, (_, index) => plain.readDoubleLE(index * 8));
  if (!numbers.every(Number.isFinite)) throw new Error('it has numbers that are not finite');
  return numbers;
}

function headerOf(key: string, body: Uint8Array): string {
  return `${MAGIC}\n${key}\n${sha256(body)}\n`;
}
