/** From words to a command, by commander, which is built from the table. */
import { Argument, Command, CommanderError, Option } from 'commander';
import { NimifyError } from '../base/errors.ts';
import { paint, type Style } from '../ui/style.ts';
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
  | { readonly kind: 'help'; readonly path: readonly string[] };

/** @throws NimifyError USAGE */
export function parseArguments(argv: readonly string[], style: Style): Parsed {
  let parsed: Parsed | undefined;
  const root = buildCommand(PROGRAM, [], style, (result) => {
    parsed = result;
  });
  try {
    root.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0 && error.code !== 'commander.help') throw usageError(error, commandPath(argv));
    return { kind: 'help', path: commandPath(argv) };
  }
  return parsed ?? { kind: 'help', path: commandPath(argv) };
}

/** The help of a command as text. */
export function helpText(path: readonly string[], style: Style): string {
  const root = buildCommand(PROGRAM, [], style, () => {});
  const command = path.reduce((at, name) => at.commands.find((child) => child.name() === name) ?? at, root);
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

/** The longest beginning of the words that names a command; flags in between do not count. */
function commandPath(argv: readonly string[]): string[] {
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

function buildCommand(
  spec: CommandSpec,
  path: readonly string[],
  style: Style,
  select: (parsed: Parsed) => void,
): Command {
  const command = new Command(spec.name).summary(spec.summary).description(description(spec)).exitOverride();
  configure(command, style, path.length === 0);
  for (const argument of spec.arguments ?? []) command.addArgument(toArgument(argument));
  for (const flag of spec.flags ?? []) command.addOption(toOption(flag));
  for (const flag of settingFlags(spec)) addSetting(command, flag);
  if (path.length === 0) addGlobals(command);
  for (const child of spec.commands ?? []) {
    const built = buildCommand(child, [...path, child.name], style, select);
    if (child.group !== undefined) built.helpGroup(`${child.group}:`);
    command.addCommand(built);
  }
  if (spec.examples !== undefined) command.addHelpText('after', examples(spec, style));
  if (spec.load !== undefined) {
    command.action(() => {
      select({ kind: 'command', spec, path, operands: command.args, flags: flagValues(command) });
    });
  }
  return command;
}

function description(spec: CommandSpec): string {
  return spec.details === undefined ? `${spec.summary}.` : `${spec.summary}.\n\n${spec.details}`;
}

function configure(command: Command, style: Style, isRoot: boolean): void {
  const width = Math.max(40, Math.min(style.columns, 100));
  const nothing = (): void => {};
  command.configureOutput({
    writeOut: nothing,
    writeErr: nothing,
    outputError: nothing,
    getOutHelpWidth: () => width,
    getErrHelpWidth: () => width,
    getOutHasColors: () => style.hasColour,
    getErrHasColors: () => style.hasColour,
  });
  command.configureHelp({
    showGlobalOptions: !isRoot,
    styleTitle: (text) => paint(style, 'bold', text),
    styleCommandText: (text) => paint(style, 'cyan', text),
    styleSubcommandTerm: (text) => paint(style, 'cyan', text),
    styleOptionTerm: (text) => paint(style, 'cyan', text),
    styleArgumentTerm: (text) => paint(style, 'cyan', text),
    subcommandTerm: (child) => child.name(),
    optionDescription: (option) => option.description,
  });
  command.helpCommand(false).helpOption(`${HELP_FLAG.short}, ${HELP_FLAG.flag}`, HELP_FLAG.description);
  if (isRoot) command.usage('<command> [options]');
}

function addGlobals(command: Command): void {
  command.version('', `${VERSION_FLAG.short}, ${VERSION_FLAG.flag}`, VERSION_FLAG.description);
  for (const flag of GLOBAL_FLAGS) command.addOption(toOption(flag));
}

function toArgument({ name, description: text, isOptional, isRepeatable, completes }: ArgumentSpec): Argument {
  const dots = isRepeatable ? '...' : '';
  const argument = new Argument(isOptional ? `[${name}${dots}]` : `<${name}${dots}>`, text);
  return Array.isArray(completes) && !isRepeatable ? argument.choices([...completes]) : argument;
}

function toOption({ flag, short, value, description: text, choices, isRepeatable, isRequired }: FlagSpec): Option {
  const words = choices === undefined ? '' : ` (${choices.join(', ')})`;
  const option = new Option([short, value === undefined ? flag : `${flag} <${value}>`].filter(Boolean).join(', '), text + words);
  if (choices !== undefined) option.choices([...choices]);
  if (isRepeatable) option.argParser((item: string, before: string[] = []) => [...before, item]);
  return option.makeOptionMandatory(isRequired ?? false);
}

/** A switch of a setting has a silent opposite, so that a flag can win over the file in both directions. */
function addSetting(command: Command, flag: FlagSpec): void {
  command.addOption(toOption(flag).helpGroup('Settings:'));
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

function examples({ examples: items = [] }: CommandSpec, style: Style): string {
  const lines = items.map(({ command, does }) => `  ${paint(style, 'cyan', command)}\n      ${does}`);
  return `\n${paint(style, 'bold', 'Examples:')}\n${lines.join('\n')}\n`;
}
