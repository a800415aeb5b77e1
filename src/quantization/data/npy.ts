/** NumPy's .npy files, format versions 1.0 to 3.0 (NEP 1 and numpy.lib.format), as row-major little-endian tensors. */
import type { DataType } from '../../onnx/data-type.ts';
import { elementCount, type HostTensor, type TensorData, viewBytes } from '../../onnx/tensor.ts';
import { decodeText, type TextKind } from './npy-text.ts';

interface NpyHeader {
  /** `descr` as NumPy writes it: byte order, kind, bytes; `<f4`, `|b1`, `>U12`. */
  readonly descr: string;
  readonly isFortranOrder: boolean;
  readonly dims: readonly number[];
  /** Where the values begin. */
  readonly dataOffset: number;
}

/** Kind and bytes of `descr` → element type. */
const TYPES: Readonly<Record<string, DataType>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
};

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Throws an Error with a reason that completes "… cannot be read: "; the caller knows the name of the file. */
function parseNpyHeader(bytes: Uint8Array): NpyHeader {
  if (MAGIC.some((byte, at) => bytes[at] !== byte)) throw new Error('it does not begin like a .npy file');
  const major = bytes[6] as number;
  if (!(major >= 1 && major <= 3)) throw new Error(`its .npy format version ${major} is not 1, 2 or 3`);
  const lengthBytes = major === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  if (bytes.length < start) throw new Error('it ends inside its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (bytes.length < start + length) throw new Error('it ends inside its header');
  const text = new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(start, start + length));
  return { ...parseDictionary(text), dataOffset: start + length };
}

/**
 * The whole array; `<f2` is float16 bits, `|b1` is 0 or 1, `U` and `S` are strings without trailing NULs.
 * @throws Error with a reason that completes "… cannot be read: "; the caller knows the name of the file
 */
export function parseNpy(bytes: Uint8Array): HostTensor {
  const header = parseNpyHeader(bytes);
  const { kind, width, isBigEndian } = parseDescr(header.descr);
  const count = elementCount(header.dims);
  const dataType: DataType = kind === 'U' || kind === 'S' ? 'string' : typeOf(header.descr, `${kind}${width}`);
  const expected = count * (kind === 'U' ? width * 4 : width);
  const found = bytes.length - header.dataOffset;
  if (found < expected) {
    throw new Error(`it has ${found} bytes of values where ${header.descr} [${header.dims}] takes ${expected}`);
  }
  const raw = bytes.subarray(header.dataOffset, header.dataOffset + expected);
  const data =
    dataType === 'string'
      ? decodeText(raw, { kind: kind as TextKind, width, isBigEndian, count })
      : viewBytes(isBigEndian && width > 1 ? swapBytes(raw, width) : raw, dataType);
  return { dataType, dims: header.dims, data: header.isFortranOrder ? toRowMajor(data, header.dims) : data };
}

/** The header is a Python literal with the keys descr, fortran_order and shape, in any order. */
function parseDictionary(text: string): Omit<NpyHeader, 'dataOffset'> {
  const descr = /['"]descr['"]\s*:\s*['"]([^'"]*)['"]/.exec(text)?.[1];
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  if (/['"]descr['"]\s*:\s*\[/.test(text)) throw new Error('its elements are records (a structured dtype)');
  if (descr === undefined || order === undefined || shape === undefined) throw new Error('its header is not valid');
  const dims = shape
    .split(',')
    .map((part) => part.trim().replace(/L$/, ''))
    .filter((part) => part !== '')
    .map(Number);
  if (!Number.isSafeInteger(elementCount(dims) * 8)) throw new Error(`its shape [${dims}] is too large`);
  return { descr, isFortranOrder: order === 'True', dims };
}

function parseDescr(descr: string): { kind: string; width: number; isBigEndian: boolean } {
  const match = /^([<>|=]?)([a-zA-Z])(\d*)$/.exec(descr);
  if (match?.[2] === 'O') throw new Error('it holds Python objects (pickle), which are not read');
  if (!match?.[2] || match[3] === undefined) throw new Error(`its dtype ${descr} is not known`);
  const width = Number(match[3]);
  // Elements without bytes would let a small file claim any number of them.
  if (width === 0) throw new Error(`its dtype ${descr} has elements of 0 bytes`);
  return { kind: match[2], width, isBigEndian: match[1] === '>' };
}

function typeOf(descr: string, key: string): DataType {
  const dataType = Object.hasOwn(TYPES, key) ? TYPES[key] : undefined;
  if (dataType === undefined) throw new Error(`its dtype ${descr} has no counterpart in ONNX inputs`);
  return dataType;
}

function swapBytes(raw: Uint8Array, width: number): Uint8Array {
  const swapped = raw.slice();
  for (let at = 0; at < swapped.length; at += width) swapped.subarray(at, at + width).reverse();
  return swapped;
}

/** Column-major values in row-major order. */
function toRowMajor(data: TensorData, dims: readonly number[]): TensorData {
  if (dims.length < 2 || data.length === 0) return data;
  const strides = dims.map((_, axis) => elementCount(dims.slice(0, axis)));
  const ordered = data.slice() as TensorData;
  const position = new Array<number>(dims.length).fill(0);
  for (let to = 0, from = 0; to < ordered.length; to += 1) {
    (ordered as unknown[])[to] = data[from];
    for (let axis = dims.length - 1; axis >= 0; axis -= 1) {
      from += strides[axis] as number;
      position[axis] = (position[axis] as number) + 1;
      if ((position[axis] as number) < (dims[axis] as number)) break;
      from -= (strides[axis] as number) * (dims[axis] as number);
      position[axis] = 0;
    }
  }
  return ordered;
}
