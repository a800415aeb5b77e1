/** The header of a safetensors file: 8 bytes of length, JSON, and tensors that fill the rest without gaps. */
import { byteLengthOf, type DataType } from '../../../onnx/data-type.ts';
import { parseJson } from '../../read-json.ts';
import { littleEndian, utf8 } from '../../source.ts';
import type { FileCheck, FileContext } from '../check.ts';

/** Names of safetensors → those of nimify, for the width of an element. */
const TYPES: Readonly<Record<string, DataType>> = {
  BOOL: 'bool',
  U8: 'uint8',
  I8: 'int8',
  F8_E5M2: 'float8e5m2',
  F8_E4M3: 'float8e4m3fn',
  F8_E8M0: 'float8e8m0',
  I16: 'int16',
  U16: 'uint16',
  F16: 'float16',
  BF16: 'bfloat16',
  I32: 'int32',
  U32: 'uint32',
  F32: 'float32',
  F64: 'float64',
  I64: 'int64',
  U64: 'uint64',
  C64: 'complex64',
  F4: 'float4e2m1',
};

/** The limit of the format is 100 MB; headers of the largest models stay below 10. */
const MAX_HEADER_BYTES = 100_000_000;

export const safetensors: FileCheck = {
  rules: ['safetensors-header', 'scan-limit'],
  run(context) {
    const what = complaint(context);
    if (what !== undefined) context.report('safetensors-header', { what });
  },
};

function complaint(context: FileContext): string | undefined {
  const { source, limits } = context;
  const length = littleEndian(source, 0, 8);
  if (source.sizeBytes < 8) return `is missing: the file has ${source.sizeBytes} bytes`;
  if (length > MAX_HEADER_BYTES) return `is said to take ${length} bytes, more than the format allows`;
  if (8 + length > source.sizeBytes) return `is said to take ${length} bytes in a file of ${source.sizeBytes}`;
  if (length > limits.maxTextBytes) {
    context.report('scan-limit', { what: `A header of ${length} bytes is not read.` });
    return undefined;
  }
  const text = utf8(source.read(8, length));
  if (!text.startsWith('{')) return 'does not begin with {';
  const header = parseJson(text);
  if (header === undefined) return 'is not JSON that can be read';
  return checkTensors(header as Record<string, unknown>, source.sizeBytes - 8 - length);
}

interface Span {
  readonly name: string;
  readonly start: number;
  readonly stop: number;
}

function checkTensors(header: Readonly<Record<string, unknown>>, dataBytes: number): string | undefined {
  const spans: Span[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const span = spanOf(name, entry);
    if (typeof span === 'string') return span;
    spans.push(span);
  }
  spans.sort((a, b) => a.start - b.start || a.stop - b.stop);
  let at = 0;
  for (const { name, start, stop } of spans) {
    if (start < at) return `lets ${name} overlap with another tensor`;
    if (start > at) return `leaves a gap before ${name}`;
    at = stop;
  }
  if (at > dataBytes) return `lets tensors end at byte ${at} of ${dataBytes}`;
  return at < dataBytes ? `leaves ${dataBytes - at} bytes at the end without a tensor` : undefined;
}

function spanOf(name: string, entry: unknown): Span | string {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Readonly<Record<string, unknown>>;
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) return `describes ${name} without shape or offsets`;
  const [start, stop] = offsets as [number, number];
  if (stop < start) return `lets ${name} end before it begins`;
  const type = typeof dtype === 'string' && Object.hasOwn(TYPES, dtype) ? TYPES[dtype] : undefined;
  const expected =
    type &&
    byteLengthOf(
      type,
      shape.reduce((product, size) => product * size, 1),
    );
  if (expected !== undefined && expected !== stop - start) {
    return `gives ${name} ${stop - start} bytes where its shape takes ${expected}`;
  }
  return { name, start, stop };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
