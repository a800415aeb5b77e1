/** A scan in SARIF, for code scanning services; `security-severity` is the property by which GitHub ranks results. */
import { join } from 'node:path';
import type { Severity } from '../../base/findings.ts';
import type { ScanOutcome, ScanRule } from '../../pipeline/scan.ts';
import { fingerprint, LEVELS, sarifDocument, uriOf } from './sarif.ts';

/** On the scale of CVSS: GitHub calls 7.0 and more high, 4.0 and more medium. */
const SCORES = { error: '8.8', warning: '5.0', info: '1.0' } as const satisfies Record<Severity, string>;

export interface SarifContext {
  readonly version: string;
  /** Paths are told relative to this folder where they lie in it, as code scanning needs it. */
  readonly cwd: string;
}

/** The document as text, in plain ASCII, with a line end. */
export function scanSarif(outcome: ScanOutcome, context: SarifContext): string {
  const indices = new Map(outcome.rules.map(({ id }, index) => [id, index]));
  const results = outcome.results.map((result) => entry(result, indices.get(result.rule) ?? -1, outcome, context));
  return sarifDocument(context.version, outcome.rules.map(descriptor), results);
}

function descriptor({ id, title, severity, help, cwe, cve, source }: ScanRule) {
  const weaknesses = cwe.map((name) => `external/cwe/${name.toLowerCase()}`);
  return {
    id,
    name: id.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: `${title}.` },
    fullDescription: { text: help },
    help: { text: `${help}\n\nSource: ${source}.${cve.length === 0 ? '' : ` Known cases: ${cve.join(', ')}.`}` },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: {
      tags: ['security', ...weaknesses, ...cve],
      cwe,
      precision: 'high',
      'security-severity': SCORES[severity],
    },
  };
}

function entry(result: ScanOutcome['results'][number], ruleIndex: number, outcome: ScanOutcome, context: SarifContext) {
  const file = outcome.isFolder ? join(outcome.path, result.file) : outcome.path;
  const uri = uriOf(file, result.file, context.cwd);
  const { offset } = result.args;
  const region = typeof offset === 'number' ? { byteOffset: offset, byteLength: 1 } : { startLine: 1 };
  return {
    ruleId: result.rule,
    ruleIndex,
    level: LEVELS[result.severity],
    message: { text: result.message },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri }, region },
        ...(result.where === null ? {} : { logicalLocations: [logical(result.where)] }),
      },
    ],
    partialFingerprints: { 'nimifyResult/v1': fingerprint([result.rule, uri, result.where ?? '', result.message]) },
    properties: { args: result.args },
  };
}

/** The last step of the way is the name; the whole way tells two of one name apart. */
function logical(where: string) {
  const steps = where.split(' / ');
  const [kind = '', ...name] = (steps.at(-1) ?? '').split(' ');
  const isKind = ['node', 'initializer', 'function'].includes(kind) && name.length > 0;
  return {
    name: isKind ? name.join(' ') : (steps.at(-1) ?? where),
    fullyQualifiedName: where,
    kind: isKind ? (kind === 'function' ? 'function' : 'object') : 'member',
  };
}
