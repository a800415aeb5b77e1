/** The table of commands as a flat list, for the scripts of the shells. */
import type { CommandSpec } from '../command-spec.ts';
import { PROGRAM } from '../program.ts';

export interface ListedCommand {
  readonly spec: CommandSpec;
  /** Empty for the program itself. */
  readonly path: readonly string[];
}

export function listCommands(spec: CommandSpec = PROGRAM, path: readonly string[] = []): ListedCommand[] {
  return [{ spec, path }, ...(spec.commands ?? []).flatMap((child) => listCommands(child, [...path, child.name]))];
}

/** Words that may stand at the place of the first argument of `help`. */
export function helpTopics(): readonly string[] {
  const fixed = PROGRAM.commands?.find(({ name }) => name === 'help')?.arguments?.[0]?.completes ?? [];
  const names = (PROGRAM.commands ?? []).map(({ name }) => name);
  return [...(typeof fixed === 'string' ? [] : fixed), ...names];
}

/** Quoted for sh and its relatives. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
