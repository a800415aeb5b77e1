/** The corpus of hostile files against the real scanner, reader and analysis: a clear answer, in time, in memory, at home. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ERRORS } from '../../src/base/errors.ts';
import { HOSTILE_CASES, makeCase } from '../fixtures/hostile/make-hostile.ts';
import { envelope, nimify } from './command.ts';
import { hasStrace, openedFiles, readModels, straceArguments } from './hostile/reading.ts';

/** Any work that grows with the square of a file takes minutes; a busy machine makes honest work two times slower. */
const MAX_CPU_MS = 5000;
const MAX_RSS_BYTES = 500e6;

const light = HOSTILE_CASES.filter(({ isHeavy }) => !isHeavy);
const heavy = HOSTILE_CASES.filter(({ isHeavy }) => isHeavy);

/** Theme → rules of the scanner of which each of its cases meets one, whether the model opens or not. */
const SEEN_BY_SCANNER: Readonly<Record<string, RegExp>> = {
  bomb: /^runtime-(memory-bomb|endless-loop)$/,
  'external-path': /^external-data-/,
  'external-file': /^external-data-/,
  'external-range': /^external-data-range|^tensor-(size-mismatch|huge-dims|negative-dim)/,
};
const UNREADABLE = /^model-unreadable$|^message-limit$/;

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'nimify-hostile-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the corpus', () => {
  test('is large, and no case hides another one', () => {
    expect(light.length).toBeGreaterThan(1000);
    expect(new Set(HOSTILE_CASES.map(({ name }) => name)).size).toBe(HOSTILE_CASES.length);
    const themes = new Set(HOSTILE_CASES.map(({ name }) => dirname(name)));
    expect([...themes].sort()).toEqual([
      'bomb',
      'external-file',
      'external-harmless',
      'external-path',
      'external-range',
      'graph',
      'huge',
      'length',
      'name',
      'no-model',
      'truncated',
      'twice',
      'unknown',
      'wire',
    ]);
  });
});

describe.skipIf(process.platform === 'win32')('small files', () => {
  test('each gets the answer that it deserves, and only files of its own folder are opened', (context) => {
    const paths = light.map((hostile) => makeCase(hostile, root));
    const trace = hasStrace ? join(root, 'trace') : undefined;
    const readings = readModels(paths, trace);
    const wrong = readings.filter(({ outcome }, index) => outcome !== light[index]?.expected);
    expect(wrong).toEqual([]);
    const unseen = readings.filter(({ outcome, findings }, index) => {
      const rule = outcome.startsWith('MODEL_') ? UNREADABLE : SEEN_BY_SCANNER[dirname(light[index]?.name ?? '')];
      return rule !== undefined && !findings.some((found) => rule.test(found));
    });
    expect(unseen).toEqual([]);
    const quiet = readings.filter(({ findings }, index) =>
      light[index]?.findings?.some((code) => !findings.includes(code)),
    );
    expect(quiet).toEqual([]);
    expect(readings.filter(({ cpuMs }) => cpuMs > MAX_CPU_MS)).toEqual([]);
    expect(Math.max(...readings.map(({ rssBytes }) => rssBytes))).toBeLessThan(MAX_RSS_BYTES);
    if (trace === undefined) return context.skip('which files were opened is not known: strace is not here');
    const opened = [...openedFiles(trace)];
    const ours = opened.filter((path) => path.startsWith(root));
    // Of a data file that is not what it says nothing is opened; of others the scanner may look at the beginning.
    const isOwn = (path: string): boolean =>
      basename(path) === 'model.onnx' || (basename(dirname(path)) === 'model' && !/external-(file|path)/.test(path));
    expect(ours.filter((path) => !isOwn(path) && !path.includes('/external-harmless/'))).toEqual([]);
    expect(ours.filter((path) => basename(path) === 'model.onnx')).toHaveLength(paths.length);
    const system = opened.filter((path) => /^\/proc\/[^/]+\/(environ|mem|fd)|^\/dev\/zero|decoy/.test(path));
    expect(system).toEqual([]);
  });

  test.skipIf(!hasStrace)('a read through a link would be seen (skipped where strace is missing)', () => {
    writeFileSync(join(root, 'decoy.bin'), 'secret');
    symlinkSync('decoy.bin', join(root, 'weights.bin'));
    const read = `require('node:fs').readFileSync(${JSON.stringify(join(root, 'weights.bin'))})`;
    const [strace, ...args] = [...straceArguments(join(root, 'trace')), process.execPath, '-e', read];
    spawnSync(strace as string, args);
    expect([...openedFiles(join(root, 'trace'))]).toContain(join(root, 'decoy.bin'));
  });
});

describe('files of megabytes', () => {
  test.each(heavy)('$name: $expected', (hostile) => {
    const [reading] = readModels([makeCase(hostile, root)]);
    expect(reading?.outcome).toBe(hostile.expected);
    expect(reading?.cpuMs).toBeLessThan(MAX_CPU_MS);
    expect(reading?.rssBytes).toBeLessThan(MAX_RSS_BYTES);
  });
});

describe('the command line', () => {
  const examples = [...new Map(light.map((hostile) => [hostile.expected, hostile])).values()];

  test.each(examples)('$name ends with $expected and one JSON document', async (hostile) => {
    const { expected } = hostile;
    const ended = await nimify(['analyze', makeCase(hostile, root), '--json'], { cwd: root });
    const document = envelope(ended);
    if (expected === 'opens') expect(ended.exitCode).not.toBe(1);
    else {
      expect(document).toMatchObject({ ok: false, error: { code: expected } });
      expect(ended.exitCode).toBe(ERRORS[expected].exitCode);
      expect(document.error?.hint).toMatch(/\S/);
    }
  });

  test('control characters of a name do not reach the terminal', async () => {
    const hostile = light.find(({ name }) => basename(name) === 'terminal-escapes');
    const ended = await nimify(['analyze', makeCase(hostile as (typeof light)[number], root)], { cwd: root });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(ended.stdout).not.toMatch(/[\u0007\u001b\u202e]/);
    expect(ended.stdout).toContain('\\x1b]0;owned');
  });
});
