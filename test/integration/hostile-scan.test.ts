/** The corpus of hostile files against the scanner: what the reader refuses is found, and nothing outside is opened. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HostileCase } from '../fixtures/hostile/hostile-case.ts';
import { HOSTILE_CASES, makeCase } from '../fixtures/hostile/make-hostile.ts';
import { ROOT } from './command.ts';
import { hasStrace, openedFiles, straceArguments } from './hostile/reading.ts';
import type { Scanning } from './hostile/scanner.ts';

const SCANNER = fileURLToPath(new URL('./hostile/scanner.ts', import.meta.url));
/** Any work that grows with the square of a file takes minutes; a busy machine makes honest work two times slower. */
const MAX_CPU_MS = 5000;

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'nimify-hostile-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function scanAll(cases: readonly HostileCase[], trace?: string): Scanning[] {
  const paths = cases.map((hostile) => makeCase(hostile, root));
  const [command, ...args] = [
    ...(trace === undefined ? [] : straceArguments(trace)),
    ...[process.execPath, '--import', 'tsx', SCANNER],
  ] as [string, ...string[]];
  const input = paths.map((path) => `${path}\n`).join('');
  const ended = spawnSync(command, args, { cwd: ROOT, input, encoding: 'utf8', maxBuffer: 1 << 28 });
  expect(ended.status, ended.stderr.slice(-2000)).toBe(0);
  return ended.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Scanning);
}

/** A missing file harms nobody; everything else that the reader refuses does. */
function isFound({ expected }: HostileCase, rules: readonly string[]): boolean {
  if (expected === 'opens') return true;
  if (expected === 'EXTERNAL_DATA_MISSING') return rules.includes('warning external-data-missing');
  return rules.some((rule) => rule.startsWith('error ') || rule === 'warning external-data-unreadable');
}

describe.skipIf(process.platform === 'win32')('nimify scan', () => {
  const light = HOSTILE_CASES.filter(({ isHeavy }) => !isHeavy);

  test('finds what the reader refuses, without an error of its own, and opens only the folder of the model', (context) => {
    const trace = hasStrace ? join(root, 'trace') : undefined;
    const scans = scanAll(light, trace);
    const missed = scans.filter(({ rules }, index) => !isFound(light[index] as HostileCase, rules));
    expect(missed).toEqual([]);
    expect(scans.filter(({ rules }) => rules.some((rule) => rule.startsWith('thrown')))).toEqual([]);
    expect(scans.filter(({ cpuMs }) => cpuMs > MAX_CPU_MS)).toEqual([]);
    if (trace === undefined) return context.skip('which files were opened is not known: strace is not here');
    const folders = new Set(scans.map(({ path }) => dirname(path)));
    const ours = [...openedFiles(trace)].filter((path) => path.startsWith(root));
    const outside = ours.filter((path) => ![...folders].some((folder) => path.startsWith(`${folder}/`)));
    expect(outside).toEqual([]);
    expect(ours.some((path) => path.endsWith('decoy.bin'))).toBe(false);
  });

  test('leaves harmless external data alone, but for what only readers let pass', () => {
    const harmless = light.filter(({ name }) => name.startsWith('external-harmless/'));
    const strange = scanAll(harmless).filter(({ rules }) => rules.some((rule) => rule.startsWith('error ')));
    expect(strange.map(({ path, rules }) => [basename(dirname(dirname(path))), ...rules])).toEqual([
      ['checksum-and-unknown-keys', 'error external-data-unknown-key', 'error external-data-checksum'],
    ]);
  });

  test('is not held up by megabytes that the reader lets pass', () => {
    const heavy = HOSTILE_CASES.filter(({ isHeavy, expected }) => isHeavy && expected === 'opens');
    const scans = scanAll(heavy);
    expect(scans.filter(({ rules }, index) => !isFound(heavy[index] as HostileCase, rules))).toEqual([]);
    expect(scans.filter(({ rules, cpuMs }) => cpuMs > MAX_CPU_MS || rules.join().includes('thrown'))).toEqual([]);
  });
});
