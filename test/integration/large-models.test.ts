/** Models whose weights nobody should read: the files are holes. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { writeEmbedded, writeExternal } from '../onnx/sparse-file.ts';
import { envelope, nimify } from './command.ts';

const MIB_SIDE = 512;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-large-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function analyze(path: string) {
  const ended = await nimify(['analyze', path, '--json'], { cwd: folder });
  return envelope(ended).result as { model: { sha256: string | null }; weightBytes: number };
}

describe('the digest of an analyzed model', () => {
  test('is null for a file beyond 64 MiB: reading the weights would take most of the time', async () => {
    const path = join(folder, 'large.onnx');
    writeEmbedded(path, 65, MIB_SIDE);
    expect(await analyze(path)).toMatchObject({ model: { sha256: null }, weightBytes: 65 << 20 });
  });

  test('is there for smaller ones, whatever their data files weigh', async () => {
    const path = join(folder, 'small.onnx');
    writeExternal(path, 65, MIB_SIDE);
    expect(await analyze(path)).toMatchObject({ model: { sha256: sha256(readFileSync(path)) }, weightBytes: 65 << 20 });
  });
});
