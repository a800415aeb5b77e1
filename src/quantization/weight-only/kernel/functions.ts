/**
 * The hot loops of quantizing in blocks, four columns at a time. Each operation rounds to float32, as that of MLAS does.
 * Memory is read and written in whole vectors: up to three columns behind the last one are computed and not looked at.
 */
import {
  type Code,
  f32,
  i32,
  type Local,
  load,
  loadHalves,
  op,
  shuffle,
  steps,
  store,
  storeLane,
  type WasmFunction,
  wasmFunction,
} from './assembler.ts';

/** Bytes from one row to the next of what `transpose` writes. Not a power of two: rows would share a set of the cache. */
export const STRIP_PITCH = (256 + 16) * 4;

/** Rows that are measured in one go; callers pad to a multiple of it. */
export const ROW_STEP = 8;

const VECTOR = 16;

/** float16 to float32: `count` values, a multiple of four. They may lie in the second half of the place where they go. */
export const decode = wasmFunction(
  { parameters: ['from', 'to', 'count'], integers: ['i'], vectors: ['half', 'size', 'value'] },
  ({ from, to, count, i, half, size, value }) =>
    steps(i, count.get, 4, [
      ...half.set(loadHalves(plus(from.get, times(i.get, i32(2))))),
      ...size.set(op('v128.and', half.get, splat(0x7fff))),
      // With its bits in place, the exponent is 112 too small, also where the value is subnormal.
      ...value.set(op('f32x4.mul', op('i32x4.shl', size.get, i32(13)), op('f32x4.splat', f32(2 ** 112)))),
      ...value.set(op('v128.or', value.get, sign(half))),
      ...value.set(op('v128.or', value.get, specialExponent(size))),
      ...store(plus(to.get, times(i.get, i32(4))), value.get),
    ]),
);

function sign(half: Local): Code {
  return op('i32x4.shl', op('v128.and', half.get, splat(0x8000)), i32(16));
}

/** Infinity and NaN have all bits of the exponent. */
function specialExponent(size: Local): Code {
  return op('v128.and', op('i32x4.gt_s', size.get, splat(0x7bff)), splat(0x7f800000));
}

/** Columns that lie one after the other, `pitch` bytes apart, side by side: [rows, STRIP_PITCH / 4]. */
export const transpose = wasmFunction(
  {
    parameters: ['from', 'pitch', 'to', 'rows', 'columns'],
    integers: ['row', 'column', 'source', 'target'],
    vectors: ['a', 'b', 'c', 'd', 'ab', 'cd'],
  },
  ({ from, pitch, to, rows, columns, row, column, source, target, a, b, c, d, ab, cd }) => {
    const quad = [a, b, c, d];
    const read = quad.flatMap((one) => [...one.set(load(source.get)), ...source.set(plus(source.get, pitch.get))]);
    const write = (value: Code) => [...store(target.get, value), ...target.set(plus(target.get, i32(STRIP_PITCH)))];
    const pair = (lanes: readonly [number, number, number, number]) => [
      ...ab.set(shuffle(a.get, b.get, lanes)),
      ...cd.set(shuffle(c.get, d.get, lanes)),
      ...write(shuffle(ab.get, cd.get, [0, 1, 4, 5])),
      ...write(shuffle(ab.get, cd.get, [2, 3, 6, 7])),
    ];
    const tile = [
      ...source.set(plus(from.get, times(row.get, i32(4)))),
      ...source.set(plus(source.get, times(column.get, pitch.get))),
      ...target.set(plus(to.get, times(row.get, i32(STRIP_PITCH)))),
      ...target.set(plus(target.get, times(column.get, i32(4)))),
      ...read,
      ...pair([0, 4, 1, 5]),
      ...pair([2, 6, 3, 7]),
    ];
    return steps(column, columns.get, 4, steps(row, rows.get, 4, tile));
  },
);

