/** Runs a command and shows what came out, for people or as one JSON document. */
import { ERRORS, type ExitCode, type NimifyError } from '../base/errors.ts';
import type { Severity } from '../base/findings.ts';
import { packageVersion } from '../base/version.ts';
import { errorText } from '../ui/error-text.ts';
import { openTerminal, type Terminal } from '../ui/io.ts';
import type { Call } from './call.ts';
import type { CommandOutcome, CommandSpec } from './command-spec.ts';
import { envelopeText } from './envelope.ts';
import { codeOf, failOn } from './exit-code.ts';
import { toNimifyError } from './failure.ts';
import { describeCommand } from './help-document.ts';
import { helpPage } from './help-page.ts';
import { commandPath, type Parsed, parseArguments } from './parse.ts';
import type { ProcessIo } from './process-io.ts';
import { findCommand } from './program.ts';
import { Session } from './session.ts';

interface Output {
  readonly isJson: boolean;
  readonly isDebug: boolean;
  readonly terminal: Terminal;
}

export async function dispatch(argv: readonly string[], io: ProcessIo): Promise<ExitCode> {
  const flags = wordsBeforeDashes(argv);
  let output: Output = {
    isJson: flags.includes('--json'),
    isDebug: flags.includes('--debug'),
    terminal: openTerminal({ ...io, isColourOff: flags.includes('--no-color') }),
  };
  let command = commandPath(argv).join(' ') || 'nimify';
  let session: Session | undefined;
  try {
    const parsed = parseArguments(argv);
    if (parsed.kind === 'version') return await show(output, 'nimify', versionOutcome(), 'none');
    if (parsed.kind === 'help') return await show(output, 'help', helpOutcome(parsed.path), 'none');
    command = parsed.path.join(' ');
    session = new Session(parsed, output.terminal, io);
    output = { ...output, isJson: output.isJson || asksForJson(session.call) };
    const outcome = await runCommand(parsed, session);
    await session.close();
    const code = await show(output, command, outcome, failOn(session.call));
    await outcome.stopped?.();
    return code;
  } catch (error) {
    await session?.close();
    return showError(output, command, toNimifyError(error, io.signal, versions(io)), versions(io));
  }
}

/** `--format json` is `--json`, unless the document goes to a file. */
function asksForJson(call: Call): boolean {
  return call.text('format') === 'json' && call.text('output') === undefined;
}

async function runCommand({ spec }: Extract<Parsed, { kind: 'command' }>, session: Session): Promise<CommandOutcome> {
  const module = await spec.load?.();
  if (module === undefined) throw new Error(`${spec.name} has no code`);
  const outcome = await module.run(session.call);
  return outcome;
}

async function show(
  { isJson, terminal }: Output,
  command: string,
  { result, report, findings = [] }: CommandOutcome,
  limit: Severity | 'none',
): Promise<ExitCode> {
  const code = codeOf(findings, limit);
  const { out } = terminal;
  if (isJson) await out.writeExact(envelopeText({ command, isOk: code === 0, outcome: { result }, findings }));
  else await out.write(report(out.style));
  return code;
}

/** The text for people goes to standard error in any case, so that a log of a script says what happened. */
async function showError(output: Output, command: string, error: NimifyError, versionsText: string): Promise<ExitCode> {
  const { out, err } = output.terminal;
  await err.write(errorText(err.style, error, { isDebug: output.isDebug, versions: versionsText }));
  if (output.isJson) await out.writeExact(envelopeText({ command, isOk: false, outcome: { error }, findings: [] }));
  return ERRORS[error.code].exitCode;
}

function helpOutcome(path: readonly string[]): CommandOutcome {
  const spec = findCommand(path) as CommandSpec;
  return { result: describeCommand(spec, path), report: (style) => helpPage(style, spec, path) };
}

function versionOutcome(): CommandOutcome {
  return { result: { version: packageVersion() }, report: () => `${packageVersion()}\n` };
}

function versions({ platform }: ProcessIo): string {
  return `nimify ${packageVersion()}, ${platform}`;
}

function wordsBeforeDashes(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end < 0 ? argv : argv.slice(0, end);
}
