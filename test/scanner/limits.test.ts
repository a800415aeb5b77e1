/** Files that are made to keep a scanner busy, or to fill its memory. Nothing asserts a time: vitest ends what hangs. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ScanLimits } from '../../src/scanner/limits.ts';
import { suspicions } from '../../src/scanner/template/suspicion.ts';
import { zipOf } from './archives.ts';
import { pickle, proto } from './pickles.ts';
import { Scratch } from './scratch.ts';

let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch.remove());

async function messages(limits: Partial<ScanLimits> = {}): Promise<string[]> {
  return (await scratch.results({ limits })).map(({ rule, message }) => `${rule}: ${message}`);
}

describe('templates', () => {
  test('a text without an end is read once, whatever quotes and escapes it has', () => {
    expect(suspicions(`{{ "${"\\'".repeat(500_000)}`)).toEqual([]);
    expect(suspicions(`{{ ${"'\\".repeat(400_000)}`)).toEqual([]);
  });

  test('comments and blocks without an end', () => {
    expect(suspicions('{#'.repeat(500_000))).toEqual([]);
    expect(suspicions('{{'.repeat(500_000))).toEqual([]);
  });
});

describe('JSON', () => {
  test('a million brackets are not parsed', async () => {
    scratch.file('config.json', '['.repeat(1_000_000));
    scratch.file(
      'm.safetensors',
      Buffer.concat([Buffer.from('1000000000000000', 'hex'), Buffer.from('{"a":[[[[[[[[[[[')]),
    );
    expect(await messages()).toEqual([expect.stringContaining('is not JSON')]);
  });
});

describe('pickles', () => {
  test('more operations than are looked at are not taken for harmless', async () => {
    scratch.file('a.pkl', pickle(proto(2), 'N0'.repeat(600), 'N.'));
    expect(await messages({ maxPickleOperations: 1000 })).toContainEqual(
      expect.stringContaining('has more operations than are looked at'),
    );
  });

  test('a stack that only grows', async () => {
    scratch.file('a.pkl', pickle(proto(2), 'N'.repeat(5_000_000), '.'));
    expect(await messages()).toContainEqual(expect.stringContaining('keeps more values than any real one'));
  });

  test('a line without an end', async () => {
    scratch.file('a.pkl', pickle('S', 'x'.repeat(2_000_000)));
    expect(await messages()).toContainEqual(expect.stringContaining('has a line without an end'));
  });

  test('lengths beyond the file and beyond 2^53', async () => {
    scratch.file('a.pkl', pickle(proto(4), '\x8d', '\xff'.repeat(8), 'x.'));
    expect(await messages()).toContainEqual(expect.stringContaining('ends in the middle of an operation'));
  });

  test('pickles in pickles in pickles are followed to a depth', async () => {
    let inner = pickle(proto(4), 'N.');
    for (let depth = 0; depth < 200; depth += 1) {
      const size = Buffer.alloc(4);
      size.writeUInt32LE(inner.length);
      inner = pickle(proto(4), 'B', size, inner, '.');
    }
    scratch.file('a.pkl', inner);
    expect(await messages()).toEqual([expect.stringContaining('pickle-file')]);
  });
});

describe('archives', () => {
  test('entries beyond the limit are counted and not listed', async () => {
    const archive = zipOf({ 'a.txt': 'x' });
    const end = archive.length - 22;
    archive.writeUInt16LE(60_000, end + 10);
    scratch.file('a.zip', archive);
    expect(await messages()).toContainEqual(expect.stringContaining('promises 60000 entries and has 1'));
  });

  test('many bombs share one budget', async () => {
    const { zipSync } = await import('fflate');
    const bomb = new Uint8Array(400 << 10);
    scratch.file('a.zip', zipSync(Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`${name}.pkl`, bomb]))));
    expect(await messages({ maxInflatedBytes: 1 << 20 })).toContainEqual(
      expect.stringContaining('lies behind more unpacked bytes than are looked at'),
    );
  });
});
