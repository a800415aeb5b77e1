/**
 * static-int8 beside onnxruntime.quantization for Python: the same models, calibration and evaluation samples, one runtime,
 * one thread, paired latencies. Run: ONNX_PYTHON=/path/to/python npm run bench:quantization [seed]
 * Reads ../shared/models; the Python needs onnxruntime, onnx and sympy.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatBytes } from '../../../src/base/units.ts';
import { makeConfig } from '../../../src/config/make-config.ts';
import { pipelineDeps } from '../../../src/pipeline/deps.ts';
import { quantize } from '../../../src/pipeline/quantize.ts';
import { type Figures, figuresOf } from './compare.ts';
import { type BenchData, imageSamples, magikaSamples } from './samples.ts';

const PYTHON = process.env.ONNX_PYTHON;
const SEED = Number(process.argv[2] ?? 0);
const MODELS = fileURLToPath(new URL('../../../../shared/models/', import.meta.url));
const PHOTOS = join(MODELS, 'ultraface/images');
const REFERENCE = fileURLToPath(new URL('reference.py', import.meta.url));

interface Case {
  readonly name: string;
  readonly model: string;
  samples(folder: string): BenchData | Promise<BenchData>;
  /** What the search is asked for, in dB, given the best of the reference. */
  least(best: number): number;
}

const CASES: readonly Case[] = [
  {
    name: 'ultraface',
    model: join(MODELS, 'ultraface/version-RFB-320.onnx'),
    least: () => 47,
    samples: (folder) =>
      imageSamples(PHOTOS, folder, { width: 320, height: 240, isBgr: false, mean: 127, std: 128 }, SEED),
  },
  {
    name: 'yunet',
    model: join(MODELS, 'yunet/yunet_n_dynamic.onnx'),
    least: (best) => best + 1.5,
    samples: (folder) => imageSamples(PHOTOS, folder, { width: 320, height: 320, isBgr: true, mean: 0, std: 1 }, SEED),
  },
  {
    name: 'magika',
    model: join(MODELS, 'magika/model.onnx'),
    least: (best) => best,
    samples: (folder) => magikaSamples(join(MODELS, 'magika/files'), folder, SEED),
  },
];

/** Settings of ours that stand in the table. */
const OURS = {
  'nimify, defaults': {},
  'nimify, percentile': { calibrationMethod: 'percentile' },
  'nimify, auto': { calibrationMethod: 'auto' },
} as const;

async function ours(one: Case, data: BenchData, folder: string): Promise<Map<string, Figures>> {
  const rows = new Map<string, Figures>();
  for (const [index, [name, quantization]] of Object.entries(OURS).entries()) {
    const output = join(folder, `ours-${index}.onnx`);
    const config = makeConfig({ quantization, evaluation: { maxSamples: 4, latencyRuns: 3 } });
    const request = { model: one.model, method: 'static-int8', output, force: true, data: { bind: {}, split: data } };
    await quantize(request, pipelineDeps(config));
    rows.set(name, await figuresOf(one.model, output, data.evaluation));
  }
  return rows;
}

/** The search, with a budget made from the best of the reference. */
async function searched(
  one: Case,
  data: BenchData,
  folder: string,
  others: readonly Figures[],
): Promise<[string, Figures]> {
  const least = one.least(Math.max(0, ...others.map(({ sqnrDb }) => sqnrDb)));
  const output = join(folder, 'searched.onnx');
  const search = { budget: { metric: 'sqnr', least }, prefer: 'speed' } as const;
  const request = {
    model: one.model,
    method: 'static-int8',
    search,
    output,
    force: true,
    data: { bind: {}, split: data },
  };
  const started = performance.now();
  const { result } = await quantize(request, pipelineDeps(makeConfig()));
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const name = `nimify, search for ${least.toFixed(1)} dB (${seconds} s): ${result.chosen.replace('static-int8', '')}`;
  return [name, await figuresOf(one.model, output, data.evaluation)];
}

async function theirs(one: Case, data: BenchData, folder: string): Promise<Map<string, Figures>> {
  const rows = new Map<string, Figures>();
  if (PYTHON === undefined) return rows;
  const options = { encoding: 'utf8' as const, maxBuffer: 1 << 28 };
  const printed = execFileSync(PYTHON, [REFERENCE, one.model, data.calibration, folder], options);
  for (const line of printed.split('\n').filter((text) => text.startsWith('{'))) {
    const { name, path, error } = JSON.parse(line) as { name: string; path?: string; error?: string };
    if (path === undefined) console.log(`  ${name.padEnd(44)} ${error}`);
    else rows.set(name, await figuresOf(one.model, path, data.evaluation));
  }
  return rows;
}

function show(name: string, { sqnrDb, agreement, speedup, sizeBytes }: Figures): void {
  const cells = [`${sqnrDb.toFixed(1)} dB`, agreement.toFixed(3), `${speedup.toFixed(2)}×`, formatBytes(sizeBytes)];
  console.log(`  ${name.padEnd(44)}${cells.map((cell) => cell.padStart(12)).join('')}`);
}

const folder = mkdtempSync(join(tmpdir(), 'nimify-bench-'));
try {
  for (const one of CASES) {
    const own = join(folder, one.name);
    mkdirSync(own);
    const data = await one.samples(own);
    console.log(
      `${one.name}, seed ${SEED}`.padEnd(46) +
        ['SQNR', 'agreement', 'speedup', 'size'].map((title) => title.padStart(12)).join(''),
    );
    const reference = await theirs(one, data, own);
    for (const rows of [reference, await ours(one, data, own)]) for (const [name, figures] of rows) show(name, figures);
    show(...(await searched(one, data, own, [...reference.values()])));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
