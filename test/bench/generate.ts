/**
 * What generating costs: the whole set of artifacts of mnist, model work aside. Medians of fresh processes, because
 * `nimify create` is one; with loading and writing, and generating alone.
 * Run: npm run bench:generate [runs]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = new URL('../../', import.meta.url).pathname;
const MNIST = new URL('../../../shared/models/mnist/mnist.onnx', import.meta.url).pathname;
const NIMIFY = join(ROOT, 'bin/nimify.js');
const RUNS = Number(process.argv[2] ?? 11);

const folder = mkdtempSync(join(tmpdir(), 'nimify-generate-'));
const env = { ...process.env, NIMIFY_HOME: join(folder, 'home') };

function run(args: readonly string[]): string {
  const ended = spawnSync(process.execPath, [NIMIFY, ...args], { env, encoding: 'utf8' });
  if (ended.status !== 0) throw new Error(ended.stdout + ended.stderr);
  return ended.stderr;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** Duration of a step as the progress of the command tells it. */
function stepMs(progress: string, id: string): number {
  const events = progress
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { type: string; step?: string; durationMs?: number });
  const end = events.find((event) => event.step === id && event.durationMs !== undefined);
  if (end?.durationMs === undefined) throw new Error(`no step ${id}`);
  return end.durationMs;
}

const service = join(folder, 'mnist');
const times = { generate: [] as number[], record: [] as number[] };
for (let index = 0; index < RUNS; index += 1) {
  const progress = run([
    'create',
    MNIST,
    '-o',
    service,
    '--force',
    '--overwrite',
    '--json',
    '--progress',
    'json',
    '--methods',
    'dynamic-int8',
  ]);
  times.generate.push(stepMs(progress, 'generate'));
  times.record.push(stepMs(progress, 'record'));
}
const { artifacts } = JSON.parse(readFileSync(join(service, 'nimify.lock'), 'utf8')) as { artifacts: object };
console.log(
  `${Object.keys(artifacts).length} files; create, median of ${RUNS}: generate ${median(times.generate).toFixed(0)} ms, write and record ${median(times.record).toFixed(0)} ms`,
);
rmSync(folder, { recursive: true, force: true });
