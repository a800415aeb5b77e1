/** Runs the cases in processes of their own, replaces those that die or stand still, and adds up what came out. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CaseLine, Part } from './child.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly from?: number;
  readonly count: number;
  readonly processes: number;
  readonly onProgress?: (done: number) => void;
}

interface Failure {
  readonly index: number;
  /** The error with its stack, or how the process ended. */
  readonly what: string;
}

export interface FuzzReport {
  readonly done: number;
  /** `accepted`, or the code of the refusal → cases. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly failures: readonly Failure[];
  /** The slowest, at most 20, the slowest first. */
  readonly slowest: readonly CaseLine[];
  readonly maxRssBytes: number;
}

/** Without a line for so long a process stands still: a case that is allowed takes less than a tenth of it. */
const STANDSTILL_MS = 30_000;
const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

class Tally {
  readonly outcomes = new Map<string, number>();
  readonly failures: Failure[] = [];
  slowest: CaseLine[] = [];
  maxRssBytes = 0;
  done = 0;

  add(line: CaseLine): void {
    this.done += 1;
    this.outcomes.set(line.outcome, (this.outcomes.get(line.outcome) ?? 0) + 1);
    this.maxRssBytes = Math.max(this.maxRssBytes, line.rssBytes);
    if (line.stack !== undefined) this.failures.push({ index: line.index, what: `${line.seed}: ${line.stack}` });
    if (this.slowest.length < 20 || line.cpuMs > (this.slowest.at(-1)?.cpuMs ?? 0)) {
      this.slowest = [...this.slowest, line].sort((a, b) => b.cpuMs - a.cpuMs).slice(0, 20);
    }
  }

  /** A case that took its process along. */
  lost(index: number, how: string): void {
    this.done += 1;
    this.failures.push({ index, what: how });
  }
}

export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const tally = new Tally();
  const { seed, count, processes, from = 0 } = options;
  await Promise.all(
    Array.from({ length: processes }, (_, first) =>
      runPart({ seed, from: from + first, to: from + count, step: processes }, tally, options.onProgress),
    ),
  );
  const { outcomes, failures, slowest, maxRssBytes, done } = tally;
  return { outcomes, failures: failures.sort((a, b) => a.index - b.index), slowest, maxRssBytes, done };
}

async function runPart(part: Part, tally: Tally, onProgress?: (done: number) => void): Promise<void> {
  for (let from = part.from; from < part.to; ) {
    let next = from;
    const how = await runChild({ ...part, from }, (line) => {
      tally.add(line);
      next = line.index + part.step;
      onProgress?.(tally.done);
    });
    if (next >= part.to) return;
    tally.lost(next, how);
    from = next + part.step;
  }
}

/** Resolves with how the process ended. */
function runChild(part: Part, onLine: (line: CaseLine) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const args = ['--max-old-space-size=450', '--import', 'tsx', CHILD, JSON.stringify(part)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let lastWords = '';
    let standstill = setTimeout(() => child.kill('SIGKILL'), 2 * STANDSTILL_MS);
    createInterface({ input: child.stdout }).on('line', (text) => {
      clearTimeout(standstill);
      standstill = setTimeout(() => child.kill('SIGKILL'), STANDSTILL_MS);
      onLine(JSON.parse(text) as CaseLine);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-2000);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(standstill);
      resolve(`${signal === 'SIGKILL' ? 'stood still' : `ended with ${signal ?? code}`}: ${lastWords}`);
    });
  });
}
