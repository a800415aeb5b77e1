/** The report of a quantization as Markdown, for a model card or a pull request. */
import { formatBytes, formatMs, formatRatio } from '../../base/units.ts';
import type { QuantizationReport, ReportData } from '../../pipeline/quantization-report.ts';
import {
  counted,
  METRIC_WORDS,
  measuredOf,
  metricText,
  type Numbered,
  speedupText,
  valueText,
} from '../html/quantization/figures.ts';
import { safeText } from '../text.ts';

/** Candidates beyond it are counted; `quantization.json` has all. */
const MOST_ROWS = 16;

/** Equal reports give equal text; names of strangers cannot end a cell or begin markup. */
export function quantizationMarkdown(report: QuantizationReport): string {
  const { model, tool } = report;
  const lines = [
    `## Quantization of ${escaped(model.name)}`,
    '',
    reasonOf(report),
    '',
    ...candidateTable(report),
    ...dataLines(report),
    '',
    `Measured by nimify ${tool.nimify}${tool.onnxruntime === null ? '' : ` with ONNX Runtime ${tool.onnxruntime}`}${model.sha256 === '' ? '' : `; the original has sha256 \`${model.sha256}\``}.`,
  ];
  return `${lines.join('\n')}\n`;
}

function reasonOf({ candidates, chosen, reason }: QuantizationReport): string {
  const label = candidates.find(({ id }) => id === chosen)?.label;
  if (label === undefined) return `**The original stays.** ${escaped(reason)}`;
  if (reason.startsWith(`${label} `)) return `**${escaped(label)}** ${escaped(reason.slice(label.length + 1))}`;
  return `**Chosen: ${escaped(label)}.** ${escaped(reason)}`;
}

function candidateTable(report: QuantizationReport): string[] {
  const { metric, model, originalValue, chosen } = report;
  const items = measuredOf(report);
  const sorted = [...items].sort((a, b) => rank(b) - rank(a));
  const shown = sorted.slice(0, MOST_ROWS);
  const accuracy = metric === null ? [] : [METRIC_WORDS[metric].label];
  const heads = ['', 'Size', 'of the original', 'Latency', 'Speed', ...accuracy];
  const original = [
    chosen === null ? '**original**' : 'original',
    formatBytes(model.sizeBytes),
    '',
    model.latencyP50Ms === null ? '' : formatMs(model.latencyP50Ms),
    '',
    ...(metric === null ? [] : [originalValue === null ? '' : metricText(metric, originalValue)]),
  ];
  const more = items.length - shown.length;
  return [
    row(heads),
    row(heads.map((_, index) => (index === 0 ? '---' : '---:'))),
    row(original),
    ...shown.map((item) => row(cells(item, report))),
    ...(more > 0 ? ['', `… and ${more} more.`] : []),
    '',
  ];
}

function rank({ candidate }: Numbered): number {
  return Number(candidate.isChosen) * 2 + Number(candidate.isPareto);
}

function cells({ candidate }: Numbered, { metric }: QuantizationReport): string[] {
  const { label, isChosen, status, sizeBytes, sizeRatio, p50Ms, speedup } = candidate;
  const text = escaped(label);
  return [
    isChosen ? `**${text}**` : status === 'rejected' ? `${text} (rejected)` : text,
    formatBytes(sizeBytes),
    formatRatio(sizeRatio, 0),
    formatMs(p50Ms),
    speedupText(speedup),
    ...(metric === null ? [] : [valueText(candidate, metric)]),
  ];
}

function dataLines({ data, budget, metric }: QuantizationReport): string[] {
  const lines = [`- Evaluated on ${samples(data.evaluation)}`];
  if (data.calibration !== null) lines.push(`- Calibrated on ${samples(data.calibration)}`);
  if (budget !== null)
    lines.push(`- Budget: ${METRIC_WORDS[budget.metric].label} of at least ${metricText(budget.metric, budget.limit)}`);
  if (metric !== null) lines.push(`- ${METRIC_WORDS[metric].label}: ${METRIC_WORDS[metric].explanation}`);
  return lines;
}

function samples({ samples: count, origin, isRandom, preparation }: ReportData): string {
  if (isRandom) return `${counted(count, 'sample')} of random noise, which prove nothing about accuracy`;
  return `${counted(count, 'sample')} from ${escaped(origin)}${preparation === '' ? '' : ` (${escaped(preparation)})`}`;
}

function row(list: readonly string[]): string {
  return `| ${list.join(' | ')} |`;
}

function escaped(text: string): string {
  return safeText(text)
    .replaceAll(/[\\`*_{}[\]|#~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
