/** A program as another process: how long it takes, and the most memory that it had at once. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Measured {
  readonly durationMs: number;
  /** Resident memory at its peak; null where there is no /proc to read it from. */
  readonly peakBytes: number | null;
}

/** Short enough that what a program allocates at its very end is seen. */
const LOOK_EVERY_MS = 5;

/** Runs to its end; throws what it said on standard error when it fails. */
export function measure(command: string, args: readonly string[]): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    let peakBytes: number | null = null;
    const watch = setInterval(() => {
      peakBytes = highWater(child.pid) ?? peakBytes;
    }, LOOK_EVERY_MS);
    child.on('error', reject).on('close', (code) => {
      clearInterval(watch);
      const durationMs = performance.now() - startedMs;
      if (code === 0) resolve({ durationMs, peakBytes });
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}\n${said}`));
    });
  });
}

function highWater(pid: number | undefined): number | null {
  try {
    const [, kibibytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  } catch {
    return null;
  }
}

/** Of each figure its median; the peak is the largest of all. */
export function median(runs: readonly Measured[]): Measured {
  const times = runs.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const peaks = runs.flatMap(({ peakBytes }) => peakBytes ?? []);
  return {
    durationMs: times[Math.floor(times.length / 2)] as number,
    peakBytes: peaks.length === 0 ? null : Math.max(...peaks),
  };
}
