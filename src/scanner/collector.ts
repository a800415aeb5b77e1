/** Gathers what the rules find, with an upper bound for each rule and file. */
import type { Severity } from '../base/findings.ts';
import { bounded, cut, fillIn, type RuleArgs } from './rule.ts';
import { RULES, type RuleId } from './rules/registry.ts';

/** One place where a rule applies. */
export interface ScanResult {
  readonly rule: RuleId;
  readonly severity: Severity;
  /** Relative to what was scanned, with forward slashes. */
  readonly file: string;
  /** The place inside of the file, such as `node Loop_3 / body / initializer w`; null where it is the file itself. */
  readonly where: string | null;
  readonly message: string;
  readonly args: RuleArgs;
}

export interface Place {
  readonly where?: string;
  /** Unless it is that of the rule. */
  readonly severity?: Severity;
}

/** More places of one rule in one file than this are counted and not listed. */
const PER_RULE = 100;

export class Collector {
  readonly #results: ScanResult[] = [];
  readonly #counts = new Map<string, number>();

  report(file: string, rule: RuleId, args: RuleArgs = {}, place: Place = {}): void {
    const key = `${rule}\0${file}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count > PER_RULE) return;
    const { severity, message } = RULES[rule];
    const where = place.where === undefined ? null : cut(place.where);
    this.#results.push({
      rule,
      severity: place.severity ?? severity,
      file,
      where,
      message: fillIn(message, { ...args, where }),
      args: bounded(args),
    });
  }

  /** In the order of files, then of discovery; the last one of a rule with too many says how many were left out. */
  results(): ScanResult[] {
    const last = new Map(this.#results.map((result) => [`${result.rule}\0${result.file}`, result]));
    return this.#results.map((result) => {
      const key = `${result.rule}\0${result.file}`;
      const omitted = (this.#counts.get(key) ?? 0) - PER_RULE;
      if (omitted <= 0 || last.get(key) !== result) return result;
      return { ...result, message: `${result.message} (And ${omitted} more.)`, args: { ...result.args, omitted } };
    });
  }
}
