/**
 * Mutations of real and hostile models through scanner, reader, analysis and writer: `npm run fuzz -- [--count 200000]
 * [--seed 1] [--from 0] [--processes 2] [--out FOLDER]`. Nothing but NimifyErrors may come out, no case may take 2 s or
 * 500 MB, and what is written must read as what was read. Cases that break this are saved in the folder. Ends with 1 then.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeInput } from './fuzz/child.ts';
import { type FuzzReport, runFuzz } from './fuzz/run.ts';
import { Seeds } from './fuzz/seeds.ts';

const MAX_CPU_MS = 2000;
const MAX_RSS_BYTES = 500e6;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    processes: { type: 'string', default: String(availableParallelism()) },
    out: { type: 'string', default: join(tmpdir(), 'nimify-fuzz-found') },
  },
});
const [count, seed, from, processes] = [values.count, values.seed, values.from, values.processes].map(Number) as [
  number,
  number,
  number,
  number,
];

/** The place in our code where it broke, so that one bug is told once. */
function placeOf(what: string): string {
  const [message = ''] = what.split('\n');
  const frame = /\n\s+at [^\n]*src\/([^\n)]*)/.exec(what)?.[1] ?? '';
  return `${message.replaceAll(/\d+/g, 'N').slice(0, 150)} ${frame}`;
}

function show(report: FuzzReport, startMs: number): void {
  const seconds = (performance.now() - startMs) / 1000;
  const lines = [
    `${report.done} mutations of ${new Seeds().count} models, seed ${seed}, ${seconds.toFixed(0)} s in ${processes} processes`,
    '',
    ...[...report.outcomes].sort(([, a], [, b]) => b - a).map(([code, n]) => `${String(n).padStart(8)}  ${code}`),
    '',
    `slowest case    ${report.slowest[0]?.cpuMs.toFixed(0)} ms of CPU (${report.slowest[0]?.seed}, case ${report.slowest[0]?.index})`,
    `most memory     ${(report.maxRssBytes / 1e6).toFixed(0)} MB resident`,
    `failures        ${report.failures.length}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function save(report: FuzzReport): void {
  const slow = report.slowest
    .filter(({ cpuMs }) => cpuMs > MAX_CPU_MS)
    .map(({ index, cpuMs, seed: name }) => ({ index, what: `${name}: took ${cpuMs.toFixed(0)} ms` }));
  const groups = new Map<string, { index: number; what: string }[]>();
  for (const failure of [...report.failures, ...slow]) {
    const place = placeOf(failure.what);
    groups.set(place, [...(groups.get(place) ?? []), failure]);
  }
  if (groups.size === 0) return;
  mkdirSync(values.out, { recursive: true });
  const seeds = new Seeds();
  for (const [place, failures] of groups) {
    const [first] = failures as [{ index: number; what: string }];
    const path = join(values.out, `${seed}-${first.index}.onnx`);
    writeFileSync(path, makeInput(seeds, seed, first.index).bytes);
    process.stdout.write(
      `\n${failures.length} × ${place}\n  ${path}\n  ${first.what.slice(0, 1500).replaceAll('\n', '\n  ')}\n`,
    );
  }
}

const startMs = performance.now();
const report = await runFuzz({
  seed,
  from,
  count,
  processes,
  onProgress: (done) => {
    if (done % 5000 === 0) process.stderr.write(`${done} of ${count}\n`);
  },
});
show(report, startMs);
save(report);
const isGood =
  report.failures.length === 0 && report.maxRssBytes < MAX_RSS_BYTES && (report.slowest[0]?.cpuMs ?? 0) < MAX_CPU_MS;
process.exitCode = isGood ? 0 : 1;
