/**
 * Scans, opens and analyzes the models that it is told of, as nimify does but without ONNX Runtime, and says what came of
 * each: a process of its own, so that its memory can be measured and its system calls watched. A line of JSON per path,
 * from standard input to standard output.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { analyzeModel } from '../../../src/analysis/analyze.ts';
import { NimifyError } from '../../../src/base/errors.ts';
import { openModel } from '../../../src/onnx/open.ts';
import { scanPath } from '../../../src/scanner/scan.ts';

export interface Reading {
  readonly path: string;
  /** `opens`, the code of the NimifyError, or the stack of any other error. */
  readonly outcome: string;
  /** Codes of the analysis and rules of the scanner. */
  readonly findings: readonly string[];
  /** Of this process: a machine that is busy with other things makes nobody slow. */
  readonly cpuMs: number;
  /** The largest so far in this process. */
  readonly rssBytes: number;
}

const plan = { tritonTag: '26.07', gpus: 1, maxBatchSize: 8 };

async function read(path: string): Promise<Reading> {
  const start = process.cpuUsage();
  let rules: readonly string[] = [];
  const done = (outcome: string, codes: readonly string[] = []): Reading => ({
    path,
    outcome,
    findings: [...new Set([...codes, ...rules])],
    cpuMs: cpuMsSince(start),
    rssBytes: peakRssBytes(),
  });
  try {
    rules = (await scanPath(path)).results.map(({ rule }) => rule);
    const model = openModel(path);
    const { signal } = new AbortController();
    const analysis = await analyzeModel(model, { sha256: null, signal, canLoad: false, plan });
    return done(
      'opens',
      analysis.findings.map(({ code }) => code),
    );
  } catch (error) {
    if (error instanceof NimifyError) return done(error.code);
    return done(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

/** The figure of getrusage would be that of the parent, as long as it is larger: a child begins as its copy. */
function peakRssBytes(): number {
  const status = '/proc/self/status';
  if (!existsSync(status)) return process.resourceUsage().maxRSS * 1024;
  return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(status, 'utf8'))?.[1]) * 1024;
}

function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

for await (const path of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await read(path))}\n`);
}
