/** The page and the table of a quantization, from a report written by hand. */
import { describe, expect, test } from 'vitest';
import type { QuantizationReport, ReportCandidate } from '../../../src/pipeline/quantization-report.ts';
import { quantizationPage } from '../../../src/ui/html/quantization/page.ts';
import { quantizationMarkdown } from '../../../src/ui/report/quantization-markdown.ts';

const output: ReportCandidate['outputs'][number] = {
  name: 'scores',
  sqnrDb: 45.6,
  isEqual: false,
  cosine: 0.9999,
  maxAbsError: 0.1,
  top1Agreement: 0.995,
  notFinite: 0,
};

const candidate = (parts: Partial<ReportCandidate>): ReportCandidate => ({
  id: 'static',
  label: 'int8, calibrated',
  method: 'static-int8',
  options: { perChannel: true, excludeNodes: ['Conv_3'] },
  status: 'measured',
  sizeBytes: 400_000,
  sizeRatio: 0.4,
  speedup: 2.5,
  p50Ms: 2,
  outputs: [output],
  value: 45.6,
  isPareto: true,
  isChosen: false,
  ...parts,
});

const data = { origin: './faces', digest: 'd'.repeat(64), samples: 40, isRandom: false, preparation: '320×240, RGB' };

const report = (parts: Partial<QuantizationReport> = {}): QuantizationReport => ({
  schemaVersion: 1,
  tool: { nimify: '1.2.3', onnxruntime: '1.30.0' },
  model: { name: 'faces.onnx', sha256: 'a'.repeat(64), sizeBytes: 1_000_000, latencyP50Ms: 5 },
  data: { calibration: data, evaluation: data },
  budget: { metric: 'sqnr', limit: 40 },
  metric: 'sqnr',
  originalValue: null,
  candidates: [
    candidate({ isChosen: true }),
    candidate({
      id: 'half',
      label: 'float16',
      method: 'float16',
      options: {},
      sizeBytes: 500_000,
      value: 68,
      speedup: 1.1,
      p50Ms: 4.5,
    }),
    candidate({
      id: 'coarse',
      label: 'int4',
      status: 'rejected',
      reason: 'SQNR 12.0 dB is below 40 dB',
      value: 12,
      isPareto: false,
    }),
    candidate({
      id: 'dynamic',
      label: 'int8 at run time',
      status: 'skipped',
      reason: 'it has no MatMul',
      sizeBytes: null,
      sizeRatio: null,
      speedup: null,
      p50Ms: null,
      outputs: [],
      value: null,
      isPareto: false,
    }),
  ],
  sensitivity: [
    { group: 'Conv_1', nodes: ['Conv_1'], operator: 'Conv', sqnrDb: 60, weightBytes: 1024 },
    { group: 'Conv_3', nodes: ['Conv_3'], operator: 'Conv', sqnrDb: 40, weightBytes: 2048 },
  ],
  histograms: [
    { tensor: 'relu_1', min: 0, max: 8, counts: [900, 90, 9, 1], range: { min: 0, max: 4 }, method: 'percentile' },
  ],
  predictions: [
    {
      sample: 7,
      output: 'scores',
      original: [
        { index: 1, label: 'face', score: 0.6 },
        { index: 0, label: 'background', score: 0.4 },
      ],
      candidate: [
        { index: 0, label: 'background', score: 0.55 },
        { index: 1, label: 'face', score: 0.45 },
      ],
    },
  ],
  chosen: 'static',
  reason: 'It is the fastest within the budget.',
  ...parts,
});

