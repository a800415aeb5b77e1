/** `nimify scan` on real models, and `nimify create` with rules that the user lets pass. */
import { linkSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreateResult } from '../../src/pipeline/requests.ts';
import type { ScanOutcome } from '../../src/pipeline/scan.ts';
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
  test.skipIf(MODELS === undefined)(`holds nothing that may harm (${NO_MODELS})`, async () => {
    for (const path of [MODELS as string, join(ROOT, '..', 'shared', 'onnx-cases')]) {
      const ended = await nimify(['scan', path, '--json'], { cwd: folder });
      const { results, scanned } = envelope(ended).result as unknown as ScanOutcome;
      expect(results.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(scanned.models).toBeGreaterThan(5);
      expect(ended.exitCode).toBe(0);
    }
  });

  test.skipIf(MODELS === undefined)('only the custom operators of super-resolution are worth a warning', async () => {
    const ended = await nimify(['scan', MODELS as string, '--json'], { cwd: folder });
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
