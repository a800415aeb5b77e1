/** `quantize` with the cache in a catalog: the second run does not calibrate, and no state of the catalog makes it fail. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { ProgressEvent } from '../../src/base/events.ts';
import { silentLog } from '../../src/base/log.ts';
import { type ConfigValues, makeConfig } from '../../src/config/make-config.ts';
import { makeNode } from '../../src/onnx/build.ts';
import { writeModel } from '../../src/onnx/write.ts';
import { catalogCalibrationCache } from '../../src/pipeline/calibration-cache.ts';
import { pipelineDeps } from '../../src/pipeline/deps.ts';
import { quantize } from '../../src/pipeline/quantize.ts';
import { smallModel, wave } from '../quantization/small-models.ts';

let folder: string;
let home: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-cache-'));
  home = join(folder, 'home');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const nodes = [makeNode('MatMul', ['x', 'w'], ['y'], { name: 'only' })];
  await writeModel(smallModel({ nodes, input: [4, 64], weights: { w: wave([64, 8]) }, opset: 17 }).proto, path('m'));
});

const path = (name: string) => join(folder, `${name}.onnx`);
const cacheIn = (at: string, isReadOnly = false) =>
  catalogCalibrationCache({ folder: at, clock: systemClock, log: silentLog, isReadOnly });

async function run(cache: ReturnType<typeof cacheIn> | undefined, quantization: ConfigValues['quantization'] = {}) {
  const events: ProgressEvent[] = [];
  const config = makeConfig({
    evaluation: { latencyRuns: 3 },
    quantization: { calibrationMethod: 'mse', ...quantization },
  });
  const request = { model: path('m'), method: 'static-int8', output: path('q'), force: true, data: { bind: {} } };
  const own = cache === undefined ? {} : { calibrationCache: cache };
  await quantize(request, pipelineDeps(config, { emit: (event) => events.push(event), ...own }));
  const step = events.find((event) => event.type === 'step-finished' && event.step === 'quantize:static-int8');
  return {
    bytes: readFileSync(path('q')).toString('hex'),
    isCached: step?.type === 'step-finished' && (step.summary ?? '').endsWith(', calibration from the cache'),
    notices: events.flatMap((event) => (event.type === 'notice' ? [event.message] : [])),
  };
}

describe('the calibration cache of the catalog', () => {
  test('serves the second run, other methods too, unless it is off', async () => {
    const first = await run(cacheIn(home));
    const second = await run(cacheIn(home));
    expect([first.isCached, second.isCached]).toEqual([false, true]);
    expect(second.bytes).toBe(first.bytes);
    expect((await run(undefined)).bytes).toBe(first.bytes);
    expect((await run(cacheIn(home), { calibrationMethod: 'entropy' })).isCached).toBe(true);
    expect((await run(cacheIn(home), { calibrationCache: false })).isCached).toBe(false);
    expect([...first.notices, ...second.notices]).toEqual([]);
  });

  test('a damaged row is told once and replaced', async () => {
    const { bytes } = await run(cacheIn(home));
    const db = new BetterSqlite3(join(home, 'catalog.db'));
    db.exec("UPDATE calibration SET value = x'00'");
    db.close();
    const again = await run(cacheIn(home));
    expect(again.bytes).toBe(bytes);
    expect(again.notices).toEqual([
      expect.stringMatching(/^The calibration cache does not help: the entry [0-9a-f]{12} is not used: /),
    ]);
    expect(await run(cacheIn(home))).toMatchObject({ isCached: true, notices: [] });
  });

  test('that is read only takes and adds nothing', async () => {
    expect((await run(cacheIn(home, true))).isCached).toBe(false);
    expect(() => readFileSync(join(home, 'catalog.db'))).toThrow(/ENOENT/);
    await run(cacheIn(home));
    expect((await run(cacheIn(home, true))).isCached).toBe(true);
  });

  test('that cannot be made is not missed', async () => {
    writeFileSync(home, 'a file where the folder would be');
    expect(await run(cacheIn(join(home, 'below')))).toMatchObject({ isCached: false, notices: [] });
  });

  test('in a damaged or locked catalog is told and not missed', async () => {
    mkdirSync(home);
    writeFileSync(join(home, 'catalog.db'), 'garbage');
    const damaged = await run(cacheIn(home));
    expect(damaged).toMatchObject({ isCached: false, notices: [expect.stringContaining('too few for a database')] });
    rmSync(home, { recursive: true });
    await run(cacheIn(home));
    const db = new BetterSqlite3(join(home, 'catalog.db'));
    onTestFinished(() => void db.close());
    db.exec('DELETE FROM calibration; BEGIN IMMEDIATE');
    const locked = await run(cacheIn(home));
    expect(locked).toMatchObject({ isCached: false, notices: [expect.stringMatching(/locked/)] });
  });
});
