import { afterAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import type { DataType } from '../../../src/onnx/data-type.ts';
import type { TensorInfo } from '../../../src/onnx/value-info.ts';
import { type DataOptions, openData } from '../../../src/quantization/data/open.ts';
import { allOf, testFolder, valuesOf } from './folders.ts';

const folder = testFolder();
afterAll(() => folder.remove());

const input = (name: string, shape: TensorInfo['shape'], dataType: DataType = 'float32'): TensorInfo => ({
  name,
  dataType,
  shape,
});
const X = input('x', ['n', 2]);
const IMAGE = { mean: [0], std: [1], channels: 'rgb' as const };

const open = (path: string, inputs: readonly TensorInfo[], options: Partial<DataOptions> = {}) =>
  openData({ path, bind: {} }, inputs, { image: IMAGE, seed: 0, ...options });
const file = folder.putFile;

describe('rows that cannot be used name their file and line', () => {
  const bad: readonly (readonly [string, string, string, readonly TensorInfo[], string])[] = [
    ['not JSON', 'a.jsonl', '{"x": [1, 2]}\n\n{x}', [X], 'a.jsonl:3 is not JSON'],
    ['NaN', 'a.jsonl', '{"x": [1, NaN]}', [X], 'a.jsonl:1 is not JSON'],
    ['a number beyond all floats', 'a.jsonl', '{"x": [1, 1e999]}', [X], 'a.jsonl:1 has null at x[1]'],
    [
      'lists of uneven length',
      'a.jsonl',
      '{"x": [[1, 2], [3]]}',
      [X],
      'a.jsonl:1 has lists of uneven length: x[1] has 1',
    ],
    ['lists of uneven depth', 'a.jsonl', '{"x": [[1, 2], 3]}', [X], 'a.jsonl:1 has lists of uneven depth at x[1]'],
    [
      'a text for a number',
      'a.jsonl',
      '{"x": [1, "2"]}',
      [X],
      'a.jsonl:1 has "2" at x[1], which is not a finite number',
    ],
    [
      'other dims',
      'a.jsonl',
      '{"x": [1, 2]}\n{"x": [1, 2, 3]}',
      [X],
      'a.jsonl:2 has the dims [3]; the input is x float32 [n, 2]',
    ],
    [
      'a fraction for an integer',
      'a.jsonl',
      '{"x": [1, 2.5]}',
      [input('x', ['n', 2], 'int64')],
      'has 2.5 at x[1], which is not a whole number',
    ],
    [
      'an integer that does not fit',
      'a.jsonl',
      '{"x": [1, 300]}',
      [input('x', ['n', 2], 'uint8')],
      '300 is outside of uint8',
    ],
    [
      'a missing key',
      'a.jsonl',
      '{"x": [1, 2], "y": 1}\n{"y": 1}',
      [X, input('y', [])],
      'a.jsonl:2 has no x; it has y',
    ],
    [
      'no key for an input',
      'a.jsonl',
      '{"a": 1, "b": 2}',
      [X],
      'a.jsonl:1 has nothing for the input x float32 [n, 2]; it has a, b',
    ],
    ['a label that is no class', 'a.jsonl', '{"x": [1, 2], "label": "cat"}', [X], 'a.jsonl:1 has the label "cat"'],
    ['a label in some rows', 'a.jsonl', '{"x": [1, 2], "label": 1}\n{"x": [1, 2]}', [X], 'a.jsonl:2 has no label'],
    ['text that is not UTF-8', 'a.jsonl', '\u0000', [X], 'a.jsonl:1 is not JSON'],
    ['too many cells', 'a.csv', 'a,b\n1,2\n1,2,3\n', [X], 'a.csv:3 is not CSV: Invalid Record Length'],
    ['an open quote', 'a.csv', 'a,b\n1,"2\n', [X], 'a.csv:2 is not CSV: Quote Not Closed'],
    ['a column named twice', 'a.csv', 'a,a\n1,2\n', [X], 'a.csv:1 names the column a twice'],
    ['a column without a name', 'a.csv', 'a,\n1,2\n', [X], 'a.csv:1 has a column without a name'],
    ['an empty cell', 'a.csv', 'a,b\n1,2\n1,\n', [X], 'a.csv:3 has "" in the column b, which is not a finite number'],
    ['a cell that is no number', 'a.csv', 'a,b\n1,nan\n', [X], 'a.csv:2 has "nan" in the column b'],
    ['too few columns', 'a.csv', 'a\n1\n', [X], 'a.csv:2 has the dims [1]; the input is x float32 [n, 2]'],
    ['columns for two inputs', 'a.csv', 'a,b\n1,2\n', [X, input('y', ['n', 1])], 'a.csv:2 has nothing for the input x'],
  ];
  test.each(bad)('%s', async (_, name, content, inputs, message) => {
    await expect(open(file(name, content), inputs)).rejects.toMatchObject({
      code: expect.stringMatching(/^DATA_(MISMATCH|UNREADABLE)$/),
      message: expect.stringContaining(message),
      hint: expect.any(String),
    });
  });

  test('bytes that are not UTF-8', async () => {
    await expect(open(file('a.jsonl', Uint8Array.of(0x22, 0xff, 0x22)), [X])).rejects.toMatchObject({
      code: 'DATA_UNREADABLE',
      message: expect.stringContaining('a.jsonl:1 is not UTF-8'),
    });
  });

  test.each(['a.jsonl', 'a.csv', 'a.txt'])('an empty %s has no sample', async (name) => {
    await expect(open(file(name, ''), [X])).rejects.toMatchObject({ code: 'DATA_EMPTY' });
    await expect(open(file(name, '\n\n'), [X])).rejects.toMatchObject({ code: 'DATA_EMPTY' });
  });

  test('a file that became shorter after it was opened', async () => {
    const path = file('a.jsonl', '{"x": [1, 2]}\n{"x": [3, 4]}');
    const set = await open(path, [X]);
    (await import('node:fs')).truncateSync(path, 5);
    await expect(allOf(set)).rejects.toMatchObject({ message: expect.stringContaining('became shorter') });
  });
});

describe('JSON Lines', () => {
  test('feed inputs by name; a missing batch axis of 1 is added; other keys are passed over', async () => {
    const inputs = [X, input('ids', [1, null], 'int64'), input('flag', [], 'bool'), input('name', [null, 1], 'string')];
    const line = (n: number) => JSON.stringify({ x: [n, 0.5], ids: [[n, 7]], flag: true, name: `é${n}`, id: 'a' });
    const set = await open(file('a.jsonl', `${line(1)}\n${line(2)}\n`), inputs);
    const [first, second] = await allOf(set);
    expect(first).toEqual({
      x: { dataType: 'float32', dims: [1, 2], data: Float32Array.of(1, 0.5) },
      ids: { dataType: 'int64', dims: [1, 2], data: BigInt64Array.of(1n, 7n) },
      flag: { dataType: 'bool', dims: [], data: Uint8Array.of(1) },
      name: { dataType: 'string', dims: [1, 1], data: ['é1'] },
    });
    expect(second?.name?.data).toEqual(['é2']);
  });

  test('may be bare lists, or have one key of any name, for the only input', async () => {
    expect(await valuesOf(await open(file('a.jsonl', '[1, 2]\n[[3, 4]]'), [X]))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(await valuesOf(await open(file('a.jsonl', '{"features": [1, 2], "label": 3}'), [X]))).toEqual([[1, 2]]);
  });

  test('may differ in shape where the model allows it', async () => {
    const set = await open(file('a.jsonl', '{"x": [1]}\n{"x": [1, 2, 3]}'), [input('x', [null, 'length'])]);
    expect((await allOf(set)).map(({ x }) => x?.dims)).toEqual([
      [1, 1],
      [1, 3],
    ]);
  });

  test('are read with a byte order mark, Windows line ends, blank lines, and without an end', async () => {
    const set = await open(file('a.jsonl', '\ufeff{"x": [1, 2], "label": 0}\r\n\r\n{"x": [3, 4], "label": 1}'), [X]);
    expect(await valuesOf(set)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(set.labels).toEqual([0, 1]);
    expect(await valuesOf(set.pick([1]))).toEqual([[3, 4]]);
  });

  test('that cross the pieces in which a file is read stay whole', async () => {
    const line = (n: number) => JSON.stringify({ x: [n, 0], pad: 'é'.repeat(70_000) });
    const set = await open(file('a.jsonl', Array.from({ length: 20 }, (_, n) => line(n)).join('\n')), [X]);
    expect((await valuesOf(set)).map(([n]) => n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  test('are named by the digest of the file', async () => {
    const text = '{"x": [1, 2]}\n';
    expect((await open(file('a.jsonl', text), [X])).digest).toBe(sha256(text));
  });
});

describe('CSV', () => {
  test('columns are features in their order; the label is none', async () => {
    const set = await open(file('a.csv', 'a,label,b\n1,0,-2.5e1\n 3 ,2,4\n'), [X]);
    expect(await valuesOf(set)).toEqual([
      [1, -25],
      [3, 4],
    ]);
    expect(set.labels).toEqual([0, 2]);
    expect(set.preparation).toBe('2 columns (a, b) for x float32 [n, 2]');
  });

  test('columns named after inputs feed them, as scikit-learn exports one input per column', async () => {
    const inputs = [input('age', [null, 1]), input('city', [null, 1], 'string')];
    const set = await open(file('a.csv', 'city,age\n"Bern, BE",41\n'), inputs);
    expect(await allOf(set)).toEqual([
      {
        age: { dataType: 'float32', dims: [1, 1], data: Float32Array.of(41) },
        city: { dataType: 'string', dims: [1, 1], data: ['Bern, BE'] },
      },
    ]);
  });

  test.each([
    ['semicolons', 'a;b\n1;2\n'],
    ['tabs', 'a\tb\n1\t2\n'],
    ['a byte order mark and Windows line ends', '\ufeffa,b\r\n1,2\r\n'],
    ['blank lines and no end', 'a,b\n\n1,2'],
    ['quotes and line breaks in names', '"a\nx",b\n"1","2"\n'],
  ])('with %s is read', async (_, text) => {
    expect(await valuesOf(await open(file('a.csv', text), [X]))).toEqual([[1, 2]]);
  });

  test('rows behind texts of several lines and bytes are found again', async () => {
    const words = input('text', [null], 'string');
    const set = await open(file('a.csv', 'id,text\n1,"zwei\nZeilen, ä"\n2,"say ""hi"""\n'), [words]);
    expect(await valuesOf(set, 'text')).toEqual([['zwei\nZeilen, ä'], ['say "hi"']]);
    expect(await valuesOf(set.pick([1]), 'text')).toEqual([['say "hi"']]);
  });

  test('files of a folder follow each other', async () => {
    const path = folder.put({ 'b.csv': 'a,b\n3,4\n', 'a.csv': 'b,a\n2,1\n', 'readme.md': 'x' });
    const set = await open(path, [X]);
    expect(await valuesOf(set)).toEqual([
      [2, 1],
      [3, 4],
    ]);
    expect(set.preparation).toContain('2 files; 1 other files ignored');
  });
});
