/** `create` scans a model before anything else reads it, and refuses what may harm unless the user said otherwise. */
import { basename, dirname, resolve } from 'node:path';
import { closest } from '../base/closest.ts';
import { NimifyError } from '../base/errors.ts';
import { type Finding, isAtLeast } from '../base/findings.ts';
import type { ExternalDataPolicy } from '../onnx/external-data.ts';
import { openModel } from '../onnx/open.ts';
import type { ScanResult } from '../scanner/collector.ts';
import { isRelevantToModel } from '../scanner/folder/signatures.ts';
import { RULES, type RuleId } from '../scanner/rules/registry.ts';
import { type ScanReport, scanPath } from '../scanner/scan.ts';
import type { LocalModel } from '../sources/source.ts';
import type { PipelineDeps } from './requests.ts';
import { toFinding } from './scan.ts';

/** Places that the error lists; the scan itself has all. */
const LISTED = 20;

/**
 * The rules that the user lets pass.
 * @throws NimifyError USAGE for names that are no rules, and for rules that nobody may let pass
 */
export function allowedRules(names: readonly string[]): ReadonlySet<RuleId> {
  for (const name of names) {
    if (!Object.hasOwn(RULES, name)) throw unknownRule(name);
    if (RULES[name as RuleId].isForbidden) {
      throw new NimifyError('USAGE', `The rule ${name} cannot be allowed: ${RULES[name as RuleId].title}.`, {
        hint: 'No model needs this. Get the model again from a source that you trust.',
        details: { rule: name },
      });
    }
  }
  return new Set(names as RuleId[]);
}

function unknownRule(name: string): NimifyError {
  const near = closest(name, Object.keys(RULES));
  const sharing = Object.keys(RULES).filter((id) => id.includes(name) || name.includes(id));
  const similar = [...new Set([...(near === undefined ? [] : [near]), ...sharing])].slice(0, 5);
  const question = similar.length === 0 ? '.' : `; did you mean ${similar.join(' or ')}?`;
  return new NimifyError('USAGE', `There is no rule ${name}${question}`, {
    hint: 'nimify help rules',
    details: { rule: name, similar },
  });
}

export function policyOf(allowed: ReadonlySet<RuleId>): ExternalDataPolicy {
  return {
    allowsLinks: allowed.has('external-data-link'),
    allowsHardLinks: allowed.has('external-data-hard-link'),
  };
}

/**
 * Scans the model and, where a folder was named, the configurations beside it.
 * @returns what is worth to know: warnings, and what was let pass
 * @throws NimifyError SCAN_REFUSED; EXTERNAL_DATA_* and MODEL_* for what nimify cannot open at all
 */
export async function screenModel(
  local: LocalModel,
  allowed: ReadonlySet<RuleId>,
  deps: PipelineDeps,
): Promise<Finding[]> {
  const { results } = await scanAround(local, deps);
  const grave = results.filter(({ severity }) => severity === 'error');
  const refused = grave.filter(({ rule }) => !allowed.has(rule));
  if (refused.length > 0) {
    // What cannot be opened has an error of its own, with its own hint and exit code.
    openModel(local.path, policyOf(allowed));
    throw refusal(local, refused);
  }
  return results.filter(({ severity }) => isAtLeast(severity, 'warning')).map(passed);
}

export function describeScreening(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'nothing harmful';
  return findings.length === 1 ? '1 warning' : `${findings.length} warnings`;
}

/** What was let pass is still said, but ends nothing. */
function passed(result: ScanResult): Finding {
  return { ...toFinding(result), severity: 'warning' };
}

function scanAround(local: LocalModel, deps: PipelineDeps): Promise<ScanReport> {
  const folder = dirname(local.path);
  const modelFile = basename(local.path);
  const isFolder = resolve(local.reference) === folder;
  const common = { modelFile, signal: deps.signal };
  if (!isFolder) return scanPath(local.path, common);
  return scanPath(folder, {
    ...common,
    isShallow: true,
    only: (file) => file === modelFile || isRelevantToModel(file),
  });
}

function refusal(local: LocalModel, results: readonly ScanResult[]): NimifyError {
  const rules = [...new Set(results.map(({ rule }) => rule))].sort();
  const [first] = results as [ScanResult, ...ScanResult[]];
  const more = results.length === 1 ? '' : ` (and ${results.length - 1} more)`;
  const forbidden = rules.filter((rule) => RULES[rule].isForbidden);
  const allowable = rules.filter((rule) => !RULES[rule].isForbidden);
  const flags = allowable.map((rule) => `--allow ${rule}`).join(' ');
  return new NimifyError('SCAN_REFUSED', `${local.path} may harm: ${first.message}${more}`, {
    hint:
      forbidden.length > 0
        ? `See everything with: nimify scan ${local.reference}. ${forbidden.join(' and ')} cannot be allowed.`
        : `See everything with: nimify scan ${local.reference}. What you know to be harmless passes with ${flags}`,
    details: {
      rules,
      results: results.slice(0, LISTED).map(({ rule, file, where, message }) => ({ rule, file, where, message })),
    },
  });
}
