/** An error as people read it: what happened, what to do next, and for a bug what to report. */
import type { NimifyError } from '../base/errors.ts';
import { paint, proseWidth, type Style } from './style.ts';
import { safeLines, wrap } from './text.ts';

export interface ErrorContext {
  readonly isDebug: boolean;
  /** Shown with bugs: `nimify 0.1.0, Node 22.18.0, linux x64`. */
  readonly versions: string;
}

export function errorText(style: Style, error: NimifyError, context: ErrorContext): string {
  const head = `${paint(style, 'red', '✗')} ${paint(style, 'bold', error.code)}`;
  const width = proseWidth(style) - 2;
  const lines = [head, ...indented(safeLines(error.message), width)];
  if (error.hint !== undefined) lines.push(...hintLines(style, error.hint, width));
  if (error.code === 'BUG') lines.push('', ...indented(`Sorry. This is a bug in nimify (${context.versions}).`, width));
  if (context.isDebug) lines.push('', ...stackLines(error).map((line) => paint(style, 'dim', line)));
  else if (error.code === 'BUG')
    lines.push(...indented('Run the same command with --debug to see where it happened.', width));
  return `${lines.join('\n')}\n`;
}

function hintLines(style: Style, hint: string, width: number): string[] {
  return wrap(safeLines(hint), width - 2).map((line, index) => {
    const arrow = index === 0 ? paint(style, 'cyan', '→') : ' ';
    return `  ${arrow} ${line}`;
  });
}

function indented(text: string, width: number): string[] {
  return wrap(text, width).map((line) => `  ${line}`);
}

function stackLines(error: Error): string[] {
  const lines = safeLines(error.stack ?? String(error)).split('\n');
  if (error.cause instanceof Error) lines.push('caused by', ...stackLines(error.cause));
  return lines;
}
