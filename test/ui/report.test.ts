import { describe, expect, test } from 'vitest';
import { FINDINGS as FINDING_TABLE, type Finding, type FindingCode, finding } from '../../src/base/findings.ts';
import { FINDING_TEXT } from '../../src/ui/finding-text.ts';
import { findingList } from '../../src/ui/findings.ts';
import { versionsReport } from '../../src/ui/report/catalog.ts';
import { createReport } from '../../src/ui/report/create.ts';
import { doctorReport } from '../../src/ui/report/doctor.ts';
import { evaluateReport } from '../../src/ui/report/evaluate.ts';
import { lineageReport } from '../../src/ui/report/lineage.ts';
import { validateReport } from '../../src/ui/report/validate.ts';
import type { Style } from '../../src/ui/style.ts';
import { createResult, evaluation, FINDINGS, PLAIN, tooWide } from './samples.ts';

const WIDTHS = [40, 80, 200];

describe('findings', () => {
  test('every code has a sentence that stands without its arguments', () => {
    for (const code of Object.keys(FINDING_TABLE) as FindingCode[]) {
      const text = FINDING_TEXT[code]({});
      expect(text, code).not.toMatch(/undefined|null|NaN(?! or)|\[object|\$\{/);
      expect(text.length, code).toBeGreaterThan(5);
    }
  });

  test('names from a model cannot move the cursor or fake a line', () => {
    const bad = finding('OUTPUT_NOT_FINITE', { output: 'a\u001b[2J\nerror', values: 3 }, 'x\u202ey');
    const text = findingList(PLAIN, [bad]).join('\n');
    expect(text).toContain('a\\x1b[2J\\x0aerror has 3 values');
    expect(text).toContain('x\\u202ey');
  });

  test('the gravest come first, and many of one kind are counted', () => {
    const many = Array.from({ length: 9 }, (_, i) => finding('DYNAMIC_SHAPE', { input: `x${i}`, bind: [`n${i}`] }));
    const lines = findingList(PLAIN, [...many, ...FINDINGS]);
    expect(lines[1]).toContain('✗ config.pbtxt: max_batch_size is negative.');
    expect(lines.at(-1)).toContain('and 4 more of DYNAMIC_SHAPE; --json lists all');
    expect(lines.join('\n')).toContain('--bind n4=1');
    expect(lines.join('\n')).not.toContain('--bind n5=1');
  });
});

describe('reports', () => {
  test('create shows what was measured, why it chose, and what to type next', () => {
    expect(createReport(PLAIN, createResult(), FINDINGS, './ultraface')).toMatchSnapshot();
  });

  test('a dry run says that nothing is written and offers nothing next', () => {
    const text = createReport(PLAIN, createResult({ isDryRun: true, versionId: null }), [], './ultraface');
    expect(text).toContain('ultraface would be written to ./ultraface (dry run: nothing was).');
    expect(text).not.toContain('Next');
  });

  test('labels make an accuracy column, with the original measured beside the candidate', () => {
    const labelled = evaluation({ accuracy: { original: 0.981, candidate: 0.974 } });
    const candidates = createResult()
      .candidates.slice(0, 2)
      .map((c) => (c.evaluation ? { ...c, evaluation: labelled } : c));
    const text = createReport(PLAIN, createResult({ candidates }), [], './x');
    expect(text).toMatch(/original .* 98\.1 %/);
    expect(text).toMatch(/static-int8 .* 97\.4 % {2}chosen/);
  });

  test.each(WIDTHS)('nothing but long words is wider than a terminal of %i columns', (columns) => {
    const style: Style = { ...PLAIN, columns };
    // The table of candidates has a fixed width of its own.
    if (columns >= 80) expect(tooWide(createReport(style, createResult(), FINDINGS, './x'), columns)).toEqual([]);
    const checked = [{ artifact: 'helm', files: Array.from({ length: 20 }, (_, i) => `chart/templates/${i}.yaml`) }];
    expect(tooWide(validateReport(style, { checked }, FINDINGS, './x'), columns)).toEqual([]);
    expect(tooWide(findingList(style, FINDINGS).join('\n'), columns)).toEqual([]);
  });

  test('a pipe gets every name in full', () => {
    const folder = `/home/${'long/'.repeat(40)}end`;
    const items = [version(folder)];
    const report = (isTty: boolean) =>
      versionsReport({ ...PLAIN, isTty }, { items, total: 1, nextCursor: null }, { command: 'nimify catalog list' });
    expect(report(false)).toContain(folder);
    expect(report(true)).not.toContain(folder);
    expect(tooWide(report(true), 80)).toEqual([]);
  });

  test('equal outputs and slower candidates are told as such', () => {
    const [first] = evaluation().outputs;
    const text = evaluateReport(
      PLAIN,
      evaluation({
        outputs: [{ ...first!, isEqual: true, sqnrDb: null }],
        latency: { ...evaluation().latency, speedup: 0.8 },
      }),
      [],
    );
    expect(text).toContain('slower (0.80× of the speed)');
    expect(text).toMatch(/scores +equal/);
  });

  test('an empty catalog says how to fill it, a search without hits where to look', () => {
    const none = { items: [], total: 0, nextCursor: null };
    expect(versionsReport(PLAIN, none, { command: '' })).toContain('nimify create MODEL');
    expect(versionsReport(PLAIN, none, { command: '', text: 'mnst' })).toContain(
      'Nothing in the catalog matches mnst.',
    );
  });

  test('a next page comes as a command to type', () => {
    const page = { items: [version('/x')], total: 3, nextCursor: 'abc' };
    expect(versionsReport(PLAIN, page, { command: 'nimify catalog list' })).toContain(
      '1 of 3. The next ones: nimify catalog list --cursor abc',
    );
  });

  test('a lineage with a circle ends', () => {
    const node = (sha256: string) => ({ sha256, label: sha256, kind: 'model' as const });
    const edge = (child: string, parent: string) => ({ child, parent, relation: 'copied-from' as const });
    const graph = { nodes: [node('r'), node('a'), node('b')], edges: [edge('a', 'r'), edge('b', 'a'), edge('a', 'b')] };
    expect(lineageReport(PLAIN, graph, 'x@1').split('\n')).toHaveLength(7);
  });

  test('many artifacts of one kind are one line of the lineage', () => {
    const artifact = (n: number) => ({ sha256: `h${n}`, label: `helm: chart/${n}.yaml`, kind: 'artifact' as const });
    const graph = {
      nodes: [{ sha256: 'm', label: 'int8', kind: 'model' as const }, artifact(1), artifact(2)],
      edges: [1, 2].map((n) => ({ child: `h${n}`, parent: 'm', relation: 'generated-from' as const })),
    };
    expect(lineageReport(PLAIN, graph, 'x@1').split('\n').slice(2)).toEqual([
      '  int8  model m',
      '  └─ helm  generated-from  2 artifacts',
      '',
    ]);
  });

  test('doctor counts what needs repair', () => {
    const check = (status: 'ok' | 'error', item: Finding) => ({ id: 'c', title: 'Thing', status, findings: [item] });
    const good = check('ok', finding('CHECK_OK', { detail: '1.2.3' }));
    const bad = check(
      'error',
      finding('RUNTIME_MISSING', { reason: 'onnxruntime-node cannot be loaded.', hint: 'Run: x' }),
    );
    expect(doctorReport(PLAIN, { checks: [good] })).toBe('nimify can work here.\n\n  ✓  Thing  1.2.3\n');
    expect(doctorReport(PLAIN, { checks: [good, bad] })).toContain('One thing needs repair.');
  });
});

function version(serviceFolder: string) {
  return {
    id: 'mnist@1',
    name: 'mnist',
    number: 1,
    createdAt: '2026-11-21T08:45:12.000Z',
    nimifyVersion: '0.1.0',
    precision: 'int8',
    method: 'static-int8',
    modelSha256: 'b'.repeat(64),
    modelSizeBytes: 391_233,
    sourceReference: 'model.onnx',
    sourceSha256: 'a'.repeat(64),
    serviceFolder,
  };
}
