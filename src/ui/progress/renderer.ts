/** How progress is shown, and which way fits the terminal. */
import type { Clock } from '../../base/clock.ts';
import type { Emit, ProgressUnit } from '../../base/events.ts';
import { formatBytes } from '../../base/units.ts';
import type { Terminal } from '../io.ts';
import type { ProgressMode } from './modes.ts';

export interface ProgressRenderer {
  readonly emit: Emit;
  /** Shows what is left to show; to be called before anything else is printed. */
  close(): Promise<void>;
}

export interface ProgressRequest {
  readonly mode: ProgressMode;
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** The log writes to the same stream, so that a moving list would be torn. */
  readonly isLogging: boolean;
}

/** The renderer is loaded on use: a list of tasks brings a library of its own. */
export async function openProgress(request: ProgressRequest): Promise<ProgressRenderer> {
  switch (resolveMode(request)) {
    case 'tasks':
      return (await import('./tasks.ts')).openTasks(request.terminal.err, request.clock);
    case 'plain':
      return (await import('./plain.ts')).openPlain(request.terminal.err, request.clock);
    case 'json':
      return (await import('./json.ts')).openJson(request.terminal.err);
    case 'none':
      return { emit: () => {}, close: async () => {} };
  }
}

/** A moving list needs a terminal that moves, has a width and is not shared with the log. */
export function resolveMode({ mode, terminal, isLogging }: ProgressRequest): Exclude<ProgressMode, 'auto'> {
  if (mode !== 'auto') return mode;
  const { err, out, isCi, isDumb } = terminal;
  const hasWidth = [err, out].every(({ stream }) => stream.isTTY !== true || (stream.columns ?? 0) > 0);
  return err.style.isTty && hasWidth && !isCi && !isDumb && !isLogging ? 'tasks' : 'plain';
}

/** "24/64 samples", "1.2 MiB of 4.0 MiB", "24 samples" where the end is not known. */
export function amount(done: number, total: number | null, unit: ProgressUnit): string {
  if (unit === 'bytes') return total === null ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`;
  return total === null ? `${done} ${unit}` : `${done}/${total} ${unit}`;
}
