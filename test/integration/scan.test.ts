/** `nimify scan` on real models, and `nimify create` with rules that the user lets pass. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreateResult } from '../../src/pipeline/requests.ts';
import type { ScanOutcome } from '../../src/pipeline/scan.ts';
import { writeEmbedded } from '../onnx/sparse-file.ts';
import { type Ended, envelope, nimify, ROOT, sharedModels } from './command.ts';

const SAMPLE = join(ROOT, 'test', 'fixtures', 'sample');
const MODELS = sharedModels();
const NO_MODELS = 'the folder of real models is not beside the project';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-scan-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what other people publish', () => {
  test('holds nothing that may harm', async (context) => {
    if (MODELS === undefined) return context.skip(NO_MODELS);
    for (const path of [MODELS, join(ROOT, '..', 'shared', 'onnx-cases')]) {
      const ended = await nimify(['scan', path, '--json'], { cwd: folder });
      const { results, scanned } = envelope(ended).result as unknown as ScanOutcome;
      expect(results.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(scanned.models).toBeGreaterThan(5);
      expect(ended.exitCode).toBe(0);
    }
  });

  test('has nothing worth a warning but the custom operators of super-resolution', async (context) => {
    if (MODELS === undefined) return context.skip(NO_MODELS);
    const ended = await nimify(['scan', MODELS, '--json'], { cwd: folder });
    const { results } = envelope(ended).result as unknown as ScanOutcome;
    const inModels = results.filter(({ file, severity }) => file.endsWith('.onnx') && severity !== 'info');
    expect(inModels.map(({ rule, file }) => [rule, file])).toEqual([
      ['custom-operator-domain', expect.stringMatching(/^super-resolution\//)],
    ]);
  });
});

describe('links that the user lets pass', () => {
  const create = (model: string, ...flags: string[]): Promise<Ended> =>
    nimify(['create', model, '-o', join(folder, 'out'), '--force', '--json', '--bind', 'batch=1', ...flags], {
      cwd: folder,
    });

  /** The sample with its weights in `w.bin`, which `link` makes a link to a file beside the folder. */
  async function linkedModel(name: string, link: (from: string, to: string) => void): Promise<string> {
    const own = join(folder, name);
    mkdirSync(own);
    const model = join(own, 'digits.onnx');
    const flags = ['--external-data', '--data-file', 'w.bin', '--threshold', '0'];
    const ended = await nimify(['convert', join(SAMPLE, 'digits.onnx'), '-o', model, ...flags], { cwd: folder });
    expect(ended.exitCode, ended.stderr).toBe(0);
    const store = join(folder, `${name}.blob`);
    renameSync(join(own, 'w.bin'), store);
    link(store, join(own, 'w.bin'));
    return model;
  }

  test.each([
    ['external-data-hard-link', linkSync],
    ['external-data-link', symlinkSync],
  ] as const)('%s: refused without it, served from a plain copy with it', async (rule, link) => {
    const model = await linkedModel(rule, link);
    expect(envelope(await create(model)).error?.code).toBe('EXTERNAL_DATA_UNSAFE');
    const ended = await create(model, '--allow', rule);
    expect(ended.exitCode, ended.stderr).toBe(0);
    const { findings } = envelope(ended);
    expect(findings).toContainEqual(expect.objectContaining({ code: 'SCAN_RULE', severity: 'warning' }));
    const { service } = envelope(ended).result as unknown as CreateResult;
    const written = join(service.path, 'models', service.name, '1');
    const names = ['model.onnx', 'w.bin'];
    for (const name of names) expect(statSync(join(written, name)).nlink).toBe(1);
    expect(readFileSync(join(written, 'w.bin'))).toEqual(readFileSync(join(folder, `${rule}.blob`)));
  });
});

/** Scans in a process of its own and gives its peak of memory, which Linux keeps. */
function peakMib(path: string): number {
  const code = `
    import { readFileSync } from 'node:fs';
    import { scanPath } from ${JSON.stringify(join(ROOT, 'dist', 'scanner', 'scan.js'))};
    const { scanned } = await scanPath(${JSON.stringify(path)});
    if (scanned.bytes < 1.8e9) throw new Error('not all of it');
    console.log(/VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  `;
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  expect(ended.status, ended.stderr).toBe(0);
  return Number(ended.stdout) / 1024;
}

describe.skipIf(process.platform !== 'linux')('two gigabytes stay on the disk', () => {
  test('as the weights of a model', () => {
    const path = join(folder, 'large.onnx');
    writeEmbedded(path, 475, 1000);
    expect(peakMib(path)).toBeLessThan(200);
  });

  test('as the bytes of a pickle', () => {
    const path = join(folder, 'large.pkl');
    const head = Buffer.from('80048e0000000000000000', 'hex');
    head.writeBigUInt64LE(2_000_000_000n, 3);
    writeFileSync(path, head);
    truncateSync(path, head.length + 2_000_000_000);
    appendFileSync(path, '.');
    expect(peakMib(path)).toBeLessThan(200);
  });
});
