/** What `nimify evaluate` prints for people; quantize shows the same figures. */
import type { Finding } from '../../base/findings.ts';
import { formatBytes, formatMs, formatRatio } from '../../base/units.ts';
import type { Evaluation } from '../../evaluation/evaluation.ts';
import { findingList } from '../findings.ts';
import { type Cell, facts, headline, page, table, title } from '../layout.ts';
import type { Style } from '../style.ts';
import { formatAgreement, formatSpeedup, formatSqnr, NOTHING } from './figures.ts';

export function evaluateReport(style: Style, evaluation: Evaluation, findings: readonly Finding[]): string {
  return page(
    headline(style, verdict(evaluation)),
    ...evaluationBlocks(style, evaluation),
    findingList(style, findings),
  );
}

function verdict({ latency, size, outputs }: Evaluation): string {
  const speed =
    latency.speedup >= 1
      ? `${formatSpeedup(latency.speedup)} as fast`
      : `slower (${formatSpeedup(latency.speedup)} of the speed)`;
  const accuracy = outputs.every(({ isEqual }) => isEqual) ? 'gives equal outputs' : 'gives outputs that differ';
  return `The candidate is ${speed} at ${formatRatio(size.ratio, 0)} of the size, and ${accuracy}.`;
}

export function evaluationBlocks(style: Style, evaluation: Evaluation): string[][] {
  return [outputTable(style, evaluation), costTable(style, evaluation), basis(style, evaluation)];
}

function outputTable(style: Style, { outputs }: Evaluation): string[] {
  const rows = outputs.map((output): Cell[] => [
    output.isState ? `${output.name} (state)` : output.name,
    formatSqnr(output),
    output.cosine === null ? NOTHING : output.cosine.toFixed(5),
    output.maxAbsError.toPrecision(3),
    formatAgreement(output.decisionAgreement ?? output.top1Agreement),
    output.notFinite === 0 ? '0' : { text: String(output.notFinite), tone: 'red' },
  ]);
  const columns = [
    { title: 'Output', shrink: 'cut' as const },
    ...['SQNR', 'Cosine', 'Max error', 'Agreement', 'NaN/Inf'].map((name) => ({
      title: name,
      align: 'right' as const,
    })),
  ];
  return [title(style, 'Accuracy against the original'), ...table(style, columns, rows)];
}

function costTable(style: Style, { latency, size, accuracy }: Evaluation): string[] {
  const row = (name: string, figures: Evaluation['latency']['original'], bytes: number, share?: number): Cell[] => [
    name,
    formatMs(figures.p50Ms),
    formatMs(figures.p95Ms),
    formatBytes(bytes),
    ...(share === undefined ? [] : [formatRatio(share)]),
  ];
  const names = ['Median', '95 %', 'Size', ...(accuracy === null ? [] : ['Labels hit'])];
  const columns = [{ title: 'Model' }, ...names.map((name) => ({ title: name, align: 'right' as const }))];
  return [
    title(style, 'Latency and size'),
    ...table(style, columns, [
      row('original', latency.original, size.originalBytes, accuracy?.original),
      row('candidate', latency.candidate, size.candidateBytes, accuracy?.candidate),
      [
        '',
        { text: formatSpeedup(latency.speedup), tone: 'bold' },
        '',
        { text: formatRatio(size.ratio, 0), tone: 'bold' },
      ],
    ]),
  ];
}

function basis(style: Style, { samples, data, latency }: Evaluation): string[] {
  const threads = latency.threads === 1 ? '1 thread' : `${latency.threads} threads`;
  return facts(style, [
    ['Samples', data.isRandom ? `${samples} of random noise` : `${samples} from ${data.origin}`],
    ['Prepared', data.preparation === '' ? undefined : data.preparation],
    ['Measured', `${latency.runs} paired runs, ${threads}`],
  ]);
}
