import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseNpy } from '../../../src/quantization/data/npy.ts';
import { readArrayFile } from '../../../src/quantization/data/read-arrays.ts';
import { floats, npy } from './npy-writer.ts';

const golden = (name: string) => new URL(`goldens/${name}`, import.meta.url).pathname;
const parse = (name: string) => parseNpy(readFileSync(golden(name)));
const grid = Array.from({ length: 24 }, (_, index) => index);
const ASCENDING = { dims: [2, 3, 4] };

describe('a .npy file that cannot be read', () => {
  test.each([
    ['is something else', new TextEncoder().encode('PK not numpy'), 'does not begin like a .npy file'],
    ['has another version', npy('<f4', [1], new Float32Array(1), { version: 9 as 1 }), 'version 9'],
    ['ends inside its header', floats([2]).subarray(0, 40), 'ends inside its header'],
    ['ends inside its values', floats([8]).subarray(0, -4), '28 bytes of values where <f4 [8] takes 32'],
    ['holds pickled objects', npy('|O', [1], new Uint8Array(8)), 'Python objects'],
    ['holds complex numbers', npy('<c8', [1], new Uint8Array(8)), 'dtype <c8'],
    ['has dates', npy('<M8[ns]', [1], new Uint8Array(8)), 'dtype <M8[ns]'],
    ['claims an absurd shape', npy('<f4', [2 ** 40, 2 ** 40], new Uint8Array(8)), 'too large'],
    ['has text that is not UTF-8', npy('|S2', [1], Uint8Array.of(0xff, 0xfe)), 'not UTF-8'],
    ['has code points beyond Unicode', npy('<U1', [1], Uint32Array.of(0x110000)), 'beyond Unicode'],
  ])('that %s says so', (_, bytes, message) => {
    expect(() => parseNpy(bytes)).toThrowError(message);
  });
});

describe('files that NumPy wrote', () => {
  test('give row-major values whatever their order and byte order', () => {
    expect(parse('c-order-f4.npy')).toEqual({
      dataType: 'float32',
      ...ASCENDING,
      data: Float32Array.from(grid, (v) => v / 4),
    });
    expect(parse('fortran-f8.npy')).toEqual({ dataType: 'float64', ...ASCENDING, data: Float64Array.from(grid) });
    expect(parse('big-endian-i4.npy')).toEqual({
      dataType: 'int32',
      ...ASCENDING,
      data: Int32Array.from(grid, (v) => v * -70000),
    });
    expect(parse('big-endian-fortran-u2.npy')).toEqual({
      dataType: 'uint16',
      ...ASCENDING,
      data: Uint16Array.from(grid, (v) => v * 2000),
    });
  });

  test('keep float16 as bits, int64 as whole numbers and booleans as 0 and 1', () => {
    expect([...(parse('half.npy').data as Uint16Array)]).toEqual([
      0, 0x8000, 0x3c00, 0xbe00, 0x7bff, 0x7c00, 0xfc00, 1, 0x2e66,
    ]);
    expect(parse('int64.npy').data).toEqual(BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n));
    expect(parse('bool.npy')).toEqual({ dataType: 'bool', dims: [2, 2], data: Uint8Array.of(1, 0, 0, 1) });
  });

  test('may be scalars, empty, or of format version 2 and 3', () => {
    expect(parse('scalar.npy')).toEqual({ dataType: 'int64', dims: [], data: BigInt64Array.of(16000n) });
    expect(parse('empty.npy')).toEqual({ dataType: 'float32', dims: [0, 4], data: new Float32Array(0) });
    expect(parse('version2.npy').data).toEqual(Uint8Array.of(1, 2, 3));
    expect(parse('version3.npy').data).toEqual(Int8Array.of(1, 2, 3));
  });

  test('may hold text', () => {
    expect(parse('unicode.npy')).toEqual({ dataType: 'string', dims: [4], data: ['héllo', '', '日本', 'a\u{1F600}'] });
    expect(parse('unicode-big-endian.npy').data).toEqual(['héllo', '日本']);
    expect(parse('bytes.npy').data).toEqual(['abc', '', 'de']);
  });

  test('may be zipped, stored or deflated', async () => {
    const stored = await readArrayFile(golden('stored.npz'));
    expect([...stored.arrays.keys()]).toEqual(['input', 'sr']);
    expect(stored.arrays.get('sr')?.data).toEqual(BigInt64Array.of(16000n));
    const deflated = await readArrayFile(golden('deflated.npz'));
    expect(deflated.arrays.get('input')).toEqual({ dataType: 'float64', ...ASCENDING, data: Float64Array.from(grid) });
  });
});

test('the writer of these tests writes what NumPy writes', () => {
  const written = npy(
    '<f4',
    [2, 3, 4],
    Float32Array.from(grid, (v) => v / 4),
  );
  expect(Buffer.from(written).equals(readFileSync(golden('c-order-f4.npy')))).toBe(true);
});
