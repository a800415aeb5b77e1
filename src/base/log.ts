/** The developer's log, by pino, which is loaded on first use. The user's report is made in `ui`. */

import { createRequire } from 'node:module';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Log {
  debug(facts: Readonly<Record<string, unknown>>, message: string): void;
  info(facts: Readonly<Record<string, unknown>>, message: string): void;
  warn(facts: Readonly<Record<string, unknown>>, message: string): void;
  error(facts: Readonly<Record<string, unknown>>, message: string): void;
}

const nothing = (): void => {};

export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const REDACTED = ['token', '*.token', 'authorization', '*.authorization', 'password', '*.password'];

const RANKS = { debug: 20, info: 30, warn: 40, error: 50 } as const satisfies Record<keyof Log, number>;
const LOWEST = { trace: 10, ...RANKS, silent: 60 } as const satisfies Record<LogLevel, number>;

/** JSON lines on standard error, written at once so that nothing is lost on exit. Secrets are masked by key. */
export function openLog(level: LogLevel): Log {
  let pino: Log | undefined;
  const write = (method: keyof Log) => (facts: Readonly<Record<string, unknown>>, message: string) => {
    if (RANKS[method] < LOWEST[level]) return;
    pino ??= openPino(level);
    pino[method](facts, message);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** Required and not imported: the line that needs it first is not to wait. */
function openPino(level: LogLevel): Log {
  const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino');
  return pino({ level, redact: REDACTED }, pino.destination({ dest: 2, sync: true }));
}