/** What a reader sees, without markup. */
const textOf = (page: string): string =>
  page
    .replaceAll(/<(style|title)>[\s\S]*?<\/\1>/g, '')
    .replaceAll('<wbr>', '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
const titles = (page: string): string[] => [...page.matchAll(/<h2[^>]*>([^<]*)/g)].map(([, title]) => title as string);

describe('the page', () => {
  test('has a section for each thing that was found, and says first what was chosen and why', () => {
    const page = quantizationPage(report());
    expect(titles(page)).toEqual([
      'Candidates',
      'Outputs',
      'Samples side by side',
      'Sensitivity',
      'Ranges',
      'Data and settings',
    ]);
    expect(textOf(page)).toMatch(
      /Chosen: int8, calibrated\. It is the fastest within the budget\..* 40 %.*2\.50×.*45\.6 dB/,
    );
  });

  test('draws a plot over size and one over latency, with the number that a candidate has in the table', () => {
    const page = quantizationPage(report());
    expect(page.match(/<figure class="pareto">/g)).toHaveLength(2);
    expect(page).toMatch(/<g class="point chosen best"><title>1: int8, calibrated<\/title>/);
    expect(page).toMatch(/<g class="point rejected"><title>3: int4<\/title>/);
    expect(page).toContain('budget 40.0 dB');
    expect(textOf(page)).toContain('3 int4 rejected: SQNR 12.0 dB is below 40 dB');
    expect(textOf(page)).toContain('int8 at run time was skipped: it has no MatMul');
  });

  test('leaves out what nobody measured', () => {
    const page = quantizationPage(report({ sensitivity: [], histograms: [], predictions: [] }));
    expect(titles(page)).toEqual(['Candidates', 'Outputs', 'Data and settings']);
    const nothing = quantizationPage(
      report({
        candidates: [],
        sensitivity: [],
        histograms: [],
        predictions: [],
        chosen: null,
        metric: null,
        budget: null,
      }),
    );
    expect(titles(nothing)).toEqual(['Candidates', 'Data and settings']);
    expect(textOf(nothing)).toContain('Nothing was measured.');
    expect(textOf(nothing)).toContain('The original stays.');
  });

  test('lists the parts that suffer most first, and says which stay float', () => {
    expect(textOf(quantizationPage(report()))).toMatch(
      /Conv_3 stays float Conv 2\.0 KiB 40\.0 dB.*Conv_1 Conv 1\.0 KiB 60\.0 dB/,
    );
  });

  test('shows how much of a tensor lies beyond its range, and which samples got another first place', () => {
    const text = textOf(quantizationPage(report()));
    expect(text).toContain('0 … 4 1.0 % beyond');
    expect(text).toContain('In 1 of them, the first place is another one.');
  });

  test('calls equal outputs equal, and noise noise', () => {
    const equal = candidate({
      isChosen: true,
      value: null,
      outputs: [{ ...output, isEqual: true, sqnrDb: null, maxAbsError: 0 }],
    });
    const random = { ...data, isRandom: true };
    const text = textOf(
      quantizationPage(report({ candidates: [equal], data: { calibration: null, evaluation: random } })),
    );
    expect(text).toContain('SQNR equal');
    expect(text).toContain('The samples are random noise.');
    expect(text).toContain('Calibration none was needed');
  });

  test('folds candidates that others beat when there are many', () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      candidate({
        id: `c${index}`,
        label: `try ${index}`,
        isPareto: index < 3,
        isChosen: index === 0,
        sizeBytes: 400_000 + index,
      }),
    );
    expect(textOf(quantizationPage(report({ candidates: many })))).toContain('31 more, which others beat');
  });

  test('loads nothing, runs nothing, and shows names of strangers as they are', () => {
    const hostile = '</title></svg><script>alert(1)</script>';
    const page = quantizationPage(
      report({
        model: { name: hostile, sha256: '', sizeBytes: 1, latencyP50Ms: null },
        candidates: [candidate({ label: hostile, isChosen: true })],
        sensitivity: [{ group: hostile, nodes: [], operator: hostile, sqnrDb: null, weightBytes: 0 }],
        histograms: [{ tensor: hostile, min: 1, max: 1, counts: [0], range: { min: 0, max: 0 }, method: hostile }],
        predictions: [
          { sample: 0, output: hostile, original: [{ index: 0, label: hostile, score: 0 }], candidate: [] },
        ],
        reason: hostile,
      }),
    );
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/ style="| src=|https?:|="[^"]*(NaN|Infinity|undefined)/);
    expect(page).toContain('script-src &#39;none&#39;');
  });

  test('gives equal bytes for equal reports', () => {
    expect(quantizationPage(report())).toBe(quantizationPage(structuredClone(report())));
  });
});

describe('the Markdown', () => {
  test('is a table with the chosen one first, and where the samples came from', () => {
    expect(quantizationMarkdown(report())).toBe(`## Quantization of faces.onnx

**Chosen: int8, calibrated.** It is the fastest within the budget.

|  | Size | of the original | Latency | Speed | SQNR |
| --- | ---: | ---: | ---: | ---: | ---: |
| original | 977 KiB |  | 5.00 ms |  |  |
| **int8, calibrated** | 391 KiB | 40 % | 2.00 ms | 2.50× | 45.6 dB |
| float16 | 488 KiB | 40 % | 4.50 ms | 1.10× | 68.0 dB |
| int4 (rejected) | 391 KiB | 40 % | 2.00 ms | 2.50× | 12.0 dB |

- Evaluated on 40 samples from ./faces (320×240, RGB)
- Calibrated on 40 samples from ./faces (320×240, RGB)
- Budget: SQNR of at least 40.0 dB
- SQNR: power of the outputs over power of what changed in them

Measured by nimify 1.2.3 with ONNX Runtime 1.30.0; the original has sha256 \`${'a'.repeat(64)}\`.
`);
  });

  test('keeps names of strangers inside their cells', () => {
    const text = quantizationMarkdown(report({ candidates: [candidate({ label: 'a|b\n<img src=x>' })], chosen: null }));
    expect(text).toContain('| a\\|b\\\\x0a&lt;img src=x&gt; |');
    expect(text).toContain('**The original stays.**');
    expect(text).toContain('| **original** |');
  });
});
