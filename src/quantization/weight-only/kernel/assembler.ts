/**
 * Writes WebAssembly modules: as much of the binary format (https://webassembly.github.io/spec/core/binary/) as loops over
 * vectors of four lanes need. Code is what it is in the format: the operands first, then the operation.
 */

export type Code = readonly number[];

/** Operation → its bytes. A lane count before the dot means a vector, and each lane is computed by itself. */
const OPERATIONS = {
  'i32.lt_u': [0x49],
  'i32.add': [0x6a],
  'i32.mul': [0x6c],
  'v128.and': [0xfd, 0x4e],
  'v128.or': [0xfd, 0x50],
  'i32x4.splat': [0xfd, 0x11],
  'i32x4.gt_s': [0xfd, 0x3b],
  'i32x4.shl': [0xfd, 0xab, 0x01],
  'i32x4.add': [0xfd, 0xae, 0x01],
  'i32x4.sub': [0xfd, 0xb1, 0x01],
  'f32x4.splat': [0xfd, 0x13],
  'f32x4.ne': [0xfd, 0x42],
  'f32x4.floor': [0xfd, 0x68],
  'f32x4.add': [0xfd, 0xe4, 0x01],
  'f32x4.mul': [0xfd, 0xe6, 0x01],
  'f32x4.pmin': [0xfd, 0xea, 0x01],
  'f32x4.pmax': [0xfd, 0xeb, 0x01],
} as const;

export function op(name: keyof typeof OPERATIONS, ...operands: readonly Code[]): Code {
  return [...operands.flat(), ...OPERATIONS[name]];
}

export function i32(value: number): Code {
  return [0x41, ...signed(value)];
}

export function f32(value: number): Code {
  return [0x43, ...new Uint8Array(Float32Array.of(value).buffer)];
}

/** Four lanes from memory, which need not be aligned. */
export function load(address: Code): Code {
  return [...address, 0xfd, 0x00, ...UNALIGNED];
}

/** Four 16-bit integers from memory, each in a lane of 32 bits, without a sign. */
export function loadHalves(address: Code): Code {
  return [...address, 0xfd, 0x04, ...UNALIGNED];
}

export function store(address: Code, value: Code): Code {
  return [...address, ...value, 0xfd, 0x0b, ...UNALIGNED];
}

export function storeLane(address: Code, value: Code, lane: number): Code {
  return [...address, ...value, 0xfd, 0x5a, ...UNALIGNED, lane];
}

/** Lanes of two vectors, those of the second one being 4 to 7. */
export function shuffle(first: Code, second: Code, lanes: readonly [number, number, number, number]): Code {
  const bytes = lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte));
  return [...first, ...second, 0xfd, 0x0d, ...bytes];
}

/** No alignment, no offset. */
const UNALIGNED = [0, 0] as const;

export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

/** The counter goes up from 0 by `step` while it is below `limit`, and the body runs at least once. */
export function steps(counter: Local, limit: Code, step: number, body: Code): Code {
  const next = counter.set(op('i32.add', counter.get, i32(step)));
  const isMore = op('i32.lt_u', counter.get, limit);
  return [...counter.set(i32(0)), ...LOOP, ...body, ...next, ...isMore, ...AGAIN_IF, ...END];
}

const LOOP = [0x03, 0x40] as const;
const AGAIN_IF = [0x0d, 0x00] as const;
const END = [0x0b] as const;

/** Takes 32-bit integers, gives nothing back. */
export interface WasmFunction {
  readonly parameterCount: number;
  readonly body: readonly number[];
}

const I32 = 0x7f;
const V128 = 0x7b;

/** @param names of parameters, of more integers, and of vectors; the body takes them by name */
export function wasmFunction<P extends string, I extends string, V extends string>(
  names: { readonly parameters: readonly P[]; readonly integers: readonly I[]; readonly vectors: readonly V[] },
  body: (locals: Readonly<Record<P | I | V, Local>>) => Code,
): WasmFunction {
  const { parameters, integers, vectors } = names;
  const all = [...parameters, ...integers, ...vectors].map((name, index) => [name, localAt(index)] as const);
  const code = body(Object.fromEntries(all) as Record<P | I | V, Local>);
  const declared = list([
    [...unsigned(integers.length), I32],
    [...unsigned(vectors.length), V128],
  ]);
  return { parameterCount: parameters.length, body: sized([...declared, ...code, ...END]) };
}

function localAt(index: number): Local {
  return { get: [0x20, ...unsigned(index)], set: (value) => [...value, 0x21, ...unsigned(index)] };
}

/** A module that exports the functions and imports its memory as `env.memory`. */
export function wasmModule(functions: Readonly<Record<string, WasmFunction>>, memoryPages: number): Uint8Array {
  const all = Object.values(functions);
  const types = all.map(({ parameterCount }) => [0x60, ...list(Array(parameterCount).fill([I32])), 0]);
  const memory = [...text('env'), ...text('memory'), 0x02, 0x01, ...unsigned(memoryPages), ...unsigned(memoryPages)];
  const exported = Object.keys(functions).map((name, index) => [...text(name), 0x00, ...unsigned(index)]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, [memory]),
    ...section(
      3,
      all.map((_, index) => unsigned(index)),
    ),
    ...section(7, exported),
    ...section(
      10,
      all.map(({ body }) => body),
    ),
  ]);
}

function section(id: number, entries: readonly Code[]): Code {
  return [id, ...sized(list(entries))];
}

function list(entries: readonly Code[]): Code {
  return [...unsigned(entries.length), ...entries.flat()];
}

function text(value: string): Code {
  return sized([...new TextEncoder().encode(value)]);
}

function sized(content: Code): Code {
  return [...unsigned(content.length), ...content];
}

/** LEB128 */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Signed LEB128 of 32 bits: bit 6 of the last byte is the sign. */
function signed(value: number): number[] {
  const [low, rest] = [value & 0x7f, value >> 7];
  const isLast = rest === 0 ? low < 0x40 : rest === -1 && low >= 0x40;
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
