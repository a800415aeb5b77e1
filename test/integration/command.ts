/** Runs the built command line as a user does, with a data folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Envelope } from '../cli/fake-io.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LAUNCHER = join(ROOT, 'bin', 'nimify.js');

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  /** Called once the process runs, for signals. */
  readonly onStart?: (child: ChildProcess) => void;
  readonly env?: Readonly<Record<string, string>>;
  /** User and group of the process; only root may choose. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
}

export function nimify(args: readonly string[], options: RunOptions): Promise<Ended> {
  const env = { ...process.env, NIMIFY_HOME: join(options.cwd, 'home'), NO_COLOR: '1', CI: '1', ...options.env };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [LAUNCHER, ...args], {
      cwd: options.cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options.runAs,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
    options.onStart?.(child);
  });
}

/** The one JSON document on stdout; throws when there is more or less than one. */
export function envelope(ended: Ended): Envelope {
  return JSON.parse(ended.stdout);
}

/** Everything below a folder but the data folder, so that left-overs show. */
export function leftovers(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name !== 'home') : [];
}

/** Folder of published models beside the project; undefined where it is missing. */
export function sharedModels(): string | undefined {
  const folder = join(ROOT, '..', 'shared', 'models');
  return existsSync(folder) ? folder : undefined;
}
