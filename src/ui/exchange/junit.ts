/**
 * The findings of `nimify validate` as JUnit XML, which CI systems show as tests: a suite per artifact, a case per file. Source:
 * the schema that Jenkins' xUnit plugin reads (`testsuites`, `testsuite`, `testcase`, `failure`, `system-out`).
 */
import { type Finding, isAtLeast, type Severity } from '../../base/findings.ts';
import type { ValidateResult } from '../../pipeline/requests.ts';
import { type FindingsContext, type PlacedFinding, placed } from './findings.ts';

interface Case {
  readonly suite: string;
  readonly name: string;
  readonly found: readonly PlacedFinding[];
}

/** @param limit findings as grave as this are failures; milder ones are told in `system-out` */
export function junitText(
  { checked }: ValidateResult,
  findings: readonly Finding[],
  limit: Severity,
  context: FindingsContext,
): string {
  const all = placed(findings, context);
  const cases = checked.flatMap(({ artifact, files }): Case[] =>
    files.map((file) => ({ suite: artifact, name: file, found: all.filter(({ inside }) => inside === file) })),
  );
  const known = new Set(cases.map(({ name }) => name));
  // Files that are missing, the model, and what is about the set.
  const others = all.filter(({ inside }) => inside === null || !known.has(inside));
  for (const name of new Set(others.map(nameOf))) {
    cases.push({ suite: 'service', name, found: others.filter((one) => nameOf(one) === name) });
  }
  const suites = [...new Set(cases.map(({ suite }) => suite))].map((suite) => {
    const own = cases.filter((one) => one.suite === suite);
    return suiteXml(suite, own, limit);
  });
  const failures = cases.filter((one) => isFailed(one, limit)).length;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nimify validate" tests="${cases.length}" failures="${failures}">
${suites.join('')}</testsuites>
`;
}

function nameOf({ inside }: PlacedFinding): string {
  return inside ?? 'the whole set';
}

function suiteXml(name: string, cases: readonly Case[], limit: Severity): string {
  const failures = cases.filter((one) => isFailed(one, limit)).length;
  const body = cases.map((one) => caseXml(one, limit)).join('');
  return `  <testsuite name="${attribute(name)}" tests="${cases.length}" failures="${failures}">\n${body}  </testsuite>\n`;
}

function isFailed({ found }: Case, limit: Severity): boolean {
  return found.some(({ finding }) => isAtLeast(finding.severity, limit));
}

function caseXml({ suite, name, found }: Case, limit: Severity): string {
  const opening = `    <testcase classname="nimify.${attribute(suite)}" name="${attribute(name)}"`;
  if (found.length === 0) return `${opening}/>\n`;
  const grave = found.filter(({ finding }) => isAtLeast(finding.severity, limit));
  const [first] = grave;
  const mild = found.filter((one) => !grave.includes(one));
  const failure =
    first === undefined
      ? ''
      : `      <failure type="${first.finding.code}" message="${attribute(first.sentence)}">${content(grave)}</failure>\n`;
  const output = mild.length === 0 ? '' : `      <system-out>${content(mild)}</system-out>\n`;
  return `${opening}>\n${failure}${output}    </testcase>\n`;
}

function content(found: readonly PlacedFinding[]): string {
  const lines = found.map(({ finding, sentence, path, line }) => {
    return `${path}${line === null ? '' : `:${line}`}: ${finding.severity}: ${sentence} (${finding.code})`;
  });
  return text(lines.join('\n'));
}

/** XML 1.0, section 2.2: other control characters, lone surrogates and two noncharacters must not occur at all. */
function text(value: string): string {
  return value
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function attribute(value: string): string {
  return text(value)
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\t', '&#9;')
    .replaceAll('\r', '&#13;');
}
