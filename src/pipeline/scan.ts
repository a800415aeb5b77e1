/** `nimify scan`: what may harm in a model file or a model repository. */
import { type Finding, finding } from '../base/findings.ts';
import type { ScanResult } from '../scanner/collector.ts';
import { RULES, type RuleId } from '../scanner/rules/registry.ts';
import { type ScanReport, scanPath } from '../scanner/scan.ts';
import type { Outcome, PipelineDeps, ScanRequest } from './requests.ts';
import { Steps } from './steps.ts';

/** A rule that applied, as reports need it. */
export interface ScanRule {
  readonly id: string;
  readonly title: string;
  readonly severity: Finding['severity'];
  readonly help: string;
  /** Weakness classes, such as `CWE-22`. */
  readonly cwe: readonly string[];
  readonly cve: readonly string[];
  readonly source: string;
  /** False for what nobody may wave through with `--allow`. */
  readonly isAllowable: boolean;
}

export interface ScanOutcome extends ScanReport {
  /** Those that applied, each once, in the order of their ids. */
  readonly rules: readonly ScanRule[];
}

/**
 * Scans a model file, or everything below a folder, without loading, unpacking or running anything.
 * Each result is a finding `SCAN_RULE` too, with the severity of the rule.
 * @throws NimifyError FILE_NOT_FOUND, FILE_UNREADABLE when the path itself cannot be read
 */
export async function scan(request: ScanRequest, deps: PipelineDeps): Promise<Outcome<ScanOutcome>> {
  const steps = new Steps(deps, [{ id: 'scan', title: 'Scan' }]);
  const report = await steps.run(
    'scan',
    (progress) =>
      scanPath(request.path, {
        isDeep: request.isDeep ?? false,
        signal: deps.signal,
        progress: (done, total) => progress(done, total, 'files'),
      }),
    ({ scanned }) => `${scanned.files} files`,
  );
  return { result: { ...report, rules: appliedRules(report.results) }, findings: report.results.map(toFinding) };
}

/** All rules, in the order of their ids. */
export function scanRules(): ScanRule[] {
  return (Object.keys(RULES) as RuleId[]).sort().map(toRule);
}

function appliedRules(results: readonly ScanResult[]): ScanRule[] {
  return [...new Set(results.map(({ rule }) => rule))].sort().map(toRule);
}

function toRule(id: RuleId): ScanRule {
  const { title, severity, help, cwe, cve, source, isForbidden } = RULES[id];
  return { id, title, severity, help, cwe, cve, source, isAllowable: isForbidden !== true };
}

export function toFinding({ rule, severity, file, where, message, args }: ScanResult): Finding {
  const place = where === null ? file : `${file}: ${where}`;
  return { ...finding('SCAN_RULE', { ...args, rule, file, message }, place), severity };
}
