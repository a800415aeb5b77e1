/** Lines of shell that the user gives, by execa, which is loaded on first use. */
import { open } from 'node:fs/promises';
import { writeError } from './errors.ts';

export interface ShellResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  /** The end of what it wrote to standard error, at most 4 KiB. */
  readonly stderr: string;
}

const STDERR_BYTES = 4096;
const KILL_AFTER_MS = 3000;

/**
 * Runs a line of shell and writes its standard output to a file, whatever its exit code. An abort ends it with all that
 * it started.
 * @param path of a new file; standard error goes to one of the same name with `.stderr`
 * @throws NimifyError DISK_FULL, OUTPUT_UNWRITABLE; or the abort reason of the signal
 */
export async function shellToFile(command: string, path: string, signal?: AbortSignal): Promise<ShellResult> {
  const { execa } = await import('execa');
  signal?.throwIfAborted();
  const isGroup = process.platform !== 'win32';
  const running = execa(command, {
    shell: true,
    detached: isGroup,
    reject: false,
    stdin: 'ignore',
    stdout: { file: path },
    stderr: { file: `${path}.stderr` },
    buffer: false,
  });
  const stop = () => endGroup(isGroup ? running.pid : undefined, (name) => running.kill(name));
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const result = await running;
    signal?.throwIfAborted();
    if (result.exitCode === undefined && result.signal === undefined) throw writeError(result.cause ?? result, path);
    return { exitCode: result.exitCode ?? null, stderr: await endOf(`${path}.stderr`) };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** A shell does not pass signals on to what it started; its process group gets them all. */
function endGroup(group: number | undefined, kill: (name: NodeJS.Signals) => void): void {
  const send = (name: NodeJS.Signals) => {
    try {
      if (group === undefined) kill(name);
      else process.kill(-group, name);
    } catch {
      // It has ended by itself.
    }
  };
  send('SIGTERM');
  setTimeout(() => send('SIGKILL'), KILL_AFTER_MS).unref();
}

async function endOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, STDERR_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}