/** The lowest and the highest value of each column of [rows, columns]; the lowest is NaN where one of them is NaN. */
export const measure = wasmFunction(
  {
    parameters: ['from', 'pitch', 'rows', 'columns', 'low', 'high'],
    integers: ['row', 'at', 'end', 'source'],
    vectors: ['value', 'least', 'most', 'nan'],
  },
  ({ from, pitch, rows, columns, low, high, row, at, end, source, value, least, most, nan }) => {
    const [lowAt, highAt] = [low, high].map((base) => plus(base.get, at.get)) as [Code, Code];
    const first = [...value.set(load(plus(from.get, at.get))), ...store(lowAt, value.get), ...store(highAt, value.get)];
    // A comparison with NaN is false: the accumulator, which comes first, is kept.
    const take = [
      ...value.set(load(source.get)),
      ...source.set(plus(source.get, pitch.get)),
      ...least.set(op('f32x4.pmin', least.get, value.get)),
      ...most.set(op('f32x4.pmax', most.get, value.get)),
      ...nan.set(op('v128.or', nan.get, op('f32x4.ne', value.get, value.get))),
    ];
    const next = [
      ...source.set(plus(from.get, at.get)),
      ...least.set(load(lowAt)),
      ...most.set(load(highAt)),
      ...nan.set(splat(0)),
      ...repeat(ROW_STEP, () => take),
      ...store(lowAt, op('v128.or', least.get, nan.get)),
      ...store(highAt, most.get),
    ];
    return [
      ...end.set(times(columns.get, i32(4))),
      ...steps(at, end.get, VECTOR, first),
      ...steps(row, rows.get, ROW_STEP, [...steps(at, end.get, VECTOR, next), ...advance(from, pitch, ROW_STEP)]),
    ];
  },
);

/** Added to what is between 0 and 2^22 and cut, it rounds halves up, and nothing that is below a half. */
const ALMOST_HALF = 0.5 - 2 ** -25;

/** The mantissa of an integer plus this is the integer. */
const INTEGER_BASE = 2 ** 23;
const INTEGER_BITS = 0x4b000000;

/**
 * Integers of `bits` bits of [rows, columns], of which those of a column lie together: `min(max(v · inverse + zero, 0), top)`
 * rounded. NaN, which an infinite inverse makes of 0, is 0.
 */
export function pack(bits: 4 | 8): WasmFunction {
  const perWord = 32 / bits;
  return wasmFunction(
    {
      parameters: ['from', 'pitch', 'rows', 'columns', 'inverse', 'zero', 'to', 'columnBytes'],
      integers: ['row', 'at', 'end', 'source', 'target'],
      vectors: ['word', 'factor', 'shift', 'top', 'nothing', 'half', 'base'],
    },
    (locals) => {
      const { from, pitch, rows, columns, inverse, zero, to, columnBytes } = locals;
      const { row, at, end, source, target, word, factor, shift, top, nothing, half, base } = locals;
      const value = op('f32x4.add', op('f32x4.mul', load(source.get), factor.get), shift.get);
      const inRange = op('f32x4.pmin', top.get, op('f32x4.pmax', nothing.get, value));
      const rounded = op('f32x4.floor', op('f32x4.add', inRange, half.get));
      const integer = op('f32x4.add', rounded, base.get);
      const take = (index: number) => [
        ...word.set(op('i32x4.add', word.get, op('i32x4.shl', integer, i32(bits * index)))),
        ...source.set(plus(source.get, pitch.get)),
      ];
      const put = (lane: number) => [
        ...storeLane(target.get, word.get, lane),
        ...target.set(plus(target.get, columnBytes.get)),
      ];
      const next = [
        ...source.set(plus(from.get, at.get)),
        ...factor.set(load(plus(inverse.get, at.get))),
        ...shift.set(load(plus(zero.get, at.get))),
        ...word.set(splat(-sumOfBases(bits))),
        ...repeat(perWord, take),
        ...repeat(4, put),
      ];
      return [
        ...end.set(times(columns.get, i32(4))),
        ...top.set(op('f32x4.splat', f32(2 ** bits - 1))),
        ...nothing.set(splat(0)),
        ...half.set(op('f32x4.splat', f32(ALMOST_HALF))),
        ...base.set(op('f32x4.splat', f32(INTEGER_BASE))),
        ...steps(row, rows.get, perWord, [
          ...target.set(to.get),
          ...steps(at, end.get, VECTOR, next),
          ...advance(from, pitch, perWord),
          ...to.set(plus(to.get, i32(4))),
        ]),
      ];
    },
  );
}

/** What the bits of INTEGER_BASE add up to in a word. */
function sumOfBases(bits: number): number {
  let sum = 0;
  for (let shift = 0; shift < 32; shift += bits) sum = (sum + (INTEGER_BITS << shift)) | 0;
  return sum;
}

function advance(from: Local, pitch: Local, rows: number): Code {
  return from.set(plus(from.get, times(pitch.get, i32(rows))));
}

function plus(a: Code, b: Code): Code {
  return op('i32.add', a, b);
}

function times(a: Code, b: Code): Code {
  return op('i32.mul', a, b);
}

function splat(value: number): Code {
  return op('i32x4.splat', i32(value));
}

function repeat(times: number, code: (index: number) => Code): Code {
  return Array.from({ length: times }, (_, index) => code(index)).flat();
}
