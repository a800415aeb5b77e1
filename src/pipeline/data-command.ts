/** Samples that a command prints: JSON Lines, or a .npz or .npy file, on its standard output. */
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { NimifyError } from '../base/errors.ts';
import { type ShellResult, shellToFile } from '../base/shell.ts';
import type { SampleSet } from '../runtime/feeds.ts';

/** How a file of each kind begins; anything else is text. */
const BEGINNINGS: readonly (readonly [string, string])[] = [
  ['PK\x03\x04', 'npz'],
  ['\x93NUMPY', 'npy'],
];

export interface CommandOutput {
  /** What was printed, in a file with the name of its kind. */
  readonly path: string;
  /** The same set, and the same error, with the command named instead of that file. */
  read(load: (path: string) => Promise<SampleSet>): Promise<SampleSet>;
}

/**
 * @param folder an existing one that stays until the samples are no longer needed
 * @throws NimifyError TOOL_FAILED for another exit code than 0, DATA_EMPTY, DISK_FULL; or the abort reason of the signal
 */
export async function runDataCommand(command: string, folder: string, signal: AbortSignal): Promise<CommandOutput> {
  const raw = join(folder, 'samples');
  const result = await shellToFile(command, raw, signal);
  if (result.exitCode !== 0) throw failed(command, result);
  const path = `${raw}.${await kindOf(raw, command)}`;
  await rename(raw, path);
  return {
    path,
    read: async (load) => {
      try {
        return withOrigin(await load(path), `command: ${command}`);
      } catch (error) {
        throw renamed(error, path, 'output of the data command');
      }
    },
  };
}

function withOrigin(set: SampleSet, origin: string): SampleSet {
  return { ...set, origin, pick: (indices) => withOrigin(set.pick(indices), origin) };
}

async function kindOf(path: string, command: string): Promise<string> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    if (bytesRead === 0) {
      throw new NimifyError('DATA_EMPTY', `The data command printed nothing: ${command}`, {
        hint: 'It must print samples on standard output: JSON Lines, or a .npz file.',
        details: { command },
      });
    }
    const head = buffer.subarray(0, bytesRead).toString('latin1');
    return BEGINNINGS.find(([beginning]) => head.startsWith(beginning))?.[1] ?? 'jsonl';
  } finally {
    await file.close();
  }
}

function failed(command: string, { exitCode, stderr }: ShellResult): NimifyError {
  const last = stderr.trim().split('\n').at(-1)?.trim() ?? '';
  const how = exitCode === null ? 'was ended by a signal' : `ended with exit code ${exitCode}`;
  return new NimifyError('TOOL_FAILED', `The data command ${how}: ${command}${last === '' ? '' : ` (${last})`}`, {
    hint: 'Run it by itself and look at what it prints.',
    details: { command, exitCode, stderr },
  });
}

function renamed(error: unknown, path: string, name: string): unknown {
  if (!(error instanceof NimifyError) || !error.message.includes(path)) return error;
  const { code, hint, details, cause } = error;
  return new NimifyError(code, error.message.replaceAll(path, name), {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
    cause,
  });
}
