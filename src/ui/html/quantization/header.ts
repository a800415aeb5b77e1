/** The top of the page: which model, what was chosen, what it brings and costs, and why. */
import { formatBytes, formatMs, formatRatio } from '../../../base/units.ts';
import type { QuantizationReport } from '../../../pipeline/quantization-report.ts';
import { contents, type Section } from '../document.ts';
import { type Html, html, name } from '../markup.ts';
import { counted, METRIC_WORDS, measuredOf, metricText, speedupText, valueText } from './figures.ts';

interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note: string;
}

export function header(report: QuantizationReport, sections: readonly Section[]): Html {
  const { model, data } = report;
  const figures = figuresOf(report);
  return html`<header class="top">
<p class="brand">nimify quantize</p>
<h1>${name(model.name)}</h1>
<p class="lead">${leadParts(report).map((part) => html`<span>${part}</span> `)}</p>
<p class="reason">${reasonOf(report)}</p>
${figures.length > 0 && html`<dl class="figures">${figures.map(tile)}</dl>`}
${data.evaluation.isRandom && html`<p class="warning"><strong>The samples are random noise.</strong> Figures of accuracy prove nothing: give real samples with <code>--data</code>.</p>`}
${contents(sections)}
</header>
`;
}

/** A sentence that begins with the name of the chosen one needs no other in front of it. */
function reasonOf({ candidates, chosen, reason: said }: QuantizationReport): Html {
  // A sign at the beginning of a line says nothing.
  const reason = said.replaceAll(' %', '\u00a0%');
  const label = candidates.find(({ id }) => id === chosen)?.label;
  if (label === undefined) return html`<strong>The original stays.</strong> <span>${reason}</span>`;
  if (reason.startsWith(`${label} `))
    return html`<strong>${label}</strong> <span>${reason.slice(label.length + 1)}</span>`;
  return html`<strong>Chosen: ${label}.</strong> <span>${reason}</span>`;
}

function leadParts({ model, candidates, data, budget }: QuantizationReport): string[] {
  const measured = candidates.filter(({ status }) => status === 'measured' || status === 'rejected').length;
  return [
    formatBytes(model.sizeBytes),
    ...(model.sha256 === '' ? [] : [`sha256 ${model.sha256.slice(0, 16)}…`]),
    counted(measured, 'candidate'),
    counted(data.evaluation.samples, 'sample'),
    ...(budget === null
      ? []
      : [`budget: ${METRIC_WORDS[budget.metric].label} of at least ${metricText(budget.metric, budget.limit)}`]),
  ];
}

function figuresOf(report: QuantizationReport): Figure[] {
  const found = measuredOf(report).find(({ candidate }) => candidate.id === report.chosen)?.candidate;
  if (found === undefined) return [];
  const { model, metric } = report;
  const before = model.latencyP50Ms === null ? '' : ` instead of ${formatMs(model.latencyP50Ms)}`;
  return [
    {
      label: 'Size',
      value: formatRatio(found.sizeRatio, 0),
      note: `${formatBytes(found.sizeBytes)} instead of ${formatBytes(model.sizeBytes)}`,
    },
    { label: 'Speed', value: speedupText(found.speedup), note: `${formatMs(found.p50Ms)}${before}` },
    ...(metric === null
      ? []
      : [
          {
            label: METRIC_WORDS[metric].label,
            value: valueText(found, metric),
            note: METRIC_WORDS[metric].explanation,
          },
        ]),
  ];
}

function tile({ label, value, note }: Figure): Html {
  return html`<div class="figure"><dt>${label}</dt><dd><strong>${value}</strong><span>${note}</span></dd></div>`;
}
