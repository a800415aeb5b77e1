/** Writes .npy and .npz files as NumPy does, for tests. */
import { strToU8, zipSync } from 'fflate';

export interface NpyOptions {
  readonly version?: 1 | 2 | 3;
  readonly isFortranOrder?: boolean;
}

/** `data` are the values in the order and byte order that `descr` and the options say. */
export function npy(
  descr: string,
  dims: readonly number[],
  data: ArrayBufferView,
  { version = 1, isFortranOrder = false }: NpyOptions = {},
): Uint8Array {
  const shape = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(', ')})`;
  const text = `{'descr': '${descr}', 'fortran_order': ${isFortranOrder ? 'True' : 'False'}, 'shape': ${shape}, }`;
  const lead = version === 1 ? 10 : 12;
  const length = Math.ceil((lead + text.length + 1) / 64) * 64 - lead;
  const head = new Uint8Array(lead);
  head.set([0x93, ...strToU8('NUMPY'), version, 0]);
  const view = new DataView(head.buffer);
  if (version === 1) view.setUint16(8, length, true);
  else view.setUint32(8, length, true);
  const values = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([head, strToU8(`${text.padEnd(length - 1)}\n`), values]);
}

export const floats = (dims: readonly number[], values?: readonly number[]): Uint8Array =>
  npy('<f4', dims, Float32Array.from(values ?? countUp(dims)));

export const longs = (dims: readonly number[], values?: readonly number[]): Uint8Array =>
  npy('<i8', dims, BigInt64Array.from(values ?? countUp(dims), BigInt));

export function npz(arrays: Readonly<Record<string, Uint8Array>>, level: 0 | 6 = 0): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(arrays).map(([key, bytes]) => [`${key}.npy`, bytes])), { level });
}

function countUp(dims: readonly number[]): number[] {
  return Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, index) => index);
}
