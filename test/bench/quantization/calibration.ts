/**
 * Calibration by percentiles beside that of onnxruntime.quantization: time and memory, and how memory grows with samples.
 * Run: ONNX_PYTHON=/path/to/python npm run bench:calibration. Reads ../shared/models; takes 4 GB of disk.
 */
import { closeSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatBytes, formatMs } from '../../../src/base/units.ts';
import { toNpy } from '../../fixtures/sample/npz.ts';
import { type Measured, measure } from '../large-models/child.ts';
import { imageSamples } from './samples.ts';

const PYTHON = process.env.ONNX_PYTHON;
const PHOTOS = fileURLToPath(new URL('../../../../shared/models/ultraface/images', import.meta.url));
const MODEL = fileURLToPath(new URL('../../../../shared/models/ultraface/version-RFB-320.onnx', import.meta.url));
const LAUNCHER = fileURLToPath(new URL('../../../bin/nimify.js', import.meta.url));
const REFERENCE = fileURLToPath(new URL('reference.py', import.meta.url));
const SHAPE = { width: 320, height: 240, isBgr: false, mean: 127, std: 128 };

const show = (name: string, { durationMs, peakBytes }: Measured): void =>
  console.log(`${name.padEnd(36)}${formatMs(durationMs).padStart(10)}${formatBytes(peakBytes ?? 0).padStart(12)}`);

/** The same samples as one file each, as users have them when they are many: one is in memory at a time. */
function oneByOne(array: string, count: number, folder: string): string {
  mkdirSync(folder);
  const sampleBytes = 3 * SHAPE.width * SHAPE.height * 4;
  const file = openSync(array, 'r');
  const start = statSync(array).size - count * sampleBytes;
  const bytes = new Uint8Array(sampleBytes);
  for (let index = 0; index < count; index += 1) {
    readSync(file, bytes, 0, sampleBytes, start + index * sampleBytes);
    const data = new Float32Array(bytes.buffer.slice(0));
    const name = `${String(index).padStart(5, '0')}.npy`;
    writeFileSync(join(folder, name), toNpy({ shape: [1, 3, SHAPE.height, SHAPE.width], data }));
  }
  closeSync(file);
  return folder;
}

/** The search of ranges and the evaluation are no part of calibration; the reference has neither. */
function ours(calibration: string, count: number, evaluation: string, folder: string): Promise<Measured> {
  const env = ['NIMIFY_QUANTIZATION_RANGE_SEARCH=false', 'NIMIFY_EVALUATION_LATENCY_RUNS=3'];
  const data = ['--calibration-data', calibration, '--evaluation-data', evaluation];
  const samples = ['--calibration-samples', String(count)];
  const words = [
    'quantize',
    MODEL,
    '--method',
    'static-int8',
    '--calibration-method',
    'percentile',
    '--no-calibration-cache',
    ...data,
    ...samples,
    '--force',
  ];
  return measure('env', [...env, process.execPath, LAUNCHER, ...words, '-o', join(folder, 'q.onnx')]);
}

const folder = mkdtempSync(join(tmpdir(), 'nimify-bench-'));
try {
  for (const count of [20, 200, 2000]) {
    const own = join(folder, String(count));
    mkdirSync(own);
    const data = await imageSamples(PHOTOS, own, SHAPE, 0, { calibration: count, evaluation: 2 });
    const samples = oneByOne(data.calibration, count, join(own, 'samples'));
    const mine = await ours(samples, count, data.evaluation, own);
    show(`nimify, ${count} samples`, mine);
    if (PYTHON === undefined || count !== 200) continue;
    const reference = await measure(PYTHON, [
      REFERENCE,
      MODEL,
      data.calibration,
      own,
      'core operators, per channel, percentile',
    ]);
    show(`onnxruntime (Python), ${count} samples`, reference);
    const memory = (mine.peakBytes ?? 0) / (reference.peakBytes ?? 1);
    console.log(`time ${(mine.durationMs / reference.durationMs).toFixed(2)} ×, peak memory ${memory.toFixed(2)} ×`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
