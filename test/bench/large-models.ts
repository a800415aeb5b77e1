/**
 * Large models beside Python: `nimify analyze` against `onnx.load`, in turns, and `nimify convert` there and back.
 * Run: ONNX_PYTHON=/path/to/python npm run bench:large [rounds]
 * The Python needs the package onnx; without the variable the comparison is left out. Takes 10 GB of disk.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatBytes, formatMs } from '../../src/base/units.ts';
import { type Measured, measure, median } from './large-models/child.ts';
import { type BenchModels, makeModels } from './large-models/models.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const LAUNCHER = fileURLToPath(new URL('../../bin/nimify.js', import.meta.url));
const PYTHON = process.env.ONNX_PYTHON;

type Work = () => Promise<Measured>;

const nimify = (...words: string[]): Promise<Measured> => measure(process.execPath, [LAUNCHER, ...words]);
const onnxLoad = (path: string): Promise<Measured> =>
  measure(PYTHON as string, ['-c', 'import onnx, sys; onnx.load(sys.argv[1])', path]);

/** Everything once to warm the caches, then all in turns, so that a busy machine is busy for each of them. */
async function inTurns(works: Readonly<Record<string, Work>>): Promise<Map<string, Measured>> {
  const runs = new Map<string, Measured[]>();
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, work] of Object.entries(works)) {
      const measured = await work();
      if (round > 0) runs.set(name, [...(runs.get(name) ?? []), measured]);
    }
  }
  return new Map([...runs].map(([name, list]) => [name, median(list)]));
}

function show(name: string, { durationMs, peakBytes }: Measured, reference?: Measured): void {
  const memory = peakBytes === null ? 'unknown' : formatBytes(peakBytes);
  const ratio = reference === undefined ? '' : `${(durationMs / reference.durationMs).toFixed(3)} ×`;
  console.log(`${name.padEnd(34)}${formatMs(durationMs).padStart(10)}${memory.padStart(12)}  ${ratio}`);
}

async function compareReading({ embedded, external, many }: BenchModels): Promise<void> {
  const ours = {
    'analyze, 1.9 GB embedded': () => nimify('analyze', '--json', embedded),
    'analyze, 6 GB external': () => nimify('analyze', '--json', external),
    'analyze, 20,000 tensors': () => nimify('analyze', '--json', many),
  };
  const theirs = {
    'onnx.load, 1.9 GB embedded': () => onnxLoad(embedded),
    'onnx.load, 20,000 tensors': () => onnxLoad(many),
  };
  const results = await inTurns(PYTHON === undefined ? ours : { ...theirs, ...ours });
  const reference = results.get('onnx.load, 1.9 GB embedded');
  console.log(`${`median of ${ROUNDS}`.padEnd(34)}      time        peak  time against onnx.load of 1.9 GB`);
  for (const [name, measured] of results) show(name, measured, reference);
  if (PYTHON === undefined) console.log('Set ONNX_PYTHON to a Python with the package onnx to compare with it.');
}

async function convertThereAndBack({ embedded }: BenchModels, folder: string): Promise<void> {
  const [out, back] = [join(folder, 'out.onnx'), join(folder, 'back.onnx')];
  show('convert --external-data', await nimify('convert', embedded, '-o', out, '--external-data'));
  show('convert --embed', await nimify('convert', out, '-o', back, '--embed'));
  execFileSync('cmp', [embedded, back], { stdio: 'inherit' });
  console.log('There and back again: the same bytes.');
}

const folder = mkdtempSync(join(tmpdir(), 'nimify-bench-'));
try {
  const models = await makeModels(folder);
  await compareReading(models);
  await convertThereAndBack(models, folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
