/** Completion for bash 3.2 and newer, without the bash-completion package. */
import type { Completes, FlagSpec } from '../command-spec.ts';
import { allFlags, GLOBAL_FLAGS, HELP_FLAG, VERSION_FLAG } from '../flags.ts';
import { helpTopics, type ListedCommand, listCommands, quoted } from './commands.ts';

export function bashCompletion(): string {
  const commands = listCommands();
  return `# Completion of nimify for bash. Use: source <(nimify completion bash)
_nimify() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' words='' files='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${valueFlags(commands).join('|')}) ((i++)); continue ;;
    esac
    case "$path \${COMP_WORDS[i]}" in
${commands
  .filter(({ path }) => path.length > 0)
  .map(pathCase)
  .join('\n')}
    esac
  done
  case "$path:$prev" in
${uniqueLines(commands.flatMap(valueCases)).join('\n')}
  esac
  case "$path" in
${commands.map(commandCase).join('\n')}
  esac
  if [[ -n $words ]]; then
    while IFS= read -r i; do COMPREPLY+=("$i"); done < <(compgen -W "$words" -- "$cur")
  fi
  [[ -n $files && $cur != -* ]] && _nimify_files "$files" "$cur"
  return 0
}
_nimify_files() {
  local i
  compopt -o filenames 2>/dev/null
  while IFS= read -r i; do COMPREPLY+=("$i"); done < <(compgen "$1" -- "$2")
}
complete -F _nimify nimify
`;
}

function pathCase({ path }: ListedCommand): string {
  const before = path.slice(0, -1).join(' ');
  return `      ${quoted(`${before} ${path.at(-1)}`)}) path=${quoted(path.join(' '))} ;;`;
}

/** Flags that swallow the word behind them. */
function valueFlags(commands: readonly ListedCommand[]): string[] {
  const flags = commands.flatMap(({ spec }) => allFlags(spec)).filter(({ value }) => value !== undefined);
  return [...new Set(flags.flatMap(namesOf))].sort();
}

function namesOf({ flag, short }: FlagSpec): string[] {
  return short === undefined ? [flag] : [short, flag];
}

/** What to offer behind a flag; global flags are the same everywhere. */
function valueCases({ spec, path }: ListedCommand): string[] {
  const isGlobal = new Set(GLOBAL_FLAGS);
  return allFlags(spec)
    .filter(({ value }) => value !== undefined)
    .map((flag) => {
      const names = namesOf(flag).map((name) => `${isGlobal.has(flag) ? '*' : quoted(path.join(' '))}:${name}`);
      return `    ${names.join('|')}) ${valueAction(flag)}return 0 ;;`;
    });
}

function valueAction({ choices, completes }: FlagSpec): string {
  const words = choices ?? (typeof completes === 'object' ? completes : undefined);
  if (words !== undefined) return `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$cur")); `;
  const kind = fileKind(completes);
  return kind === '' ? '' : `_nimify_files ${kind} "$cur"; `;
}

function fileKind(completes: Completes | undefined): string {
  if (completes === 'folder') return '-d';
  return completes === 'file' ? '-f' : '';
}

function commandCase({ spec, path }: ListedCommand): string {
  const flags = path.length === 0 ? [...GLOBAL_FLAGS, HELP_FLAG, VERSION_FLAG] : allFlags(spec);
  const first = spec.arguments?.[0]?.completes;
  const fixed = spec.name === 'help' ? helpTopics() : typeof first === 'object' ? first : [];
  const words = [...(spec.commands ?? []).map(({ name }) => name), ...fixed];
  const kind = fileKind(first);
  const offered = `if [[ $cur == -* ]]; then words=${quoted(flags.map(({ flag }) => flag).join(' '))}; else words=${quoted(words.join(' '))}; fi`;
  return `    ${quoted(path.join(' '))}) ${offered}${kind === '' ? '' : `; files=${kind}`} ;;`;
}

function uniqueLines(lines: readonly string[]): string[] {
  return [...new Set(lines)];
}
