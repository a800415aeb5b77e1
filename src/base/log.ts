/** The developer's log, by pino, which is loaded on first use. The user's report is made in `ui`. */

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

/** JSON lines on standard error, written at once so that nothing is lost on exit. Secrets are masked by key. */
export async function openLog(level: LogLevel): Promise<Log> {
  if (level === 'silent') return silentLog;
  const { default: pino } = await import('pino');
  const log: Log = pino({ level, redact: REDACTED }, pino.destination({ dest: 2, sync: true }));
  return log;
}
