/** How progress is shown, and which way fits the terminal. */
import type { Clock } from '../../base/clock.ts';
import type { Emit, ProgressEvent, ProgressUnit } from '../../base/events.ts';
import { formatBytes } from '../../base/units.ts';
import type { Terminal } from '../io.ts';
import type { ProgressMode } from './modes.ts';

export type StepProgress = Extract<ProgressEvent, { type: 'step-progress' }>;

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

/** How far a step is, and how long it may still take where that is known. */
export function howFar({ done, total, unit, leftMs }: StepProgress): string {
  const far = amount(done, total, unit);
  return leftMs === undefined ? far : `${far}, ${timeLeft(leftMs)}`;
}

/** An estimate is not told more exactly than it is: 5 seconds, minutes, tens of minutes. */
function timeLeft(ms: number): string {
  const seconds = Math.ceil(ms / 5000) * 5;
  if (seconds <= 5) return 'a few seconds left';
  if (seconds < 60) return `about ${seconds} s left`;
  const minutes = Math.round(ms / 60_000) || 1;
  if (minutes < 60) return `about ${minutes} min left`;
  const tens = Math.round(minutes / 10);
  return `about ${Math.floor(tens / 6)} h${tens % 6 === 0 ? '' : ` ${(tens % 6) * 10} min`} left`;
}

/** "24/64 samples", "1.2 MiB of 4.0 MiB", "24 samples" where the end is not known. */
function amount(done: number, total: number | null, unit: ProgressUnit): string {
  if (unit === 'bytes') return total === null ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`;
  return total === null ? `${done} ${unit}` : `${done}/${total} ${unit}`;
}
