/** The two output streams, with what is known of them. Nothing else in nimify writes to a stream. */
import type { Environment } from '../base/paths.ts';
import { forStream, type Style } from './style.ts';

/** The part of a Node stream that is used; tests give an object of their own. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly destroyed?: boolean;
  write(text: string, done?: (error?: Error | null) => void): boolean;
}

export interface Screen {
  readonly style: Style;
  readonly stream: OutputStream;
  /** Writes the text of a report; resolves when the stream took it. A closed pipe is no error. */
  write(text: string): Promise<void>;
  /** Writes bytes that must not change, such as JSON. */
  writeExact(text: string): Promise<void>;
}

export interface Terminal {
  /** Results. */
  readonly out: Screen;
  /** Everything else. */
  readonly err: Screen;
  /** True in continuous integration, where nothing moves. */
  readonly isCi: boolean;
  readonly isDumb: boolean;
}

export interface TerminalRequest {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Environment;
  /** From --no-color. */
  readonly isColourOff: boolean;
}

const DEFAULT_COLUMNS = 80;

export function openTerminal({ stdout, stderr, env, isColourOff }: TerminalRequest): Terminal {
  const isDumb = env.TERM === 'dumb';
  const open = (stream: OutputStream): Screen =>
    openScreen(stream, {
      columns: stream.columns || DEFAULT_COLUMNS,
      isTty: stream.isTTY === true,
      hasColour: !isColourOff && hasColour(env, stream),
      hasUnicode: hasUnicode(env),
    });
  return { out: open(stdout), err: open(stderr), isCi: isSet(env.CI), isDumb };
}

/** NO_COLOR wins over FORCE_COLOR, and that over TERM=dumb and pipes. */
function hasColour(env: Environment, stream: OutputStream): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined) return isSet(env.FORCE_COLOR) || env.FORCE_COLOR === '';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** The first locale variable that is set decides; without any, UTF-8 is assumed, as in most containers. */
function hasUnicode(env: Environment): boolean {
  if (env.TERM === 'dumb' || env.TERM === 'linux') return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return !locale || /utf-?8/i.test(locale);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value);
}

function openScreen(stream: OutputStream, style: Style): Screen {
  const writeExact = (text: string): Promise<void> =>
    new Promise((resolve) => {
      if (text === '' || stream.destroyed) resolve();
      else stream.write(text, () => resolve());
    });
  return { style, stream, writeExact, write: (text) => writeExact(forStream(style, text)) };
}
