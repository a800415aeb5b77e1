/** Data of one input → a tensor of its own memory, which can move to the thread of the model. */
import type { HostTensor, TensorData } from '../onnx/tensor.ts';
import { elementCount, viewBytes } from '../onnx/tensor.ts';
import { cutAtNul, decodeStrings, type InputPlace, NUL } from './decode-strings.ts';
import { invalid } from './protocol-error.ts';
import { type Json, MAX_NESTING } from './request-json.ts';
import { V2_TYPES, type V2Type } from './v2-types.ts';

type Integers =
  | Int8ArrayConstructor
  | Uint8ArrayConstructor
  | Int16ArrayConstructor
  | Uint16ArrayConstructor
  | Int32ArrayConstructor
  | Uint32ArrayConstructor;

const SMALL_INTEGERS: Partial<Record<V2Type, { array: Integers; min: number; max: number }>> = {
  INT8: { array: Int8Array, min: -128, max: 127 },
  UINT8: { array: Uint8Array, min: 0, max: 255 },
  INT16: { array: Int16Array, min: -32768, max: 32767 },
  UINT16: { array: Uint16Array, min: 0, max: 65535 },
  INT32: { array: Int32Array, min: -(2 ** 31), max: 2 ** 31 - 1 },
  UINT32: { array: Uint32Array, min: 0, max: 2 ** 32 - 1 },
};

/**
 * @param data row-major, nested or flat; a scalar is a list of one
 * @throws ProtocolError 400 when the number or the kind of the values is wrong; integers that do not fit are refused
 *   (Triton wraps them)
 */
export function decodeJson(
  data: readonly Json[],
  type: V2Type,
  dims: readonly number[],
  place: InputPlace,
): HostTensor {
  if (type === 'FP16' || type === 'BF16') {
    const please = `Please use the binary data format for input ${place.input}`;
    throw invalid(`receiving ${type} data via JSON is not supported. ${please}`);
  }
  const flat = data.some(Array.isArray) ? ((data as readonly unknown[]).flat(MAX_NESTING) as Json[]) : data;
  if (flat.length !== elementCount(dims)) {
    throw invalid("Unable to parse 'data': Shape does not match true shape of 'data' field");
  }
  return { dataType: V2_TYPES[type].dataType, dims, data: valuesOf(flat, type, place) };
}

function valuesOf(flat: readonly Json[], type: V2Type, place: InputPlace): TensorData {
  const small = SMALL_INTEGERS[type];
  if (small !== undefined) {
    const values = new small.array(flat.length);
    for (let i = 0; i < flat.length; i += 1) {
      const value = flat[i];
      if (!Number.isInteger(value)) throw wrongKind(value, 'integer');
      if ((value as number) < small.min || (value as number) > small.max) throw tooLarge(value, type, place);
      values[i] = value as number;
    }
    return values;
  }
  if (type === 'INT64')
    return BigInt64Array.from(flat, (value) => wide(value, -(2n ** 63n), 2n ** 63n - 1n, type, place));
  if (type === 'UINT64') return BigUint64Array.from(flat, (value) => wide(value, 0n, 2n ** 64n - 1n, type, place));
  if (type === 'FP32') return Float32Array.from(flat, real);
  if (type === 'FP64') return Float64Array.from(flat, real);
  if (type === 'BOOL') return Uint8Array.from(flat, truth);
  return flat.map((value) => {
    if (typeof value !== 'string') throw wrongKind(value, 'string');
    if (value.includes(NUL)) throw invalid(`Unable to parse 'data': ${cutAtNul(place.input)}`);
    return value;
  });
}

function wide(value: Json, min: bigint, max: bigint, type: V2Type, place: InputPlace): bigint {
  if (typeof value !== 'bigint' && !Number.isInteger(value)) throw wrongKind(value, 'integer');
  const exact = BigInt(value as number | bigint);
  if (exact < min || exact > max) throw tooLarge(value, type, place);
  return exact;
}

function real(value: Json): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw wrongKind(value, 'number');
}

function truth(value: Json): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  throw wrongKind(value, 'boolean');
}

function wrongKind(value: Json | undefined, kind: string): Error {
  const shown = typeof value === 'bigint' ? String(value) : JSON.stringify(value, digits)?.slice(0, 40);
  return invalid(`Unable to parse 'data': attempt to access JSON non-${kind} as ${kind} (${shown})`);
}

/** JSON.stringify knows no bigint, which may lie within a list or an object. */
function digits(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function tooLarge(value: Json | undefined, type: V2Type, { input }: InputPlace): Error {
  return invalid(`Unable to parse 'data': the value ${String(value)} of input '${input}' does not fit ${type}`);
}

/**
 * @param bytes little-endian, row-major, without padding; the elements of BYTES each follow their length (u32)
 * @throws ProtocolError 400
 */
export function decodeBinary(bytes: Buffer, type: V2Type, dims: readonly number[], place: InputPlace): HostTensor {
  const { dataType, sizeBytes } = V2_TYPES[type];
  if (sizeBytes === null) return { dataType, dims, data: decodeStrings(bytes, elementCount(dims), place) };
  const expected = elementCount(dims) * sizeBytes;
  if (bytes.length !== expected) {
    const what = `input byte size mismatch for input '${place.input}' for model '${place.model}'`;
    throw invalid(`${place.prefix}${what}. Expected ${expected}, got ${bytes.length}`);
  }
  // The body may share its memory with other requests: only a copy can be given away, and it is aligned.
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return { dataType, dims, data: viewBytes(copy, dataType) };
}
