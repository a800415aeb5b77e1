/** Starts reader.ts, measured or watched by strace. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../command.ts';
import type { Reading } from './reader.ts';

const READER = fileURLToPath(new URL('./reader.ts', import.meta.url));
const NODE = [process.execPath, '--import', 'tsx', READER];
const TIMEOUT_MS = 110_000;

/** @param traceFile where strace notes the files that were opened; without it nobody watches */
export function readModels(paths: readonly string[], traceFile?: string): Reading[] {
  const watch = traceFile === undefined ? [] : straceArguments(traceFile);
  const [command, ...args] = [...watch, ...NODE] as [string, ...string[]];
  const ended = spawnSync(command, args, {
    cwd: ROOT,
    input: paths.map((path) => `${path}\n`).join(''),
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: 1 << 28,
  });
  const lines = ended.stdout.split('\n').filter((line) => line !== '');
  if (ended.status === 0) return lines.map((line) => JSON.parse(line) as Reading);
  const how = ended.signal ?? `exit code ${ended.status}`;
  throw new Error(`the reader ended with ${how} at ${paths[lines.length]}: ${ended.stderr.slice(-2000)}`);
}

/** `-y` adds the real path behind each descriptor, so that a read through a link shows. */
export function straceArguments(traceFile: string): string[] {
  return ['strace', '-f', '-y', '-s', '4096', '-e', 'trace=open,openat,openat2,creat', '-o', traceFile];
}

export const hasStrace = spawnSync('strace', ['-V'], { stdio: 'ignore' }).status === 0;

/** Real paths of the files that were opened. */
export function openedFiles(traceFile: string): Set<string> {
  const opened = readFileSync(traceFile, 'utf8').matchAll(/= \d+<([^\n]*)>$/gm);
  return new Set([...opened].map(([, path]) => path as string));
}
