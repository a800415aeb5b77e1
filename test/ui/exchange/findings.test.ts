/** What `nimify validate` found, as code scanning, CI systems and GitHub Actions read it. */
import { describe, expect, test } from 'vitest';
import { type Finding, finding } from '../../../src/base/findings.ts';
import { annotationText } from '../../../src/ui/exchange/annotations.ts';
import { junitText } from '../../../src/ui/exchange/junit.ts';
import { validateSarif } from '../../../src/ui/exchange/validate-sarif.ts';

const CONTEXT = { version: '1.2.3', folder: '/work/services/digits', cwd: '/work' };
const broken = finding(
  'ARTIFACT_INVALID',
  { artifact: 'compose', file: 'compose.yaml', problem: 'is not YAML: a < b & "c"\n50 %' },
  'compose.yaml:12',
);
const edited = finding('ARTIFACT_CHANGED', { artifact: 'helm', file: 'chart/a b,c.yaml' }, 'chart/a b,c.yaml');
const missing = finding('ARTIFACT_MISSING', { artifact: 'docker', file: 'Dockerfile' }, 'Dockerfile');
const FINDINGS: readonly Finding[] = [broken, edited, missing];
const RESULT = {
  checked: [
    { artifact: 'compose', files: ['compose.yaml'] },
    { artifact: 'helm', files: ['chart/Chart.yaml', 'chart/a b,c.yaml'] },
  ],
};

describe('workflow commands of GitHub Actions', () => {
  test('are a line for each finding, with file and line from the working folder, escaped', () => {
    const [first, second, third, rest] = annotationText(FINDINGS, CONTEXT).split('\n');
    expect(first).toMatch(/^::error file=services\/digits\/compose\.yaml,line=12,title=ARTIFACT_INVALID::/);
    expect(first).toContain('%0A50 %25');
    expect(second).toMatch(/^::warning file=services\/digits\/chart\/a b%2Cc\.yaml,title=ARTIFACT_CHANGED::/);
    expect(third).toMatch(/^::error file=services\/digits\/Dockerfile,title=ARTIFACT_MISSING::/);
    expect(rest).toBe('');
  });

  test('name paths within the service where it lies elsewhere', () => {
    expect(annotationText([missing], { ...CONTEXT, cwd: '/elsewhere' })).toMatch(/^::error file=Dockerfile,/);
  });

  test('name the service for what is about a tensor', () => {
    const batching = finding('BATCHING_OFF', { artifact: 'triton', tensor: 'x:0', reason: 'fixed' }, 'x:0');
    expect(annotationText([batching], CONTEXT)).toMatch(/^::notice file=services\/digits,title=BATCHING_OFF::/);
  });

  test('are nothing for a set in order', () => expect(annotationText([], CONTEXT)).toBe(''));
});

describe('JUnit XML', () => {
  test('has a suite per artifact and a case per file; what is in none of them is about the service', () => {
    const xml = junitText(RESULT, FINDINGS, 'error', CONTEXT);
    expect(xml).toContain('<testsuites name="nimify validate" tests="4" failures="2">');
    expect(xml).toContain('<testsuite name="compose" tests="1" failures="1">');
    expect(xml).toContain('<testcase classname="nimify.helm" name="chart/Chart.yaml"/>');
    expect(xml).toContain('<testsuite name="service" tests="1" failures="1">');
    expect(xml).toContain('<testcase classname="nimify.service" name="Dockerfile">');
  });

  test('escapes what XML would read, and tells the line', () => {
    const xml = junitText(RESULT, [broken], 'error', CONTEXT);
    expect(xml).toMatch(/message="[^"<]*a &lt; b &amp; &quot;c&quot;&#10;50 %[^"]*"/);
    expect(xml).toContain('services/digits/compose.yaml:12: error: ');
    const control = finding('ARTIFACT_MISSING', { artifact: 'docker', file: 'a\u0001b' }, 'a\u0001b');
    expect(junitText(RESULT, [control], 'error', CONTEXT)).not.toContain('\u0001');
  });

  test('fails on what --fail-on fails on, and only tells the rest', () => {
    const mild = junitText(RESULT, [edited], 'error', CONTEXT);
    expect(mild).toContain('failures="0"');
    expect(mild).toMatch(/<system-out>.*ARTIFACT_CHANGED/s);
    expect(junitText(RESULT, [edited], 'warning', CONTEXT)).toContain('<failure type="ARTIFACT_CHANGED"');
  });
});

test('SARIF has a rule per code and a region per line', () => {
  const { runs } = JSON.parse(validateSarif(FINDINGS, CONTEXT));
  const [{ tool, results }] = runs;
  expect(tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual([
    'ARTIFACT_CHANGED',
    'ARTIFACT_INVALID',
    'ARTIFACT_MISSING',
  ]);
  expect(results).toHaveLength(3);
  expect(results[0]).toMatchObject({ ruleId: 'ARTIFACT_INVALID', ruleIndex: 1, level: 'error' });
  expect(results[0].locations[0].physicalLocation).toEqual({
    artifactLocation: { uri: 'services/digits/compose.yaml' },
    region: { startLine: 12 },
  });
  expect(results[1].locations[0].physicalLocation.artifactLocation.uri).toBe('services/digits/chart/a%20b%2Cc.yaml');
});
