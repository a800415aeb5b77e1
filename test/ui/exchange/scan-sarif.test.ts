import { describe, expect, test } from 'vitest';
import type { ScanOutcome } from '../../../src/pipeline/scan.ts';
import { scanSarif } from '../../../src/ui/exchange/scan-sarif.ts';

const RULE: ScanOutcome['rules'][number] = {
  id: 'pickle-code',
  title: 'Pickle that runs code',
  severity: 'error',
  help: 'Never load it.',
  cwe: ['CWE-502'],
  cve: ['CVE-2025-1716'],
  source: 'pickletools',
  isAllowable: true,
};

const RESULT: ScanOutcome['results'][number] = {
  rule: 'pickle-code',
  severity: 'error',
  file: 'sub/a b#1.pkl',
  where: null,
  message: 'Loading it calls os.system.',
  args: { offset: 17 },
};

const outcome = (parts: Partial<ScanOutcome> = {}): ScanOutcome => ({
  path: '/work/repository',
  isFolder: true,
  scanned: { files: 1, models: 0, tensors: 0, bytes: 10 },
  results: [RESULT],
  rules: [RULE],
  ...parts,
});

interface Sarif {
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly Record<string, unknown>[] } };
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly level: string;
        readonly partialFingerprints: Readonly<Record<string, string>>;
        readonly locations: readonly [
          {
            readonly physicalLocation: {
              readonly artifactLocation: { readonly uri: string };
              readonly region: unknown;
            };
            readonly logicalLocations?: readonly Record<string, string>[];
          },
        ];
      }[];
    },
  ];
}

const run = (parts: Partial<ScanOutcome> = {}, cwd = '/work'): Sarif['runs'][0] =>
  (JSON.parse(scanSarif(outcome(parts), { version: '1.2.3', cwd })) as Sarif).runs[0];
const uri = (file: string, cwd = '/work'): string | undefined =>
  run({ results: [{ ...RESULT, file }] }, cwd).results[0]?.locations[0].physicalLocation.artifactLocation.uri;

describe('a scan in SARIF', () => {
  test('is version 2.1.0 of nimify, with each rule once and every result pointing at its rule', () => {
    const text = scanSarif(outcome(), { version: '1.2.3', cwd: '/work' });
    expect(JSON.parse(text)).toMatchObject({
      version: '2.1.0',
      $schema: expect.stringContaining('sarif-schema-2.1.0'),
    });
    const { tool, results } = run();
    expect(tool.driver).toMatchObject({ name: 'nimify', version: '1.2.3', semanticVersion: '1.2.3' });
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
  });

  test('ranks rules as GitHub reads it, with weaknesses and cases as tags', () => {
    expect(run().tool.driver.rules[0]).toMatchObject({
      defaultConfiguration: { level: 'error' },
      fullDescription: { text: 'Never load it.' },
      properties: { tags: ['security', 'external/cwe/cwe-502', 'CVE-2025-1716'], 'security-severity': '8.8' },
    });
  });

  test('paths are relative to the working folder, and encoded as a URI', () => {
    expect(uri('sub/a b#1.pkl')).toBe('repository/sub/a%20b%231.pkl');
    expect(uri('50%/ü.pkl')).toBe('repository/50%25/%C3%BC.pkl');
    expect(uri('a:b?.pkl')).toBe('repository/a%3Ab%3F.pkl');
  });

  test('what lies outside of the working folder is told relative to what was scanned, without the way of this machine', () => {
    expect(uri('a.pkl', '/somewhere/else')).toBe('a.pkl');
    expect(uri('a.pkl', '/work/repository')).toBe('a.pkl');
  });

  test('a file that was scanned alone has its own name', () => {
    const { results } = run({ path: '/work/models/m.onnx', isFolder: false, results: [{ ...RESULT, file: 'm.onnx' }] });
    expect(results[0]?.locations[0].physicalLocation.artifactLocation.uri).toBe('models/m.onnx');
  });

  test('bytes have a region of bytes, files one of lines, and tensors a logical place', () => {
    const inside = { ...RESULT, where: 'node Loop_3 / body / initializer a b', args: {} };
    const [first, second] = run({ results: [RESULT, inside] }).results;
    expect(first?.locations[0].physicalLocation.region).toEqual({ byteOffset: 17, byteLength: 1 });
    expect(second?.locations[0].physicalLocation.region).toEqual({ startLine: 1 });
    expect(second?.locations[0].logicalLocations).toEqual([
      { name: 'a b', fullyQualifiedName: 'node Loop_3 / body / initializer a b', kind: 'object' },
    ]);
  });

  test('a fingerprint stays the same from run to run and differs from place to place', () => {
    const of = (parts: Partial<typeof RESULT>) =>
      run({ results: [{ ...RESULT, ...parts }] }).results[0]?.partialFingerprints;
    expect(of({})).toEqual(of({ args: {} }));
    expect(of({})).not.toEqual(of({ where: 'node a' }));
    expect(Object.keys(of({}) ?? {})).toEqual(['nimifyResult/v1']);
  });

  test('is plain ASCII, so that no terminal and no service can spoil it', () => {
    const text = scanSarif(outcome({ results: [{ ...RESULT, file: 'ü\ud800.pkl', message: 'ü\u202e' }] }), {
      version: '1',
      cwd: '/',
    });
    expect(text).toMatch(/^[\n\u0020-\u007e]*$/);
    expect(JSON.parse(text).runs[0].results[0].message.text).toBe('ü\u202e');
  });
});
