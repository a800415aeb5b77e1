/** What was tried: accuracy over size and over latency, and a table with bars for both. */
import { formatBytes, formatMs, formatRatio } from '../../../base/units.ts';
import type { QuantizationReport, ReportCandidate } from '../../../pipeline/quantization-report.ts';
import type { Section } from '../document.ts';
import { type Html, html } from '../markup.ts';
import { METRIC_WORDS, measuredOf, metricText, type Numbered, speedupText, valueText } from './figures.ts';
import { LATENCY, paretoPlot, SIZE } from './plot.ts';

/** Rows of candidates that others beat, before the rest is folded. */
const MOST_BEATEN = 6;

export function candidateSection(report: QuantizationReport): Section {
  const items = measuredOf(report);
  const nothing = items.length === 0 && html`<p class="empty">Nothing was measured.</p>`;
  return {
    id: 'candidates',
    title: 'Candidates',
    body: html`${nothing}${plots(report, items)}${tables(report, items)}${unmeasured(report)}`,
  };
}

function plots(report: QuantizationReport, items: readonly Numbered[]): Html | undefined {
  const { metric, model } = report;
  if (metric === null || items.length === 0) return undefined;
  const named = { ...report, metric };
  const { label, explanation } = METRIC_WORDS[metric];
  const note = html`<p class="note">Higher is nearer to the original, further left is cheaper. ${label} is the ${explanation}. Latency is a share of that of the original, in paired runs.</p>`;
  return html`${note}<div class="plots">${paretoPlot(named, items, SIZE, model.sizeBytes)}${paretoPlot(named, items, LATENCY, 1)}</div>`;
}

function tables(report: QuantizationReport, items: readonly Numbered[]): Html | undefined {
  if (items.length === 0) return undefined;
  const isBest = ({ candidate }: Numbered): boolean => candidate.isChosen || candidate.isPareto;
  const best = items.filter(isBest).sort((a, b) => Number(b.candidate.isChosen) - Number(a.candidate.isChosen));
  const beaten = items.filter((item) => !isBest(item));
  const [near, rest] = [beaten.slice(0, MOST_BEATEN), beaten.slice(MOST_BEATEN)];
  const folded =
    rest.length > 0 &&
    html`<details class="more"><summary>${rest.length} more, which others beat in size, speed and accuracy</summary>${table(report, rest, false)}</details>`;
  return html`${table(report, [...best, ...near], true)}${folded}`;
}

function table(report: QuantizationReport, items: readonly Numbered[], hasOriginal: boolean): Html {
  const metric = report.metric === null ? 'Accuracy' : METRIC_WORDS[report.metric].label;
  const most = mostOf(report);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Candidates"><table class="candidates"><thead><tr><th scope="col" class="mark">№</th><th scope="col">Candidate</th><th scope="col" class="amount">Size</th><th scope="col" class="amount">Latency</th><th scope="col" class="count">${metric}</th></tr></thead><tbody>${hasOriginal && originalRow(report, most)}${items.map((item) => row(report, item, most))}</tbody></table></div>`;
}

/** The largest of each column, the original among them. */
interface Most {
  readonly sizeBytes: number;
  /** Of the time of the original. */
  readonly time: number;
}

function mostOf(report: QuantizationReport): Most {
  const items = measuredOf(report).map(({ candidate }) => candidate);
  return {
    sizeBytes: Math.max(report.model.sizeBytes, ...items.map(({ sizeBytes }) => sizeBytes)),
    time: Math.max(1, ...items.map(({ speedup }) => 1 / speedup)),
  };
}

function originalRow({ model, metric, originalValue, chosen }: QuantizationReport, most: Most): Html {
  const value = originalValue === null || metric === null ? '–' : metricText(metric, originalValue);
  const latency = model.latencyP50Ms;
  return html`<tr class="original${chosen === null && ' chosen'}"><td class="mark"><i></i></td><th scope="row">original${chosen === null && html`<small><strong>stays</strong></small>`}</th>${amount('parameters', formatBytes(model.sizeBytes), '', model.sizeBytes / most.sizeBytes)}${latency === null ? html`<td class="amount unknown">–</td>` : amount('macs', formatMs(latency), '', 1 / most.time)}<td class="count">${value}</td></tr>`;
}

function row({ metric }: QuantizationReport, { number, candidate }: Numbered, most: Most): Html {
  const { label, sizeBytes, sizeRatio, p50Ms, speedup, isChosen, isPareto, status } = candidate;
  const classes = [isChosen && 'chosen', status === 'rejected' && 'rejected', isPareto && 'best'].filter(
    (one) => one !== false,
  );
  return html`<tr class="${classes.join(' ')}"><td class="mark"><i>${number}</i></td><th scope="row">${label}${verdict(candidate)}</th>${amount('parameters', formatBytes(sizeBytes), formatRatio(sizeRatio, 0), sizeBytes / most.sizeBytes)}${amount('macs', formatMs(p50Ms), speedupText(speedup), 1 / speedup / most.time)}<td class="count">${valueText(candidate, metric)}</td></tr>`;
}

function verdict({ isChosen, status, reason }: ReportCandidate): Html | undefined {
  if (isChosen) return html`<small><strong>chosen</strong></small>`;
  if (status !== 'rejected') return undefined;
  return html`<small>rejected${reason !== undefined && html`: ${reason}`}</small>`;
}

function amount(colour: string, value: string, part: string, width: number): Html {
  const length = Math.round(Math.min(1, width) * 1000) / 10;
  return html`<td class="amount"><span class="number">${value}</span><span class="share">${part}</span><svg class="bar ${colour}" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect width="${length}" height="4"/></svg></td>`;
}

function unmeasured({ candidates }: QuantizationReport): Html | undefined {
  const left = candidates.filter(({ status }) => status === 'skipped' || status === 'failed');
  if (left.length === 0) return undefined;
  return html`<h3>Not measured</h3><ul class="unmeasured">${left.map(({ label, status, reason }) => html`<li><strong>${label}</strong> ${status === 'failed' ? 'failed' : 'was skipped'}${reason !== undefined && html`: ${reason}`}</li>`)}</ul>`;
}
