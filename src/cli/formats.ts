/** `--format` and `-o` of the commands whose result other programs read too. */
import { resolve } from 'node:path';
import { NimifyError } from '../base/errors.ts';
import type { Finding } from '../base/findings.ts';
import { writeFileAtomic } from '../base/write-files.ts';
import type { Style } from '../ui/style.ts';
import type { Call } from './call.ts';
import { envelopeText } from './envelope.ts';
import { codeOf, failOn } from './exit-code.ts';

/** As a file is read: no colours, no terminal to fit. */
const FILE_STYLE: Style = { columns: 100, isTty: false, hasColour: false, hasUnicode: true };

/** @throws NimifyError USAGE when two things want standard output; before anything runs */
export function checkFormat(call: Call, command: string): void {
  const format = call.text('format') ?? 'text';
  if (!call.has('json') || ['text', 'json'].includes(format) || call.text('output') !== undefined) return;
  throw new NimifyError('USAGE', `--json and --format ${format} both want standard output.`, {
    hint: `Give one a file of its own: nimify ${command} --json --format ${format} -o FILE`,
  });
}

/** What a command can say: for people, and for each program format but json. */
export interface Printers {
  text(style: Style): string;
  readonly formats: Readonly<Record<string, () => Promise<string>>>;
}

/**
 * Writes the asked format into the file of `-o`, and tells what stands on standard output: the format where no file is
 * named, else the text.
 */
export async function printFormat(
  call: Call,
  command: string,
  { result, findings }: { readonly result: unknown; readonly findings: readonly Finding[] },
  printers: Printers,
): Promise<(style: Style) => string> {
  const format = call.text('format') ?? 'text';
  const output = call.text('output');
  const inFormat = async (): Promise<string> => {
    if (format === 'text') return printers.text(FILE_STYLE);
    if (format !== 'json') return (await printers.formats[format]?.()) ?? '';
    const isOk = codeOf(findings, failOn(call)) === 0;
    return envelopeText({ command, isOk, outcome: { result }, findings });
  };
  if (output !== undefined) {
    await writeFileAtomic(resolve(call.io.cwd, output), await inFormat(), { force: call.has('force') });
    return printers.text;
  }
  const printed = Object.hasOwn(printers.formats, format) ? await inFormat() : undefined;
  return (style) => printed ?? printers.text(style);
}
