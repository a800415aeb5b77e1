/** Completion for fish: one line per word that may come. */
import type { CommandSpec, Completes, FlagSpec } from '../command-spec.ts';
import { GLOBAL_FLAGS, HELP_FLAG, settingFlags, VERSION_FLAG } from '../flags.ts';
import { helpTopics, listCommands, quoted } from './commands.ts';

export function fishCompletion(): string {
  const lines = [
    '# Completion of nimify for fish. Use: nimify completion fish > ~/.config/fish/completions/nimify.fish',
    'complete -c nimify -f',
    ...[...GLOBAL_FLAGS, HELP_FLAG].map((flag) => flagLine('', flag)),
    flagLine('__fish_use_subcommand', VERSION_FLAG),
    ...listCommands().flatMap(({ spec, path }) => commandLines(spec, path)),
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines(spec: CommandSpec, path: readonly string[]): string[] {
  const here = condition(path);
  const children = spec.commands ?? [];
  const unchosen = childless(here, children);
  return [
    ...children.map(
      ({ name, summary }) => `complete -c nimify -n ${quoted(unchosen)} -a ${name} -d ${quoted(escaped(summary))}`,
    ),
    ...[...(spec.flags ?? []), ...settingFlags(spec)].map((flag) => flagLine(here, flag)),
    ...argumentLines(spec, here),
  ];
}

/** True when the words so far name this command. */
function condition(path: readonly string[]): string {
  return path.map((name) => `__fish_seen_subcommand_from ${name}`).join('; and ');
}

function childless(here: string, children: readonly CommandSpec[]): string {
  if (here === '') return '__fish_use_subcommand';
  return `${here}; and not __fish_seen_subcommand_from ${children.map(({ name }) => name).join(' ')}`;
}

function argumentLines(spec: CommandSpec, here: string): string[] {
  const completes = spec.name === 'help' ? helpTopics() : spec.arguments?.[0]?.completes;
  if (completes === undefined) return [];
  return [`complete -c nimify -n ${quoted(here)} ${offer(completes)}`];
}

function offer(completes: Completes): string {
  if (completes === 'file') return '-F';
  if (completes === 'folder') return "-a '(__fish_complete_directories)'";
  return `-a ${quoted(completes.join(' '))}`;
}

function flagLine(here: string, { flag, short, value, description, choices, completes }: FlagSpec): string {
  const wanted = choices ?? completes;
  return [
    'complete -c nimify',
    here === '' ? '' : `-n ${quoted(here)}`,
    short === undefined ? '' : `-s ${short.slice(1)}`,
    `-l ${flag.slice(2)}`,
    value === undefined ? '' : wanted === 'file' ? '-r' : '-x',
    value === undefined || wanted === undefined ? '' : offer(wanted),
    `-d ${quoted(escaped(description))}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\');
}
