/** The help of a command as data, for `--help --json`. */
import type { CommandSpec, FlagSpec } from './command-spec.ts';
import { allFlags, GLOBAL_FLAGS, HELP_FLAG, VERSION_FLAG } from './flags.ts';

export interface CommandDocument {
  readonly command: string;
  readonly summary: string;
  readonly arguments: readonly { readonly name: string; readonly description: string; readonly isOptional: boolean }[];
  readonly flags: readonly Omit<FlagSpec, 'completes' | 'key'>[];
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
}

export function describeCommand(spec: CommandSpec, path: readonly string[]): CommandDocument {
  const flags = path.length === 0 ? [...GLOBAL_FLAGS, HELP_FLAG, VERSION_FLAG] : allFlags(spec);
  return {
    command: ['nimify', ...path].join(' '),
    summary: spec.summary,
    arguments: (spec.arguments ?? []).map(({ name, description, isOptional = false }) => ({
      name,
      description,
      isOptional,
    })),
    flags: flags.map(({ flag, short, value, description, choices, isRepeatable, isRequired, standard }) => ({
      flag,
      ...(short && { short }),
      ...(value && { value }),
      description,
      ...(choices && { choices }),
      ...(isRepeatable && { isRepeatable }),
      ...(isRequired && { isRequired }),
      ...(standard && { standard }),
    })),
    commands: (spec.commands ?? []).map(({ name, summary }) => ({ name, summary })),
  };
}
