/** Completion for zsh, by its _arguments and _describe. */
import type { ArgumentSpec, CommandSpec, Completes, FlagSpec } from '../command-spec.ts';
import { allFlags, GLOBAL_FLAGS, HELP_FLAG, VERSION_FLAG } from '../flags.ts';
import { PROGRAM } from '../program.ts';
import { helpTopics, listCommands, quoted } from './commands.ts';

export function zshCompletion(): string {
  return `#compdef nimify
# Completion of nimify for zsh. Use: nimify completion zsh > "\${fpath[1]}/_nimify"
${listCommands()
  .map(({ spec, path }) => (spec.commands === undefined ? leaf(spec, path) : group(spec, path)))
  .join('\n')}
if [ "\${funcstack[1]}" = "_nimify" ]; then
  _nimify "$@"
else
  compdef _nimify nimify
fi
`;
}

function functionName(path: readonly string[]): string {
  return ['_nimify', ...path].join('_').replaceAll('-', '_');
}

/** A command with commands below it: offers them, then hands over to theirs. */
function group(spec: CommandSpec, path: readonly string[]): string {
  const children = spec.commands ?? [];
  const flags = spec === PROGRAM ? [...GLOBAL_FLAGS, HELP_FLAG, VERSION_FLAG] : [...GLOBAL_FLAGS, HELP_FLAG];
  return `${functionName(path)}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C ${flags.flatMap(flagArguments).join(' ')} '1: :->command' '*:: :->rest'
  case $state in
    command)
      local -a commands=(${children.map(({ name, summary }) => quoted(`${name}:${summary}`)).join(' ')})
      _describe command commands ;;
    rest)
      case $words[1] in
${children.map(({ name }) => `        ${name}) ${functionName([...path, name])} ;;`).join('\n')}
      esac ;;
  esac
}`;
}

function leaf(spec: CommandSpec, path: readonly string[]): string {
  const parts = [...allFlags(spec).flatMap(flagArguments), ...(spec.arguments ?? []).map(argumentOf(spec))];
  return `${functionName(path)}() {
  _arguments ${parts.join(' ')}
}`;
}

function argumentOf(spec: CommandSpec): (argument: ArgumentSpec, index: number) => string {
  return ({ name, completes, isRepeatable }, index) => {
    const words = spec.name === 'help' ? helpTopics() : completes;
    return quoted(`${isRepeatable ? '*' : index + 1}:${name}:${action(words)}`);
  };
}

function flagArguments({ flag, short, value, description, choices, completes, isRepeatable }: FlagSpec): string[] {
  const text = description.replaceAll(/[\\[\]:]/g, '\\$&');
  const behind =
    value === undefined ? '' : `:${value.toLowerCase().replaceAll(':', ' ')}:${action(choices ?? completes)}`;
  const names = short === undefined ? [flag] : [short, flag];
  return names.map((name) => quoted(`${isRepeatable ? '*' : ''}${name}[${text}]${behind}`));
}

function action(completes: Completes | undefined): string {
  if (completes === 'file') return '_files';
  if (completes === 'folder') return '_files -/';
  return completes === undefined ? ' ' : `(${completes.join(' ')})`;
}
