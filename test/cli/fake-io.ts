/** A process that keeps what is written to it. */
import type { Environment } from '../../src/base/paths.ts';
import { run } from '../../src/cli/main.ts';
import type { OutputStream } from '../../src/ui/io.ts';

export interface FakeRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as the JSON document; fails when it is not exactly one. */
  json(): Envelope;
}

export interface Envelope {
  readonly schemaVersion: number;
  readonly command: string;
  readonly ok: boolean;
  readonly result?: Record<string, unknown>;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly exitCode: number;
  };
  readonly findings: readonly { readonly code: string; readonly message: string }[];
}

export interface FakeOptions {
  readonly env?: Environment;
  readonly cwd?: string;
  readonly isTty?: boolean;
  readonly columns?: number;
  readonly signal?: AbortSignal;
}

export async function runFake(argv: readonly string[], options: FakeOptions = {}): Promise<FakeRun> {
  const texts = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof texts): OutputStream => ({
    isTTY: options.isTty ?? false,
    columns: options.columns ?? 80,
    write: (text, done) => {
      texts[name] += text;
      done?.();
      return true;
    },
  });
  const cwd = options.cwd ?? '/';
  const exitCode = await run(argv, {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    env: { NIMIFY_HOME: `${cwd}/home`, ...options.env },
    cwd,
    homeFolder: cwd,
    signal: options.signal ?? new AbortController().signal,
    platform: 'Node 0, test',
  });
  return { exitCode, ...texts, json: () => JSON.parse(texts.stdout) as Envelope };
}
