/** Outside programs, by execa, which is loaded on first use. */
import { NimifyError } from './errors.ts';

interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface ExecOptions {
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export type Exec = (command: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

/**
 * Runs a program without a shell and returns what it printed, whatever its exit code.
 * @throws NimifyError TOOL_MISSING when the program is not on PATH, TOOL_FAILED when it was killed or timed out.
 */
export const execProgram: Exec = async (command, args, options = {}) => {
  const { execa } = await import('execa');
  const result = await execa(command, args, {
    reject: false,
    stdin: 'ignore',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  if (result.failed && result.exitCode === undefined) {
    if (result.code === 'ENOENT') {
      throw new NimifyError('TOOL_MISSING', `${command} is not installed or not on PATH.`, {
        hint: 'nimify doctor lists the outside programs and what they are for.',
        details: { command },
      });
    }
    throw new NimifyError('TOOL_FAILED', `${command} did not end by itself: ${result.shortMessage}`, {
      details: { command },
      cause: result,
    });
  }
  return { exitCode: result.exitCode ?? 0, stdout: result.stdout, stderr: result.stderr };
};
