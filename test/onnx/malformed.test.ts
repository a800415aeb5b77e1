import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NimifyError } from '../../src/base/errors.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import { allTensors } from '../../src/onnx/graph.ts';
import { openModel, parseModel } from '../../src/onnx/open.ts';
import { loadTensor } from '../../src/onnx/tensor.ts';
import { delimited, fixed32, int, modelWith, nodeWith, tag, varint } from './wire.ts';

const SHARED = new URL('../../../shared/models/', import.meta.url).pathname;
const REAL = ['mnist/mnist.onnx', 'tiny-bert/model.onnx'].filter((name) => existsSync(join(SHARED, name)));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-onnx-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(content: Uint8Array | string): string {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, content);
  return path;
}

/** The code of the NimifyError that `work` throws, 'opened' when it throws none; any other error fails the test. */
function codeOf(work: () => unknown): string {
  try {
    work();
    return 'opened';
  } catch (error) {
    if (error instanceof NimifyError) return error.code;
    throw error;
  }
}

const opened = (content: Uint8Array | string): string => codeOf(() => openModel(file(content)));

describe('files that are no models', () => {
  test('a file without bytes', () => expect(opened('')).toBe('MODEL_EMPTY'));

  test.each([
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12\n'],
    ['a web page', '<!DOCTYPE html><html><body>404</body></html>'],
    ['JSON', '{"error":"Repository not found"}'],
    ['words that begin like a field', 'read me first: this folder holds the model'],
    ['a list of numbers', '2 3 5 7 11\n'],
    ['a zip archive', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(64)])],
    ['zeros', Buffer.alloc(256)],
    ['a PNG image', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
  ])('%s', (_, content) => expect(opened(content)).toBe('MODEL_NOT_ONNX'));

  test('a message that has neither a version nor a graph', () => {
    expect(opened(delimited(2, 'producer'))).toBe('MODEL_NOT_ONNX');
  });

  test('a folder', () => {
    mkdirSync(join(folder, 'dir.onnx'));
    expect(codeOf(() => openModel(join(folder, 'dir.onnx')))).toBe('MODEL_IS_FOLDER');
  });

  test('a path that does not exist', () => {
    expect(codeOf(() => openModel(join(folder, 'none.onnx')))).toBe('FILE_NOT_FOUND');
  });

  test.skipIf(process.platform === 'win32')('a pipe, without waiting for somebody to write into it', () => {
    execFileSync('mkfifo', [join(folder, 'pipe.onnx')]);
    expect(codeOf(() => openModel(join(folder, 'pipe.onnx')))).toBe('FILE_UNREADABLE');
  });
});

describe('models with broken rules', () => {
  test.each([
    ['a length beyond the end of the file', Buffer.concat([int(1, 9), tag(7, 2), varint(1000)]), 'MODEL_TRUNCATED'],
    ['a length of 2^62', Buffer.concat([int(1, 9), tag(7, 2), varint(1n << 62n)]), 'MODEL_MALFORMED'],
    ['a length of 2^50', Buffer.concat([int(1, 9), tag(7, 2), varint(1n << 50n)]), 'MODEL_TRUNCATED'],
    ['an inner length beyond its message', modelWith(tag(1, 2), varint(3)), 'MODEL_MALFORMED'],
    ['a number of 11 bytes', Buffer.concat([tag(1, 0), Buffer.alloc(10, 0x80), Buffer.from([1])]), 'MODEL_MALFORMED'],
    ['a tag beyond 32 bits', modelWith(varint((1n << 35n) + 10n), varint(0)), 'MODEL_MALFORMED'],
    ['field number 0', modelWith(int(0, 1)), 'MODEL_MALFORMED'],
    ['a group', modelWith(tag(999, 3), tag(999, 4)), 'MODEL_MALFORMED'],
    ['a known field in another wire form', modelWith(int(2, 1)), 'MODEL_MALFORMED'],
    ['an element in another wire form', modelWith(delimited(5, fixed32(5, 0x01808081))), 'MODEL_MALFORMED'],
    ['a name that is not UTF-8', modelWith(delimited(2, Buffer.from([0xff, 0xfe]))), 'MODEL_MALFORMED'],
    ['a version beyond 2^53', Buffer.concat([int(1, 1n << 60n), modelWith()]), 'MODEL_MALFORMED'],
    [
      'a packed list of floats with half an element',
      modelWith(delimited(5, delimited(4, 'abcdef'))),
      'MODEL_MALFORMED',
    ],
    [
      'a packed list of sizes with half an element',
      modelWith(delimited(5, delimited(1, Buffer.from([0x80])), int(2, 1))),
      'MODEL_MALFORMED',
    ],
    ['no operator set', Buffer.concat([int(1, 9), delimited(7, delimited(2, 'g'))]), 'MODEL_TRUNCATED'],
    ['no graph', Buffer.concat([int(1, 9), delimited(8, int(2, 17))]), 'MODEL_TRUNCATED'],
  ])('%s', (_, content, code) => expect(opened(content)).toBe(code));

  test('a second graph, which would hide the first one from the checks while ONNX Runtime merges the two', () => {
    const twice = Buffer.concat([modelWith(delimited(2, 'a')), delimited(7, delimited(2, 'b'))]);
    expect(opened(twice)).toBe('MODEL_MALFORMED');
    expect(opened(modelWith(nodeWith(delimited(5, int(1, 1)), delimited(5, int(1, 2)))))).toBe('MODEL_MALFORMED');
  });

  test('graphs nested a hundred deep and a thousand deep', () => {
    for (const depth of [40, 100, 1000]) {
      let graph: Buffer = delimited(2, 'core');
      for (let i = 0; i < depth; i += 1) graph = nodeWith(delimited(6, graph));
      expect(opened(modelWith(graph))).toBe('MODEL_LIMIT');
    }
  });

  test('types nested without end', () => {
    let type: Buffer = int(1, 1);
    for (let i = 0; i < 400; i += 1) type = delimited(4, delimited(1, type));
    expect(opened(modelWith(delimited(11, delimited(2, type))))).toBe('MODEL_LIMIT');
  });

  test('a text of 300 MiB is refused before memory is taken for it', () => {
    const path = file(Buffer.concat([int(1, 9), tag(2, 2), varint(300 << 20)]));
    truncateSync(path, 301 << 20);
    expect(codeOf(() => openModel(path))).toBe('MODEL_LIMIT');
  });

  test('a hundred thousand pieces of one list are read without taking quadratic time', () => {
    const pieces = Buffer.concat(Array.from({ length: 100_000 }, () => delimited(7, varint(1))));
    const model = parseModel(modelWith(delimited(5, int(1, 100_000), int(2, 7), pieces)));
    expect(loadTensor(model.graph.initializer[0]!).data).toHaveLength(100_000);
  });

  test.each([
    ['negative dims', int(1, -1n)],
    ['two negative dims, whose product is positive', Buffer.concat([int(1, -2n), int(1, -2n)])],
    ['dims whose product is beyond every memory', Buffer.concat([int(1, 1n << 40n), int(1, 1n << 40n)])],
    ['fewer values than dims', int(1, 5)],
  ])('a tensor with %s opens, and its values are refused', (_, dims) => {
    const values = delimited(9, Buffer.alloc(16));
    const tensor = parseModel(modelWith(delimited(5, dims, int(2, 1), values))).graph.initializer[0];
    expect(codeOf(() => loadTensor(tensor!))).toBe('MODEL_MALFORMED');
  });

  test('the message names the file and the byte, and the hint says what to do', () => {
    const path = file(Buffer.concat([int(1, 9), tag(7, 2), varint(1000)]));
    try {
      openModel(path);
      expect.unreachable();
    } catch (error) {
      expect((error as NimifyError).message).toMatch(new RegExp(`${path} ends at byte 5, .* 1000 bytes .* byte 5`));
      expect((error as NimifyError).hint).toContain('get it again');
      expect((error as NimifyError).exitCode).toBe(4);
    }
  });
});

