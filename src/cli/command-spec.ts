/** What a command is, as data. Parsing, help, completion and the machine-readable help are made from it. */
import type { Finding, Severity } from '../base/findings.ts';
import type { SettingKey } from '../config/settings.ts';
import type { Style } from '../ui/style.ts';
import type { Call } from './call.ts';

/** What the shell offers for a value: files, folders, or one of some words. */
export type Completes = 'file' | 'folder' | readonly string[];

export interface ArgumentSpec {
  readonly name: string;
  readonly description: string;
  readonly isOptional?: boolean;
  readonly isRepeatable?: boolean;
  readonly completes?: Completes;
}

export interface FlagSpec {
  /** With two dashes, as it is typed; `--no-…` switches off what is on. */
  readonly flag: string;
  /** One dash and a letter. */
  readonly short?: string;
  /** Name of the value in the help; absent for switches. */
  readonly value?: string;
  readonly description: string;
  /** The only values that are allowed. */
  readonly choices?: readonly string[];
  readonly isRepeatable?: boolean;
  readonly isRequired?: boolean;
  /** What counts without the flag, as text. */
  readonly standard?: string;
  readonly completes?: Completes;
}

interface Example {
  readonly command: string;
  readonly does: string;
}

export interface CommandSpec {
  readonly name: string;
  /** Heading in the list of commands. */
  readonly group?: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** More sentences for the help of the command itself. */
  readonly details?: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly flags?: readonly FlagSpec[];
  /** Settings whose flags the command takes; the words come from the table of settings. */
  readonly settings?: readonly SettingKey[];
  /** Exit code 3 from this severity on, unless --fail-on says otherwise; absent where only the flag asks for it. */
  readonly failOn?: Severity;
  readonly examples?: readonly Example[];
  readonly load?: () => Promise<CommandModule>;
  readonly commands?: readonly CommandSpec[];
}

interface CommandModule {
  run(call: Call): Promise<CommandOutcome>;
}

/** What a command gives back; the caller decides whether people or machines read it. */
export interface CommandOutcome {
  /** The `result` of the JSON document. */
  readonly result: unknown;
  readonly findings?: readonly Finding[];
  /** The text for people, on standard output. */
  readonly report: (style: Style) => string;
  /** Keeps the program alive after the report, such as a server; resolves when it has stopped. */
  readonly stopped?: () => Promise<void>;
}
