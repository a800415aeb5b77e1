/** `nimify convert` as a user runs it: what it refuses, what it leaves behind, and that no form of a model loses anything. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openModel } from '../../src/onnx/open.ts';
import type { HostTensor } from '../../src/onnx/tensor.ts';
import { writeModel } from '../../src/onnx/write.ts';
import type { ConvertResult } from '../../src/pipeline/requests.ts';
import type { Feeds } from '../../src/runtime/feeds.ts';
import { openSession } from '../../src/runtime/session.ts';
import { everywhere } from '../onnx/external/everywhere.ts';
import { writeEmbedded, writeExternal } from '../onnx/sparse-file.ts';
import { type Ended, envelope, leftovers, nimify, ROOT, type RunOptions, sharedModels } from './command.ts';

const DIGITS = join(ROOT, 'test', 'fixtures', 'sample', 'digits.onnx');
const MIB_SIDE = 512;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-convert-'));
  mkdirSync(join(folder, 'work'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...names: string[]): string => join(folder, 'work', ...names);
const convert = (words: readonly string[], options: Partial<RunOptions> = {}): Promise<Ended> =>
  nimify(['convert', ...words, '--json'], { cwd: folder, ...options });

async function converted(...words: string[]): Promise<ConvertResult> {
  const ended = await convert(words);
  expect(ended.stderr).not.toMatch(/hint|Error/i);
  return envelope(ended).result as unknown as ConvertResult;
}

const errorOf = (ended: Ended) => envelope(ended).error as NonNullable<ReturnType<typeof envelope>['error']>;

async function outputsOf(path: string, feeds: Feeds): Promise<readonly HostTensor[]> {
  const session = await openSession(path, { threads: 1 });
  try {
    return Object.values(await session.run(feeds));
  } finally {
    await session.release();
  }
}

const ramp = (...dims: number[]): HostTensor => {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { dataType: 'float32', dims, data: Float32Array.from({ length: count }, (_, i) => i / count) };
};

describe('what is refused', () => {
  const OUT = ['-o', 'work/out.onnx'];

  test.each<[string, string[], RegExp]>([
    ['nothing to do', [], /nothing to convert/],
    ['both ways at once', ['--external-data', '--embed'], /opposites/],
    ['a split of nothing', ['--embed', '--split', '1GB'], /--split says something about data files/],
    [
      'a threshold that is no size',
      ['--external-data', '--threshold', 'many'],
      /--threshold many is not a number of bytes/,
    ],
    ['an alignment that is no power of two', ['--external-data', '--align', '3000'], /--align takes a power of two/],
    ['files of no size', ['--external-data', '--split', '0'], /--split takes a whole number of bytes, not 0/],
    ['a data file in another folder', ['--external-data', '--data-file', '../w'], /not the name of a file/],
    [
      'a data file that is the model',
      ['--external-data', '--data-file', 'out.onnx'],
      /model and its data file at once/,
    ],
    ['an opset that is no number', ['--opset', 'new'], /--opset must be a whole number/],
  ])('%s', async (_, words, message) => {
    const ended = await convert([DIGITS, ...OUT, ...words]);
    expect([ended.exitCode, errorOf(ended).code]).toEqual([2, 'USAGE']);
    expect(errorOf(ended).message).toMatch(message);
    expect(leftovers(at())).toEqual([]);
  });

  test.each([
    ['a lower opset', '5', 'has opset 17 already'],
    ['an opset from the future', '99', 'newer than'],
  ])('%s', async (_, opset, message) => {
    const ended = await convert([DIGITS, ...OUT, '--opset', opset]);
    expect([ended.exitCode, errorOf(ended).code]).toEqual([4, 'OPSET_UNSUPPORTED']);
    expect(errorOf(ended).message).toContain(message);
    expect(leftovers(at())).toEqual([]);
  });

  test('one file for more than 2 GiB, before anything is written; the hint says what to do', async () => {
    writeExternal(at('m.onnx'), 6 << 10, MIB_SIDE);
    const ended = await convert([at('m.onnx'), '-o', at('one.onnx'), '--embed']);
    expect([ended.exitCode, errorOf(ended).code]).toEqual([4, 'MODEL_LIMIT']);
    expect(errorOf(ended).hint).toContain('--external-data');
    expect(leftovers(at())).toEqual(['m.onnx', 'm.onnx.data']);
  });
});

describe('when the machine gives out', () => {
  test('Ctrl-C while the weights are written leaves nothing', async () => {
    writeEmbedded(join(folder, 'm.onnx'), 600, MIB_SIDE);
    const onStart: RunOptions['onStart'] = (child) =>
      child.stderr?.on('data', (text: string) => {
        if (/"step-started".*"write"/.test(text)) child.kill('SIGINT');
      });
    const words = [join(folder, 'm.onnx'), '-o', at('deep', 'out.onnx'), '--external-data', '--progress', 'json'];
    const ended = await convert(words, { onStart });
    expect([ended.exitCode, errorOf(ended).code]).toEqual([130, 'INTERRUPTED']);
    expect(leftovers(at())).toEqual([]);
  });

  test('a full disk leaves nothing', async (context) => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at()], { stdio: 'ignore' });
    } catch {
      context.skip('mounting a small tmpfs needs root');
    }
    try {
      writeEmbedded(join(folder, 'm.onnx'), 3, MIB_SIDE);
      const ended = await convert([join(folder, 'm.onnx'), '-o', at('out.onnx'), '--external-data', '--split', '1MiB']);
      expect([ended.exitCode, errorOf(ended).code]).toEqual([5, 'DISK_FULL']);
      expect(leftovers(at())).toEqual([]);
    } finally {
      execFileSync('umount', [at()]);
    }
  });

  test('a folder that may not be written is told with its path', async (context) => {
    if (process.getuid?.() === 0) {
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', at()], { stdio: 'ignore' });
      } catch {
        context.skip('root may write everywhere, and mounting a read-only folder is not allowed');
      }
    } else chmodSync(at(), 0o555);
    try {
      const ended = await convert([DIGITS, '-o', at('out.onnx'), '--external-data']);
      expect([ended.exitCode, errorOf(ended).code]).toEqual([5, 'OUTPUT_UNWRITABLE']);
      expect(errorOf(ended).message).toContain(at('out.onnx'));
    } finally {
      if (process.getuid?.() === 0) execFileSync('umount', [at()]);
      else chmodSync(at(), 0o755);
    }
  });
});

describe('the model that is read', () => {
  test('is not replaced without --force', async () => {
    await converted(DIGITS, '-o', at('m.onnx'), '--external-data');
    const before = readFileSync(at('m.onnx'));
    const ended = await convert([at('m.onnx'), '-o', at('m.onnx'), '--embed']);
    expect(errorOf(ended)).toMatchObject({ code: 'OUTPUT_EXISTS', hint: expect.stringContaining('--force') });
    expect(readFileSync(at('m.onnx')).equals(before)).toBe(true);
  });

  test('may be replaced by its other form, there and back; data files that it leaves are told', async () => {
    writeFileSync(at('m.onnx'), readFileSync(DIGITS));
    const out = await converted(at('m.onnx'), '-o', at('m.onnx'), '--external-data', '--force');
    expect(out).toMatchObject({ external: { tensors: 3 }, unusedFiles: [] });
    const back = await converted(at('m.onnx'), '-o', at('m.onnx'), '--embed', '--force');
    expect(back).toMatchObject({ external: { tensors: 0 }, unusedFiles: [at('m.onnx_data')] });
    expect(readFileSync(at('m.onnx')).equals(readFileSync(DIGITS))).toBe(true);
  });

  test.each<[string, string[]]>([
    ['its data file as another data file', ['-o', 'work/new.onnx', '--external-data', '--data-file', 'm.onnx_data']],
    ['its data file as the output', ['-o', 'work/m.onnx_data', '--embed']],
    ['the model as a data file', ['-o', 'work/new.onnx', '--external-data', '--data-file', 'm.onnx']],
    ['a link to the model as the output', ['-o', 'work/link.onnx', '--embed']],
  ])('is never destroyed: %s is refused, --force or not', async (_, words) => {
    await converted(DIGITS, '-o', at('m.onnx'), '--external-data', '--align', '64');
    symlinkSync('m.onnx', at('link.onnx'));
    const before = readdirSync(at()).map((name) => readFileSync(at(name), 'hex'));
    const ended = await convert([at('m.onnx'), ...words, '--force']);
    expect([ended.exitCode, errorOf(ended).code]).toEqual([2, 'OUTPUT_EXISTS']);
    expect(readdirSync(at()).map((name) => readFileSync(at(name), 'hex'))).toEqual(before);
  });
});

test('quantize does not write over a data file of its model either, --force or not', async () => {
  await converted(DIGITS, '-o', at('m.onnx'), '--external-data');
  const before = readFileSync(at('m.onnx_data'));
  const words = ['quantize', at('m.onnx'), '--method', 'dynamic-int8', '-o', at('m.onnx_data'), '--force', '--json'];
  const ended = await nimify(words, { cwd: folder });
  expect([ended.exitCode, errorOf(ended).code]).toEqual([2, 'OUTPUT_EXISTS']);
  expect(readFileSync(at('m.onnx_data')).equals(before)).toBe(true);
});

describe('what comes out', () => {
  test('is told: files, tensors in each form, digest', async () => {
    const result = await converted(
      DIGITS,
      '-o',
      at('m.onnx'),
      '--external-data',
      '--data-file',
      'w',
      '--split',
      '100KiB',
    );
    const weights = openModel(at('m.onnx')).externalFiles;
    expect(result.files.map(({ path }) => path)).toEqual(['m.onnx', 'w', 'w_1', 'w_2'].map((name) => at(name)));
    expect(result).toMatchObject({
      input: { path: DIGITS, external: { tensors: 0 } },
      output: { path: at('m.onnx'), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      external: { bytes: weights.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) },
      opset: null,
    });
  });

  test('computes the same, wherever the tensors are', async () => {
    await writeModel(everywhere(), at('m.onnx'));
    await converted(at('m.onnx'), '-o', at('out.onnx'), '--external-data', '--threshold', '0', '--split', '1000');
    await writeModel(everywhere(), at('all.onnx'), { data: { thresholdBytes: 0, alignBytes: 4096, needsAll: true } });
    for (const flag of [0, 1]) {
      const feeds: Feeds = { x: ramp(300), flag: { dataType: 'bool', dims: [], data: Uint8Array.of(flag) } };
      const expected = await outputsOf(at('m.onnx'), feeds);
      expect(await outputsOf(at('out.onnx'), feeds)).toEqual(expected);
      expect(await outputsOf(at('all.onnx'), feeds)).toEqual(expected);
    }
  });

  test('of a raised opset computes the same, with its weights where they were', async () => {
    await converted(DIGITS, '-o', at('m.onnx'), '--external-data');
    const result = await converted(at('m.onnx'), '-o', at('other', 'm.onnx'), '--opset', '21');
    expect(result).toMatchObject({ opset: { from: 17, to: 21 }, external: { tensors: 3 } });
    expect(readFileSync(at('other', 'm.onnx_data')).equals(readFileSync(at('m.onnx_data')))).toBe(true);
    const feeds = { [openModel(DIGITS).proto.graph.input[0]?.name as string]: ramp(1, 1, 28, 28) };
    expect(await outputsOf(at('other', 'm.onnx'), feeds)).toEqual(await outputsOf(DIGITS, feeds));
  });

  test.skipIf(sharedModels() === undefined)(
    'of published models is the same again (skipped without ../shared)',
    async () => {
      for (const name of ['ultraface/version-RFB-320.onnx', 'silero-vad/silero_vad.onnx', 'magika/model.onnx']) {
        const path = join(sharedModels() as string, name);
        const out = await converted(path, '-o', at('out.onnx'), '--external-data', '--force');
        expect(out.external.tensors).toBeGreaterThan(4);
        await converted(at('out.onnx'), '-o', at('back.onnx'), '--embed', '--force');
        expect(readFileSync(at('back.onnx')).equals(readFileSync(path))).toBe(true);
      }
    },
  );
});
