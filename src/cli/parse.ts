/** From words to a command, by commander, which is built from the table. */
import { Argument, Command, CommanderError, Option } from 'commander';
import { NimifyError } from '../base/errors.ts';
import type { ArgumentSpec, CommandSpec, FlagSpec } from './command-spec.ts';
import { GLOBAL_FLAGS, HELP_FLAG, settingFlags, VERSION_FLAG } from './flags.ts';
import { PROGRAM } from './program.ts';

export type FlagValue = string | boolean | readonly string[];

export type Parsed =
  | {
      readonly kind: 'command';
      readonly spec: CommandSpec;
      /** Names of the command and its parents: `['catalog', 'list']`. */
      readonly path: readonly string[];
      readonly operands: readonly string[];
      /** By the name with dashes, without those at its beginning. */
      readonly flags: ReadonlyMap<string, FlagValue>;
    }
  | { readonly kind: 'help'; readonly path: readonly string[] }
  | { readonly kind: 'version' };

/** @throws NimifyError USAGE */
export function parseArguments(argv: readonly string[]): Parsed {
  let parsed: Parsed | undefined;
  const root = buildCommand(PROGRAM, [], (result) => {
    parsed = result;
  });
  try {
    root.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.version') return { kind: 'version' };
    if (error.exitCode !== 0 && error.code !== 'commander.help') throw usageError(error, commandPath(argv));
    return { kind: 'help', path: commandPath(argv) };
  }
  return parsed ?? { kind: 'help', path: commandPath(argv) };
}

/** The longest beginning of the words that names a command; flags in between do not count. */
export function commandPath(argv: readonly string[]): string[] {
  const path: string[] = [];
  let spec: CommandSpec | undefined = PROGRAM;
  for (const word of argv) {
    if (word === '--') break;
    const next: CommandSpec | undefined = spec?.commands?.find(({ name }) => name === word);
    if (next === undefined) continue;
    path.push(word);
    spec = next;
  }
  return path;
}

function usageError(error: CommanderError, path: readonly string[]): NimifyError {
  const text = error.message
    .replace(/^error: /, '')
    .replace(/\s*\(Did you mean (.*)\?\)$/s, (_, words: string) => `; did you mean ${words.replace(/^one of /, '')}?`);
  const message = text.charAt(0).toUpperCase() + text.slice(1);
  return new NimifyError('USAGE', /[.?]$/.test(message) ? message : `${message}.`, {
    hint: ['nimify', ...path, '--help'].join(' '),
    cause: error,
  });
}

function buildCommand(spec: CommandSpec, path: readonly string[], select: (parsed: Parsed) => void): Command {
  const command = new Command(spec.name).exitOverride().configureOutput(SILENT).helpCommand(false);
  command.helpOption(`${HELP_FLAG.short}, ${HELP_FLAG.flag}`);
  for (const argument of spec.arguments ?? []) command.addArgument(toArgument(argument));
  for (const flag of spec.flags ?? []) command.addOption(toOption(flag));
  for (const flag of settingFlags(spec)) addSetting(command, flag);
  if (path.length === 0) addGlobals(command);
  for (const child of spec.commands ?? []) command.addCommand(buildCommand(child, [...path, child.name], select));
  if (spec.load !== undefined) {
    command.action(() => {
      select({ kind: 'command', spec, path, operands: command.args, flags: flagValues(command) });
    });
  }
  return command;
}

/** What there is to say is said by the caller, from the table. */
const SILENT = { writeOut: () => {}, writeErr: () => {}, outputError: () => {} };

function addGlobals(command: Command): void {
  command.version('', `${VERSION_FLAG.short}, ${VERSION_FLAG.flag}`);
  for (const flag of GLOBAL_FLAGS) command.addOption(toOption(flag));
}

function toArgument({ name, isOptional, isRepeatable, completes }: ArgumentSpec): Argument {
  const dots = isRepeatable ? '...' : '';
  const argument = new Argument(isOptional ? `[${name}${dots}]` : `<${name}${dots}>`);
  return Array.isArray(completes) && !isRepeatable ? argument.choices([...completes]) : argument;
}

function toOption({ flag, short, value, choices, isRepeatable, isRequired }: FlagSpec): Option {
  const option = new Option([short, value === undefined ? flag : `${flag} <${value}>`].filter(Boolean).join(', '));
  if (choices !== undefined) option.choices([...choices]);
  if (isRepeatable) option.argParser((item: string, before: string[] = []) => [...before, item]);
  return option.makeOptionMandatory(isRequired ?? false);
}

/** A switch of a setting has a silent opposite, so that a flag can win over the file in both directions. */
function addSetting(command: Command, flag: FlagSpec): void {
  command.addOption(toOption(flag));
  if (flag.value === undefined) command.addOption(new Option(flag.flag.replace('--', '--no-')).hideHelp());
}

function flagValues(command: Command): ReadonlyMap<string, FlagValue> {
  const values = command.optsWithGlobals<Record<string, FlagValue | undefined>>();
  return new Map(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value] as const],
    ),
  );
}
