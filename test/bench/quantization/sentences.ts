/**
 * Sentence embeddings of all-MiniLM-L6-v2, dynamic-int8 and weight-only with 8 bits, beside onnxruntime.quantization for
 * Python: 200 sentences measured, 32 others to smooth by, one thread, paired latencies.
 * Run: ONNX_PYTHON=/path/to/python npm run bench:sentences
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatBytes } from '../../../src/base/units.ts';
import { makeConfig } from '../../../src/config/make-config.ts';
import { pipelineDeps } from '../../../src/pipeline/deps.ts';
import { quantize } from '../../../src/pipeline/quantize.ts';

const PYTHON = process.env.ONNX_PYTHON ?? 'python3';
const SCRIPT = fileURLToPath(new URL('sentences.py', import.meta.url));

const OURS = {
  'nimify, dynamic': { method: 'dynamic-int8', hasData: false, quantization: {} },
  'nimify, dynamic, smoothed': { method: 'dynamic-int8', hasData: true, quantization: {} },
  'nimify, weight-only 8 bits': { method: 'weight-only', hasData: false, quantization: { weightBits: 8 } },
} as const;

function python(...args: string[]): string {
  return execFileSync(PYTHON, [SCRIPT, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

const folder = mkdtempSync(join(tmpdir(), 'nimify-sentences-'));
try {
  python('prepare', folder);
  for (const [name, { method, hasData, quantization }] of Object.entries(OURS)) {
    const data = hasData ? { path: join(folder, 'calibration.jsonl'), bind: {} } : { bind: {} };
    const config = makeConfig({ quantization: { ...quantization, ...(hasData ? { calibrationSamples: 28 } : {}) } });
    const request = { model: join(folder, 'model.onnx'), method, output: join(folder, `${name}.onnx`), data };
    await quantize({ ...request, force: true, isUnmeasured: !hasData }, pipelineDeps(config));
  }
  const models = readdirSync(folder).filter((file) => file.includes(',') && file.endsWith('.onnx'));
  const printed = python('compare', folder, ...models.sort().map((file) => join(folder, file)));
  console.log(`${''.padEnd(40)}  cosine    worst  speedup        size`);
  for (const line of printed.trim().split('\n')) {
    const { path, mean, worst, speedup, sizeBytes } = JSON.parse(line);
    const cells = [mean.toFixed(4), worst.toFixed(4).padStart(9), `${speedup.toFixed(2)}×`.padStart(9)];
    console.log(`${basename(path, '.onnx').padEnd(40)}  ${cells.join('')}${formatBytes(sizeBytes).padStart(12)}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