/** mulberry32: the same numbers on every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const FORMAT_ERRORS = /^(MODEL_|EXTERNAL_DATA_)/;

/** Opens, loads every tensor and encodes: all that analysis and quantizers do with a file. */
function useModel(path: string): void {
  const { proto } = openModel(path);
  for (const tensor of allTensors(proto)) codeOf(() => loadTensor(tensor));
  encodeModel(proto);
}

describe.skipIf(REAL.length === 0)('real models that were damaged (skipped where ../shared/models is missing)', () => {
  test.each(REAL)('%s cut at 200 places is always refused as damaged', (name) => {
    const path = join(SHARED, name);
    const copy = join(folder, 'cut.onnx');
    copyFileSync(path, copy);
    const { length } = readFileSync(path);
    const next = random(1);
    const places = new Set([
      1,
      2,
      3,
      length - 1,
      ...Array.from({ length: 196 }, () => 1 + Math.floor(next() * (length - 2))),
    ]);
    const codes = new Set<string>();
    for (const place of [...places].sort((a, b) => b - a)) {
      truncateSync(copy, place);
      codes.add(codeOf(() => openModel(copy)));
    }
    expect(
      [...codes].filter((code) => !['MODEL_TRUNCATED', 'MODEL_MALFORMED', 'MODEL_NOT_ONNX'].includes(code)),
    ).toEqual([]);
    expect(codes).toContain('MODEL_TRUNCATED');
  });

  test.each(REAL)(
    '%s with flipped bytes opens or is refused, and nothing else happens',
    (name) => {
      const good = readFileSync(join(SHARED, name));
      const next = random(2);
      for (let round = 0; round < 150; round += 1) {
        const bad = Buffer.from(good);
        for (let flip = 0; flip < 1 + round / 10; flip += 1) {
          bad[Math.floor(next() * bad.length)] = Math.floor(next() * 256);
        }
        const code = codeOf(() => useModel(file(bad)));
        expect(code === 'opened' || FORMAT_ERRORS.test(code), `round ${round}: ${code}`).toBe(true);
      }
    },
    30_000,
  );

  test.each(REAL)(
    'the structure of %s with flipped bytes',
    (name) => {
      const good = readFileSync(join(SHARED, name));
      const next = random(3);
      const codes = new Set<string>();
      for (let round = 0; round < 300; round += 1) {
        const bad = Buffer.from(good);
        bad[Math.floor(next() * Math.min(3000, bad.length))] = Math.floor(next() * 256);
        codes.add(codeOf(() => useModel(file(bad))));
      }
      expect([...codes].filter((code) => code !== 'opened' && !FORMAT_ERRORS.test(code))).toEqual([]);
      expect(codes).toContain('MODEL_MALFORMED');
    },
    30_000,
  );
});
