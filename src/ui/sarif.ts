/**
 * A scan in SARIF 2.1.0, for code scanning services. Source: OASIS Static Analysis Results Interchange Format 2.1.0 with
 * errata 01; `security-severity` is the property by which GitHub ranks results.
 */
import { createHash } from 'node:crypto';
import { isAbsolute, join, relative } from 'node:path';
import type { Severity } from '../base/findings.ts';
import type { ScanOutcome, ScanRule } from '../pipeline/scan.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const satisfies Record<Severity, string>;
/** On the scale of CVSS: GitHub calls 7.0 and more high, 4.0 and more medium. */
const SCORES = { error: '8.8', warning: '5.0', info: '1.0' } as const satisfies Record<Severity, string>;

export interface SarifContext {
  readonly version: string;
  /** Paths are told relative to this folder where they lie in it, as code scanning needs it. */
  readonly cwd: string;
}

/** The document as text, in plain ASCII, with a line end. */
export function sarifText(outcome: ScanOutcome, context: SarifContext): string {
  const document = { $schema: SCHEMA, version: '2.1.0', runs: [run(outcome, context)] };
  return `${JSON.stringify(document, null, 2).replaceAll(/[\u007f-\uffff]/g, escaped)}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function run(outcome: ScanOutcome, context: SarifContext) {
  const indices = new Map(outcome.rules.map(({ id }, index) => [id, index]));
  return {
    tool: {
      driver: {
        name: 'nimify',
        semanticVersion: context.version,
        version: context.version,
        rules: outcome.rules.map(descriptor),
      },
    },
    columnKind: 'utf16CodeUnits',
    results: outcome.results.map((result) => entry(result, indices.get(result.rule) ?? -1, outcome, context)),
  };
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
  const uri = uriOf(result.file, outcome, context);
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

function fingerprint(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32);
}

/** Relative to the working folder where the file is below it, else to what was scanned; percent-encoded. */
function uriOf(file: string, { path, isFolder }: ScanOutcome, { cwd }: SarifContext): string {
  const full = isFolder ? join(path, file) : path;
  const near = relative(cwd, full);
  const isBelow = near !== '' && !near.startsWith('..') && !isAbsolute(near);
  const steps = isBelow ? near.split(/[\\/]/) : file.split('/');
  return steps.map(encodeStep).join('/');
}

/** As RFC 3986 asks for a segment; lone surrogates cannot be encoded and are replaced. */
function encodeStep(step: string): string {
  const encoded = encodeURIComponent(step.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
  return encoded.replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
