/** What a rule of the scanner is: data. The sentence of a result is its `message` with the arguments filled in. */
import type { JsonValue } from '../base/errors.ts';
import type { Severity } from '../base/findings.ts';
import { formatBytes } from '../base/units.ts';

export interface RuleFacts {
  /** A heading, without a full stop. */
  readonly title: string;
  readonly severity: Severity;
  /** `{name}` stands for the argument of that name. */
  readonly message: string;
  /** Why it matters and what to do, in a few sentences. */
  readonly help: string;
  /** Weakness classes, such as `CWE-22`. */
  readonly cwe: readonly string[];
  /** Published cases of this weakness. */
  readonly cve: readonly string[];
  /** Where the rule comes from: a specification, an advisory, a reader's source. */
  readonly source: string;
  /** Nobody may wave it through with --allow. */
  readonly isForbidden?: true;
}

export type RuleArgs = Readonly<Record<string, JsonValue>>;

/** Longest piece of a stranger's text in a message; names of 100 MB must not fill the report. */
const SHOWN_CHARACTERS = 160;

/** `{name}` is replaced by the argument; sizes get their unit, lists are joined, long texts are cut. */
export function fillIn(message: string, args: RuleArgs): string {
  return message.replaceAll(/\{(\w+)\}/g, (whole, name: string) => shown(name, args[name]) ?? whole);
}

/** A copy whose texts have a bounded length. */
export function bounded(args: RuleArgs): RuleArgs {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, typeof value === 'string' ? cut(value) : value]),
  );
}

function shown(name: string, value: JsonValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && name.endsWith('Bytes')) return formatBytes(value);
  if (Array.isArray(value)) return cut(value.join(', ')) || 'none';
  return cut(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

export function cut(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS - 1)}…`;
}
