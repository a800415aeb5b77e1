/** `nimify analyze --bind`, as a process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { CostFacts } from '../../src/analysis/costs/facts.ts';
import { type Ended, envelope, nimify, ROOT } from './command.ts';

const MODEL = join(ROOT, 'test', 'fixtures', 'sample', 'digits.onnx');
const folder = mkdtempSync(join(tmpdir(), 'nimify-analyze-'));
afterAll(() => rmSync(folder, { recursive: true }));

const analyze = (...bind: string[]): Promise<Ended> =>
  nimify(['analyze', MODEL, '--json', ...bind.flatMap((item) => ['--bind', item])], { cwd: folder });

async function costsWith(...bind: string[]): Promise<CostFacts> {
  const ended = await analyze(...bind);
  expect(ended.exitCode).toBe(0);
  return envelope(ended).result?.costs as CostFacts;
}

describe('nimify analyze --bind', () => {
  test('a size that fits no input is a usage error that lists what does, and so is one that is no size', async () => {
    const unknown = await analyze('batc=8');
    expect(unknown.exitCode).toBe(2);
    expect(envelope(unknown)).toMatchObject({ error: { code: 'USAGE', hint: 'These can be bound: batch.' } });
    const fixed = await analyze('image:1=3');
    expect(envelope(fixed)).toMatchObject({ error: { message: expect.stringContaining('contradicts the model') } });
    expect((await analyze('batch=many')).exitCode).toBe(2);
  });

  test('a batch of 8 costs eight times as much, by its name or by its place', async () => {
    const assumed = await costsWith();
    expect(assumed).toMatchObject({ bindings: { batch: 1 }, assumed: ['batch'] });
    for (const bind of ['batch=8', 'image:0=8']) {
      const bound = await costsWith(bind);
      expect(bound).toMatchObject({ bindings: { batch: 8 }, assumed: [], macs: 8 * (assumed.macs ?? 0) });
      expect(bound.deviceMemory).toEqual(assumed.deviceMemory.filter(({ batch }) => batch === 8));
    }
  });
});
