/** What a search tried, as a table: the front that nobody beats is marked, and the chosen one. */
import { formatRatio } from '../../base/units.ts';
import type { QuantizationReport, ReportCandidate, ReportMetric } from '../../pipeline/quantization-report.ts';
import { type Cell, type Column, prose, table, title } from '../layout.ts';
import type { Style } from '../style.ts';
import { formatSpeedup, NOTHING } from './figures.ts';

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'Candidate', shrink: 'cut' },
  { title: 'Ratio', align: 'right' },
  { title: 'Speedup', align: 'right' },
  { title: 'Figure', align: 'right' },
  { title: 'Verdict' },
];

/** Heads of the column of the figure. */
const METRIC_TITLES: Readonly<Record<ReportMetric, string>> = {
  accuracy: 'Accuracy',
  agreement: 'Agreement',
  decisions: 'Decisions',
  cosine: 'Cosine',
  sqnr: 'SQNR',
};

/** Skipped methods come last; failed ones with their reason in the report. */
export function searchBlocks(style: Style, report: QuantizationReport): string[][] {
  const { candidates, budget, metric } = report;
  if (budget === null || metric === null) return [];
  const columns = COLUMNS.map((column) =>
    column.title === 'Figure' ? { ...column, title: METRIC_TITLES[metric] } : column,
  );
  const shown = [...candidates].sort((a, b) => rank(a) - rank(b));
  const rows = shown.map((one) => rowOf(style, one, metric));
  return [
    [
      title(style, `Search for ${METRIC_TITLES[metric]} of at least ${formatFigure(metric, budget.limit)}`),
      ...table(style, columns, rows),
    ],
    [title(style, 'Why'), ...prose(style, report.reason)],
  ];
}

function rank({ status }: ReportCandidate): number {
  return status === 'measured' || status === 'rejected' ? 0 : 1;
}

function rowOf(style: Style, one: ReportCandidate, metric: ReportMetric): Cell[] {
  const mark = one.isChosen ? (style.hasUnicode ? '●' : '*') : '';
  const figure = one.speedup === null ? NOTHING : one.value === null ? 'equal' : formatFigure(metric, one.value);
  return [
    mark,
    one.label,
    one.sizeRatio === null ? NOTHING : formatRatio(one.sizeRatio),
    one.speedup === null ? NOTHING : formatSpeedup(one.speedup),
    figure,
    verdictOf(one),
  ];
}

function verdictOf({ status, isChosen, isPareto }: ReportCandidate): string {
  if (isChosen) return 'chosen';
  if (status === 'rejected') return isPareto ? 'too far off, on the front' : 'too far off';
  if (status === 'measured') return isPareto ? 'holds, on the front' : 'holds';
  return status;
}

function formatFigure(metric: ReportMetric, value: number): string {
  return metric === 'sqnr' ? `${value.toFixed(1)} dB` : formatRatio(value);
}
