import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeConfig } from '../../../src/config/make-config.ts';
import { writeModel } from '../../../src/onnx/write.ts';
import { pipelineDeps } from '../../../src/pipeline/deps.ts';
import type { QuantizationReport } from '../../../src/pipeline/quantization-report.ts';
import { quantize } from '../../../src/pipeline/quantize.ts';
import type { PipelineDeps, QuantizeRequest, SearchOptions } from '../../../src/pipeline/requests.ts';
import { poisoned } from './poisoned.ts';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-search-'));
  model = join(folder, 'poisoned.onnx');
  await writeModel(poisoned().proto, model);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = makeConfig({ evaluation: { latencyRuns: 3, maxSamples: 8 } });

function run(search: SearchOptions, more: Partial<QuantizeRequest> = {}, deps: Partial<PipelineDeps> = {}) {
  const request = { model, output: join(folder, 'q.onnx'), force: true, data: { bind: {} }, search, ...more };
  return quantize(request, pipelineDeps(config, deps));
}

const budget = (least: number) => ({ budget: { metric: 'sqnr', least }, prefer: 'size' }) as const;

describe('a search', () => {
  test('leaves exactly the layer float that does not bear it, and the recipe makes the same bytes again', async () => {
    const heard: QuantizationReport[] = [];
    const { result } = await run(budget(20), { method: 'dynamic-int8', onReport: (report) => heard.push(report) });
    expect(result.recipe.options.excludeNodes).toEqual(['poisoned']);
    expect(result.chosen).toBe('dynamic-int8-without-1');
    const [report] = heard as [QuantizationReport];
    expect(report.sensitivity[0]).toMatchObject({ group: 'poisoned', nodes: ['poisoned'], operator: 'MatMul' });
    expect(report.candidates.map(({ id, status, isChosen }) => [id, status, isChosen])).toEqual([
      ['dynamic-int8', 'rejected', false],
      ['dynamic-int8-without-1', 'measured', true],
    ]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const settings = { ...config, quantization: { ...config.quantization, excludeNodes: ['poisoned'] } };
    const again = {
      model,
      method: 'dynamic-int8',
      output: join(folder, 'again.onnx'),
      force: true,
      data: { bind: {} },
    };
    expect((await quantize(again, pipelineDeps(settings))).result.output.sha256).toBe(result.output.sha256);
  });

  test('says what was nearest when nothing holds, and writes nothing', async () => {
    const output = join(folder, 'never.onnx');
    await expect(run(budget(150), { method: 'dynamic-int8', output, force: false })).rejects.toMatchObject({
      code: 'BUDGET_NOT_MET',
      message: expect.stringMatching(
        /none of \d candidates holds 150\.0 dB of SQNR; the nearest is (mixed: )?dynamic-int8/,
      ),
      details: { limit: 150 },
    });
    expect(readdirSync(folder)).not.toContain('never.onnx');
  });

  test('tries every method, and says which do not apply', async () => {
    const heard: QuantizationReport[] = [];
    await run(budget(5), { onReport: (report) => heard.push(report) });
    const ids = heard[0]?.candidates.map(({ method }) => method);
    expect(ids).toEqual(expect.arrayContaining(['static-int8', 'dynamic-int8', 'weight-only', 'float16', 'bfloat16']));
  });

  test('ends with the best so far when the time is up', async () => {
    let now = 0;
    const clock = { now: () => new Date(0), monotonicMs: () => (now += 1000) };
    const heard: QuantizationReport[] = [];
    const search = { ...budget(5), timeLimitMs: 1 };
    const outcome = run(search, { onReport: (report) => heard.push(report) }, { clock: clock as never });
    await outcome.catch((error: unknown) => expect(error).toMatchObject({ code: 'BUDGET_NOT_MET' }));
    expect(heard.flatMap(({ candidates }) => candidates).length).toBeLessThan(2);
  });

  test('that is interrupted has told what it measured', async () => {
    const stop = new AbortController();
    const heard: QuantizationReport[] = [];
    const emit = (event: { type: string; step?: string }) =>
      event.type === 'step-progress' && event.step === 'search' && stop.abort(new Error('enough'));
    const outcome = run(
      budget(150),
      { onReport: (report) => heard.push(report) },
      { signal: stop.signal, emit: emit as never },
    );
    await expect(outcome).rejects.toThrow('enough');
    expect(heard).toMatchObject([{ chosen: null, reason: 'The search was interrupted.' }]);
    expect(heard[0]?.candidates).toHaveLength(1);
  });
});

test('the time that is left is told with each run but the last that is planned, and is never beyond the limit', async () => {
  const events: { step?: string; type: string; leftMs?: number; done?: number; total?: number | null }[] = [];
  await run({ ...budget(20), timeLimitMs: 3000 }, { method: 'dynamic-int8' }, { emit: (event) => events.push(event) });
  const told = events.filter(({ type, step }) => type === 'step-progress' && step === 'search');
  expect(told.length).toBeGreaterThan(3);
  const inGroups = told.filter(({ done = 0, total }) => done > 1 && done < (total ?? 0));
  for (const { leftMs } of inGroups) expect(leftMs).toBeGreaterThan(0);
  for (const { leftMs = 0 } of told) expect(leftMs).toBeLessThanOrEqual(3000);
});
