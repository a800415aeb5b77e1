/** The findings of `nimify validate` in SARIF, for code scanning services. */
import { join } from 'node:path';
import { FINDINGS, type Finding, type FindingCode } from '../../base/findings.ts';
import { type FindingsContext, type PlacedFinding, placed } from './findings.ts';
import { fingerprint, LEVELS, sarifDocument, uriOf } from './sarif.ts';

/** The document as text, in plain ASCII, with a line end. */
export function validateSarif(findings: readonly Finding[], context: FindingsContext): string {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  const results = placed(findings, context).map((found) => entry(found, codes.indexOf(found.finding.code), context));
  return sarifDocument(context.version, codes.map(descriptor), results);
}

function descriptor(code: FindingCode) {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return {
    id: code,
    shortDescription: { text: `${words.charAt(0).toUpperCase()}${words.slice(1)}.` },
    defaultConfiguration: { level: LEVELS[FINDINGS[code]] },
  };
}

function entry({ finding, sentence, inside, line }: PlacedFinding, ruleIndex: number, context: FindingsContext) {
  const uri = uriOf(join(context.folder, inside ?? ''), inside ?? '.', context.cwd);
  return {
    ruleId: finding.code,
    ruleIndex,
    level: LEVELS[finding.severity],
    message: { text: sentence },
    locations: [{ physicalLocation: { artifactLocation: { uri }, region: { startLine: line ?? 1 } } }],
    partialFingerprints: { 'nimifyFinding/v1': fingerprint([finding.code, inside ?? '', sentence]) },
    properties: { args: finding.args },
  };
}
